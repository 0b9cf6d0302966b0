import { describe, expect, test } from "vitest";
import { fromHex, toHex, utf8 } from "../../../../src/kernel/bytes.ts";
import {
  decodeConfChange,
  decodeConfiguration,
  encodeConfChangeV1,
  encodeConfChangeV2,
  encodeConfiguration,
} from "../../../../cluster/replica/configuration-codec.ts";

describe("a change of the members", () => {
  // Field by field from raftpb: etcd's writer spells zeros out, as in the entries that begin Fabric's groups.
  test.each([
    ["080010001803", "addVoter", 3],
    ["080010011803", "remove", 3],
    ["080010021804", "update", 4],
    ["080710031805", "addLearner", 5],
    ["1803", "addVoter", 3],
  ] as const)("is read from the bytes %s of raftpb.ConfChange", (hex, type, id) => {
    expect(decodeConfChange("confChange", fromHex(hex)!)).toMatchObject({
      transition: "auto",
      ops: [{ type, id }],
    });
  });

  test("is read from the bytes of raftpb.ConfChangeV2", () => {
    const bytes = fromHex("080112040800100112040801100222026869")!;
    expect(decodeConfChange("confChangeV2", bytes)).toEqual({
      transition: "implicit",
      ops: [
        { type: "addVoter", id: 1 },
        { type: "remove", id: 2 },
      ],
      context: new Uint8Array(0),
    });
    expect(decodeConfChange("confChangeV2", new Uint8Array(0))).toMatchObject({
      transition: "auto",
      ops: [],
    });
  });

  test("comes back as it was written, in both forms", () => {
    const change = {
      transition: "explicit",
      ops: [
        { type: "addLearner", id: 7 },
        { type: "update", id: 1 },
      ],
      context: utf8("why"),
    } as const;
    expect(decodeConfChange("confChangeV2", encodeConfChangeV2(change))).toEqual(change);
    const [op] = change.ops;
    expect(decodeConfChange("confChange", encodeConfChangeV1(op, change.context))).toEqual({
      transition: "auto",
      ops: [op],
      context: change.context,
    });
  });

  test("of bytes that are none is none", () => {
    for (const hex of ["ff", "1009", "08021009", "0809"]) {
      const bytes = fromHex(hex)!;
      const change = decodeConfChange("confChange", bytes);
      if (change !== undefined) expect(hex).toBe("0809");
    }
    expect(decodeConfChange("confChangeV2", fromHex("0807")!)).toBeUndefined();
  });
});

describe("the members of a group", () => {
  test("are written as raftpb.ConfState, unpacked, and read packed or not, in any order", () => {
    const configuration = {
      voters: [1, 2, 3],
      votersOutgoing: [1, 4],
      learners: [5],
      learnersNext: [4],
      autoLeave: true,
    };
    const bytes = encodeConfiguration(configuration);
    expect(toHex(bytes)).toBe("080108020803" + "1005" + "18011804" + "2004" + "2801");
    expect(decodeConfiguration(bytes)).toEqual(configuration);
    expect(decodeConfiguration(fromHex("0a03030102")!).voters).toEqual([1, 2, 3]);
  });
});
