/** The rules of the Raft paper's §6, §7 and §8, one test each. */
import { describe, expect, test } from "vitest";
import type { ConfChangeOp } from "../../../../cluster/raft/configuration.ts";
import { groupOf, nodeOf, TestGroup } from "./harness.ts";

function op(type: ConfChangeOp["type"], id: number): ConfChangeOp {
  return { type, id };
}

const REPLACE = [op("addVoter", 4), op("addVoter", 5), op("remove", 2), op("remove", 3)];

/** Leader 1 of voters 1 to 3; 4 and 5 know of the group and are not in it. */
function ledGroup(): TestGroup {
  const voters = [1, 2, 3];
  const group = new TestGroup([1, 2, 3, 4, 5].map((id) => nodeOf(id, voters)));
  group.node(1).step({ type: "campaign" });
  group.settle();
  return group;
}

describe("§6 cluster membership changes", () => {
  test("entries go to the members of both configurations", () => {
    const group = ledGroup();
    const leader = group.node(1);
    leader.change(REPLACE, "explicit");
    group.settle();
    leader.takeSent();
    leader.propose("for both");
    const receivers = leader.takeSent().filter(({ type }) => type === "append");
    expect(receivers.map(({ to }) => to)).toEqual([2, 3, 4, 5]);
  });

  test("agreement takes a majority of each of the two, for entries", () => {
    const group = ledGroup();
    const leader = group.node(1);
    leader.change(REPLACE, "explicit");
    group.settle();
    const { commitIndex } = leader.status;
    group.disconnect(2, 3);
    leader.propose("held by the new majority");
    group.settle();
    expect(leader.status.commitIndex).toBe(commitIndex);
    group.reconnect(2);
    leader.tick(1);
    group.settle();
    expect(leader.status.commitIndex).toBeGreaterThan(commitIndex);
  });

  test("agreement takes a majority of each of the two, for elections", () => {
    const group = ledGroup();
    group.node(1).change(REPLACE, "explicit");
    group.settle();
    group.node(1).tick(1);
    group.settle();
    group.disconnect(1, 2, 3);
    for (const id of [4, 5]) group.node(id).tick(10);
    group.settle();
    expect(group.node(4).status.role).not.toBe("leader");
    expect(group.node(5).status.role).not.toBe("leader");
  });

  test("once the new configuration is committed, the old one does not matter", () => {
    const group = ledGroup();
    group.node(1).change(REPLACE);
    group.settle();
    group.node(1).tick(1);
    group.settle();
    expect(group.node(1).status.configuration).toMatchObject({
      voters: [1, 4, 5],
      votersOutgoing: [],
    });
    group.disconnect(2, 3);
    group.node(1).propose("without them");
    group.settle();
    expect(group.node(1).status.commitIndex).toBe(group.node(1).status.lastIndex);
  });

  test("a new server joins without a vote and is brought level first", () => {
    const group = ledGroup();
    const leader = group.node(1);
    group.disconnect(4);
    leader.change([op("addLearner", 4)]);
    group.disconnect(2);
    leader.propose("the majority is as before");
    group.settle();
    expect(leader.status.commitIndex).toBe(leader.status.lastIndex);
    group.reconnect(4);
    leader.tick(1);
    group.settle();
    expect(group.node(4).status.lastIndex).toBe(leader.status.lastIndex);
    expect(group.node(4).status.configuration.learners).toEqual([4]);
  });

  test("a leader that is not part of the new configuration steps down when that is committed", () => {
    const group = ledGroup();
    group.node(1).change([op("remove", 1)]);
    expect(group.node(1).status.role).toBe("leader");
    group.settle();
    expect(group.node(1).status.role).toBe("follower");
  });

  test("removed servers disrupt nobody: a vote request is ignored while a leader is heard", () => {
    const group = ledGroup();
    group.node(1).change([op("remove", 3)]);
    group.settle();
    const { term } = group.node(1).status;
    const place = { lastIndex: 99, lastTerm: term, isTransfer: false };
    for (const to of [1, 2]) {
      group.node(to).receive({ type: "vote", from: 3, to, term: term + 5, ...place });
    }
    group.settle();
    expect(group.node(1).status).toMatchObject({ role: "leader", term });
    expect(group.node(2).status.term).toBe(term);
  });
});

describe("§7 log compaction", () => {
  test("a node drops by itself what its snapshot stands for, and knows the last index, term and members", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.node(1).propose("a");
    group.settle();
    const snapshot = group.node(1).compact(0, "state");
    expect(snapshot).toMatchObject({ index: 2, term: 1, configuration: { voters: [1, 2, 3] } });
    expect(group.node(1).status).toMatchObject({ snapshotIndex: 2, firstIndex: 3, lastIndex: 2 });
    expect(group.node(2).status.firstIndex).toBe(1);
  });

  test("a follower that needs what is gone is sent the snapshot", () => {
    const group = groupOf(3);
    group.disconnect(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.node(1).propose("a");
    group.settle();
    const snapshot = group.node(1).compact(0, "state");
    group.reconnect(3);
    group.node(1).tick(1);
    group.settle();
    group.node(1).tick(1);
    group.settle();
    expect(group.node(3).installed).toEqual([snapshot]);
    expect(group.node(3).status.lastIndex).toBe(group.node(1).status.lastIndex);
  });

  test("a snapshot of what a follower holds already takes nothing from its log", () => {
    const node = nodeOf(1, [1, 2, 3], [1, 1, 1]);
    const { configuration } = node.status;
    const data = new Uint8Array();
    const snapshot = { index: 2, term: 1, configuration, data };
    node.receive({ type: "snapshot", from: 2, to: 1, term: 1, snapshot });
    expect(node.installed).toEqual([]);
    expect(node.terms).toEqual([1, 1, 1]);
  });

  test("a snapshot replaces a log that contradicts it", () => {
    const node = nodeOf(1, [1, 2, 3], [1, 1, 1]);
    const { configuration } = node.status;
    const data = new Uint8Array();
    const snapshot = { index: 2, term: 2, configuration, data };
    node.receive({ type: "snapshot", from: 2, to: 1, term: 2, snapshot });
    expect(node.status).toMatchObject({ lastIndex: 2, lastTerm: 2, commitIndex: 2 });
  });
});

describe("§8 client interaction", () => {
  test("a new leader opens its term with an empty entry, which commits what came before", () => {
    const node = nodeOf(1, [1, 2, 3], [1, 1]);
    node.becomeLeader(2);
    const [opening] = node.raft.entries(2, 3);
    expect(opening).toMatchObject({ term: 2, type: "normal", data: new Uint8Array() });
    node.receive({ type: "appendAccepted", from: 2, to: 1, term: 2, index: 3 });
    expect(node.applied.map(({ index }) => index)).toEqual([1, 2, 3]);
  });

  test("a read waits for a majority to confirm the leader", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.disconnect(2, 3);
    group.node(1).step({ type: "readIndex", context: Uint8Array.of(7) });
    group.settle();
    expect(group.node(1).reads).toEqual([]);
    group.reconnect(2);
    group.node(1).tick(1);
    group.settle();
    expect(group.node(1).reads).toEqual([{ context: Uint8Array.of(7), index: 1 }]);
  });
});
