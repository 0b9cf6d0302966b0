import { expect, test } from "vitest";
import { toHex } from "../../../../src/kernel/bytes.ts";
import { bootstrapLog, firstCampaigner } from "../../../../cluster/replica/index.ts";

// Observed on Fabric 2.5 orderers.
test.each([
  ["ch1", [1, 4, 4]],
  ["mychannel", [2, 1, 3]],
  ["testchannel", [2, 1, 4]],
  ["channel1", [2, 1, 5]],
])("the first to campaign on %s is the one that Fabric would choose", (channelId, expected) => {
  expect([3, 4, 5].map((count) => firstCampaigner(channelId, count))).toEqual(expected);
});

test("a new group's log holds one committed entry for each member in term 1", () => {
  const { hardState, entries } = bootstrapLog([1, 2, 3]);
  expect(hardState).toEqual({ term: 1, votedFor: undefined, commit: 3 });
  expect(entries.map(({ type, term, index }) => [type, term, index])).toEqual([
    ["confChange", 1, 1],
    ["confChange", 1, 2],
    ["confChange", 1, 3],
  ]);
  // As etcd reads it: add (0) node 3, zeros left out.
  expect(toHex(entries[2]!.data)).toBe("1803");
});
