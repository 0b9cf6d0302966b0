import { describe, expect, test } from "vitest";
import { configurationOf } from "../../../../cluster/raft/configuration.ts";
import type { Entry } from "../../../../cluster/raft/entry.ts";
import type { RaftMessage, SnapshotMessage } from "../../../../cluster/raft/message.ts";
import type { Snapshot } from "../../../../cluster/raft/snapshot.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { entriesOf, groupOf, nodeOf, optionsOf, stateOf, TestNode } from "./harness.ts";

const VOTERS = [1, 2, 3];

function snapshotOf(index: number, term: number, voters: readonly number[] = VOTERS): Snapshot {
  return { index, term, configuration: configurationOf(voters), data: utf8(`state ${index}`) };
}

function snapshotFrom(snapshot: Snapshot, term = snapshot.term): SnapshotMessage {
  return { type: "snapshot", from: 2, to: 1, term, snapshot };
}

function append(prevIndex: number, prevTerm: number, entries: readonly Entry[]): RaftMessage {
  const commit = prevIndex;
  return { type: "append", from: 2, to: 1, term: 2, prevIndex, prevTerm, entries, commit };
}

describe("compaction", () => {
  test("drops what the snapshot stands for, except what is to be kept", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1, 1], { commit: 4 });
    node.tick(1);
    node.compact(2);
    expect(node.status).toMatchObject({ snapshotIndex: 4, firstIndex: 3, lastIndex: 4 });
    expect(node.raft.entries(2, 4)).toEqual(entriesOf(1, 1, 1, 1).slice(2));
  });

  test("leaves what follows the snapshot, committed or not", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1, 1], { commit: 2 });
    node.tick(1);
    node.compact(0);
    expect(node.status).toMatchObject({ snapshotIndex: 2, firstIndex: 3, lastIndex: 4 });
    node.receive(append(2, 1, entriesOf(1, 1, 2).slice(2)));
    expect(node.terms).toEqual([2]);
  });

  test("of what is not applied is the driver's mistake", () => {
    const node = nodeOf(1, VOTERS, [1, 1], { commit: 1 });
    node.tick(1);
    const compact = { type: "compact", snapshot: snapshotOf(2, 1), keepFromIndex: 3 } as const;
    expect(() => node.step(compact)).toThrow("a snapshot is of what is applied");
    const dropped = { ...compact, snapshot: snapshotOf(1, 1) };
    expect(() => node.step(dropped)).toThrow("only what the snapshot stands for is dropped");
  });

  test("with a snapshot older than the latest is ignored", () => {
    const node = nodeOf(1, VOTERS);
    node.receive(snapshotFrom(snapshotOf(9, 1)));
    node.step({ type: "compact", snapshot: snapshotOf(4, 1), keepFromIndex: 5 });
    expect(node.status).toMatchObject({ snapshotIndex: 9, firstIndex: 10 });
  });
});

describe("a follower behind the leader's log", () => {
  test("gets the snapshot and the rest of the log", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.disconnect(3);
    for (const data of ["a", "b", "c"]) group.node(1).propose(data);
    group.settle();
    const snapshot = group.node(1).compact(1, "a b c");
    group.node(1).propose("d");
    group.settle();
    group.reconnect(3);
    for (let round = 0; round < 3; round += 1) {
      group.node(1).tick(1);
      group.settle();
    }
    expect(group.node(3).installed).toEqual([snapshot]);
    expect(group.node(3).status).toMatchObject({ firstIndex: 5, lastIndex: 5, appliedIndex: 5 });
    expect(group.node(1).status.followers[1]).toMatchObject({ state: "replicate", match: 5 });
  });

  test("gets it only when it was heard lately", () => {
    const node = nodeOf(1, VOTERS);
    node.becomeLeader(2);
    node.receive(acceptedFrom(2, 1), acceptedFrom(3, 1));
    node.propose("a");
    node.receive(acceptedFrom(2, 2));
    node.compact(0);
    node.tick(9);
    node.receive(acceptedFrom(2, 2));
    node.tick(1);
    node.step({ type: "unreachable", id: 3 });
    node.takeSent();
    node.propose("b");
    expect(sentSnapshots(node)).toEqual([]);
    node.receive(answerOf(3, 1));
    expect(sentSnapshots(node)).toMatchObject([{ to: 3, snapshot: { index: 2 } }]);
  });

  test("gets nothing more until its fate is known, and another one when it was lost", () => {
    const node = leaderThatSentSnapshot();
    node.propose("a");
    node.receive(answerOf(3, 2));
    expect(node.takeSent().filter(({ to }) => to === 3)).toEqual([]);
    node.step({ type: "snapshotReport", id: 3, ok: false });
    expect(sentSnapshots(node)).toEqual([]);
    node.receive(answerOf(3, 2));
    expect(sentSnapshots(node)).toHaveLength(1);
  });

  test("is probed after the snapshot once the transport delivered it", () => {
    const node = leaderThatSentSnapshot();
    node.step({ type: "snapshotReport", id: 3, ok: true });
    node.receive(answerOf(3, 2));
    expect(node.takeSent()).toMatchObject([{ type: "append", to: 3, prevIndex: 2 }]);
  });

  test("gets another one after a time in which nobody reported", () => {
    const node = leaderThatSentSnapshot();
    for (let tick = 0; tick < 79; tick += 1) {
      node.tick(1);
      node.receive(answerOf(3, 2));
    }
    expect(sentSnapshots(node)).toEqual([]);
    node.tick(1);
    node.receive(answerOf(3, 2));
    expect(sentSnapshots(node)).toHaveLength(1);
  });

  // Leads term 2 with entries from index 3 on. Nothing is known of 3 but that it refused the first append.
  function leaderThatSentSnapshot(): TestNode {
    const restored = {
      ...stateOf(VOTERS, [1, 1, 1], { commit: 2 }),
      snapshot: snapshotOf(2, 1),
      entries: entriesOf(1, 1, 1).slice(2),
      appliedIndex: 2,
    };
    const node = new TestNode(optionsOf(1), restored);
    node.becomeLeader(2);
    const refused = { rejectedIndex: 3, hintIndex: 0, hintTerm: 0 };
    node.receive({ type: "appendRejected", from: 3, to: 1, term: 2, ...refused });
    expect(sentSnapshots(node)).toMatchObject([{ to: 3, snapshot: snapshotOf(2, 1) }]);
    return node;
  }

  function sentSnapshots(node: TestNode): RaftMessage[] {
    return node.takeSent().filter((message) => message.type === "snapshot");
  }

  function acceptedFrom(from: number, index: number): RaftMessage {
    return { type: "appendAccepted", from, to: 1, term: 1, index };
  }

  function answerOf(from: number, term: number): RaftMessage {
    return { type: "heartbeatAnswer", from, to: 1, term };
  }
});

describe("a follower that gets a snapshot", () => {
  test("replaces its log, commits it and goes on after it", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1], { commit: 1 });
    node.tick(1);
    node.receive(snapshotFrom(snapshotOf(9, 2)));
    expect(node.installed).toEqual([snapshotOf(9, 2)]);
    const all = { lastIndex: 9, lastTerm: 2, commitIndex: 9, appliedIndex: 9, durableIndex: 9 };
    expect(node.status).toMatchObject({ firstIndex: 10, snapshotIndex: 9, ...all });
    expect(node.takeSent()).toMatchObject([{ type: "appendAccepted", index: 9 }]);
    node.receive(append(9, 2, [{ index: 10, term: 2, type: "normal", data: utf8("a") }]));
    expect(node.status.lastIndex).toBe(10);
  });

  test("takes over the configuration that it names", () => {
    const node = nodeOf(1, VOTERS);
    node.receive(snapshotFrom(snapshotOf(9, 2, [1, 4, 5])));
    expect(node.status.configuration).toEqual(configurationOf([1, 4, 5]));
  });

  test("acknowledges it only when it is durable, and hands out nothing before it is installed", () => {
    const node = nodeOf(1, VOTERS);
    node.holdDisk();
    const { installSnapshot, persist } = node.step({
      type: "message",
      message: snapshotFrom(snapshotOf(9, 2)),
    });
    expect(installSnapshot).toEqual(snapshotOf(9, 2));
    expect(persist).toEqual({ index: 9, term: 2 });
    expect(node.takeSent()).toEqual([]);
    node.receive(append(9, 2, [{ index: 10, term: 2, type: "normal", data: utf8("a") }]));
    node.receive({ type: "heartbeat", from: 2, to: 1, term: 2, commit: 10 });
    expect(node.status).toMatchObject({ commitIndex: 10, durableIndex: 0, installingIndex: 9 });
    node.raft.step({ type: "persisted", index: 9, term: 2 });
    node.raft.step({ type: "persisted", index: 10, term: 2 });
    expect(node.raft.takeEffects().apply).toEqual([]);
    node.raft.step({ type: "snapshotInstalled", index: 9 });
    expect(node.raft.takeEffects().apply.map((entry) => entry.index)).toEqual([10]);
  });

  test("does not campaign before it is installed", () => {
    const node = nodeOf(1, VOTERS);
    node.holdDisk();
    node.receive(snapshotFrom(snapshotOf(9, 2)));
    node.tick(30);
    expect(node.status.role).toBe("follower");
    node.releaseDisk();
    node.tick(1);
    expect(node.status.role).toBe("preCandidate");
  });

  test("ignores one that is older than what it has committed", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1], { commit: 3 });
    node.receive(snapshotFrom(snapshotOf(3, 1), 2), snapshotFrom(snapshotOf(2, 1), 2));
    expect(node.installed).toEqual([]);
    expect(node.takeSent()).toMatchObject([
      { type: "appendAccepted", index: 3 },
      { type: "appendAccepted", index: 3 },
    ]);
  });

  test("commits instead of installing when its log holds as much", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1], { commit: 1 });
    node.receive(snapshotFrom(snapshotOf(2, 1), 2));
    expect(node.installed).toEqual([]);
    expect(node.status).toMatchObject({ commitIndex: 2, lastIndex: 3, snapshotIndex: 0 });
    expect(node.takeSent()).toMatchObject([{ type: "appendAccepted", index: 2 }]);
  });

  test("takes one in which it is a learner, leaves, or has no part yet", () => {
    const node = nodeOf(1, VOTERS);
    const without = snapshotOf(9, 2, [2, 3]);
    node.receive(snapshotFrom(without));
    const learner = { ...without.configuration, learners: [1] };
    node.receive(snapshotFrom({ ...snapshotOf(12, 2), configuration: learner }));
    const leaving = { ...without.configuration, votersOutgoing: [1, 2] };
    node.receive(snapshotFrom({ ...snapshotOf(15, 2), configuration: leaving }));
    expect(node.installed.map(({ index }) => index)).toEqual([9, 12, 15]);
  });

  // Were it refused, a node that is added after the last snapshot could not catch up before the next one.
  test("takes one that was made before it became a member", () => {
    const node = nodeOf(4, VOTERS);
    node.receive({ ...snapshotFrom(snapshotOf(9, 2)), to: 4 });
    expect(node.installed).toEqual([snapshotOf(9, 2)]);
    expect(node.takeSent()).toMatchObject([{ type: "appendAccepted", index: 9 }]);
    const ops = [{ type: "addLearner", id: 4 }] as const;
    const change = { transition: "auto", ops, context: utf8("") } as const;
    const entry: Entry = { index: 10, term: 2, type: "confChange", data: utf8("x"), change };
    node.receive({ ...append(9, 2, [entry]), to: 4 });
    node.receive({ type: "heartbeat", from: 2, to: 4, term: 2, commit: 10 });
    expect(node.status.configuration.learners).toEqual([4]);
  });

  test("does not take a late completion for what the snapshot replaced", () => {
    const node = nodeOf(1, VOTERS);
    node.holdDisk();
    node.receive(append(0, 0, entriesOf(1, 1, 1, 1)));
    node.receive(snapshotFrom(snapshotOf(3, 2)));
    node.persistOne();
    expect(node.status).toMatchObject({ durableIndex: 0, commitIndex: 3 });
    node.persistOne();
    expect(node.status).toMatchObject({ durableIndex: 3, appliedIndex: 3 });
  });

  test("prefers a later one that comes before the first is installed", () => {
    const node = nodeOf(1, VOTERS);
    node.holdDisk();
    node.receive(snapshotFrom(snapshotOf(9, 2)), snapshotFrom(snapshotOf(12, 2)));
    node.persistOne();
    expect(node.status).toMatchObject({ appliedIndex: 9, installingIndex: 12 });
    node.persistOne();
    expect(node.status).toMatchObject({ appliedIndex: 12, installingIndex: undefined });
  });

  test("applies no change twice that the snapshot already holds", () => {
    const add = {
      transition: "auto",
      ops: [{ type: "addVoter", id: 4 }],
      context: utf8(""),
    } as const;
    const entry: Entry = { index: 1, term: 1, type: "confChange", data: utf8("x"), change: add };
    const node = nodeOf(1, VOTERS);
    node.holdApply();
    node.receive({ ...append(0, 0, [entry]), commit: 1 } as RaftMessage);
    node.holdDisk();
    node.receive(snapshotFrom(snapshotOf(9, 2, [1, 2])));
    node.releaseApply();
    node.releaseDisk();
    expect(node.status.configuration).toEqual(configurationOf([1, 2]));
  });
});
