import { describe, expect, test } from "vitest";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { groupOf, nodeOf, type TestNode } from "./harness.ts";

const VOTERS = [1, 2, 3];
const READ = { type: "readIndex", context: utf8("a read") } as const;

function accepted(from: number, index: number): RaftMessage {
  return { type: "appendAccepted", from, to: 1, term: 1, index };
}

function leader(): TestNode {
  const node = nodeOf(1, VOTERS);
  node.becomeLeader(2);
  node.receive(accepted(2, 1));
  node.takeSent();
  return node;
}

/** The context of the heartbeats that wait for an answer. */
function contextOf(node: TestNode): Uint8Array {
  const heartbeat = node.takeSent().find((message) => message.type === "heartbeat");
  return heartbeat?.context ?? new Uint8Array(0);
}

function answer(from: number, context: Uint8Array): RaftMessage {
  return { type: "heartbeatAnswer", from, to: 1, term: 1, context };
}

describe("a read at the leader", () => {
  test("goes on when a majority has answered a heartbeat that was sent after it", () => {
    const node = leader();
    node.step(READ);
    expect(node.reads).toEqual([]);
    node.receive(answer(3, contextOf(node)));
    expect(node.reads).toEqual([{ context: READ.context, index: 1 }]);
  });

  test("is not confirmed by an answer to an earlier heartbeat", () => {
    const node = leader();
    node.step(READ);
    const first = contextOf(node);
    node.step({ ...READ, context: utf8("another") });
    node.receive({ type: "heartbeatAnswer", from: 2, to: 1, term: 1 });
    expect(node.reads).toEqual([]);
    node.receive(answer(2, first));
    expect(node.reads).toEqual([{ context: READ.context, index: 1 }]);
  });

  test("is not confirmed by what was never sent", () => {
    const node = leader();
    node.step(READ);
    for (const bytes of [
      [],
      [9],
      [9, 0, 0, 0, 0, 0, 0, 0],
      [255, 255, 255, 255, 255, 255, 255, 255],
    ]) {
      node.receive(answer(2, Uint8Array.from(bytes)));
    }
    expect(node.reads).toEqual([]);
  });

  test("is asked about again with each heartbeat until it is confirmed", () => {
    const node = leader();
    node.step(READ);
    const context = contextOf(node);
    node.tick(1);
    expect(contextOf(node)).toEqual(context);
    node.receive(answer(2, context));
    node.tick(1);
    expect(contextOf(node)).toHaveLength(0);
  });

  test("waits for the first commit of the term", () => {
    const node = nodeOf(1, VOTERS);
    node.becomeLeader(2);
    node.step(READ);
    expect(contextOf(node)).toHaveLength(0);
    node.receive(accepted(2, 1));
    node.receive(answer(2, contextOf(node)));
    expect(node.reads).toEqual([{ context: READ.context, index: 1 }]);
  });

  test("goes on at once where one voter decides, but not before it has committed in its term", () => {
    const node = nodeOf(1, [1], [1, 1], { term: 1 });
    node.holdDisk();
    node.step({ type: "campaign" });
    node.persistOne();
    node.step(READ);
    expect(node.status.role).toBe("leader");
    expect(node.reads).toEqual([]);
    node.releaseDisk();
    node.step({ ...READ, context: utf8("another") });
    expect(node.reads.map(({ index }) => index)).toEqual([3, 3]);
  });

  test("does not go on at one that was deposed meanwhile", () => {
    const node = leader();
    node.step(READ);
    const context = contextOf(node);
    node.receive({ type: "heartbeat", from: 3, to: 1, term: 2, commit: 0 });
    node.receive(answer(2, context));
    expect(node.reads).toEqual([]);
  });
});

describe("a read at a follower", () => {
  test("is asked of the leader and goes on there", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.node(1).propose("a");
    group.settle();
    group.node(2).step(READ);
    group.settle();
    expect(group.node(2).reads).toEqual([{ context: READ.context, index: 2 }]);
    expect(group.node(1).reads).toEqual([]);
  });

  test("is refused while no leader is known, also one that was forgotten", () => {
    const node = nodeOf(1, VOTERS);
    expect(node.step(READ).trace).toMatchObject([{ type: "readRefused" }]);
    node.receive({ type: "heartbeat", from: 2, to: 1, term: 1, commit: 0 });
    node.step({ type: "forgetLeader" });
    expect(node.step(READ).trace).toMatchObject([{ type: "readRefused" }]);
  });

  test("is not answered by a node that it does not follow", () => {
    const node = nodeOf(1, VOTERS);
    node.receive({ type: "heartbeat", from: 2, to: 1, term: 1, commit: 0 });
    const { context } = READ;
    node.receive({ type: "readIndexAnswer", from: 3, to: 1, term: 1, context, index: 9 });
    expect(node.reads).toEqual([]);
  });

  test("reaches the leader without a term, as etcd's library sends it", () => {
    const node = leader();
    node.receive({ type: "readIndex", from: 2, to: 1, term: 0, context: READ.context });
    const context = contextOf(node);
    node.receive(answer(3, context));
    expect(node.takeSent()).toContainEqual({
      type: "readIndexAnswer",
      from: 1,
      to: 2,
      term: 1,
      context: READ.context,
      index: 1,
    });
  });
});

describe("a follower that forgets its leader", () => {
  test("may vote for another at once, and follows again when it hears one", () => {
    const node = nodeOf(1, VOTERS, [], { term: 1 });
    node.receive({ type: "heartbeat", from: 2, to: 1, term: 1, commit: 0 });
    node.step({ type: "forgetLeader" });
    expect(node.status.leaderId).toBeUndefined();
    node.takeSent();
    node.receive({ type: "preVote", from: 3, to: 1, term: 2, lastIndex: 0, lastTerm: 0 });
    expect(node.takeSent()).toMatchObject([{ type: "preVoteAnswer", isGranted: true }]);
    node.receive({ type: "heartbeat", from: 2, to: 1, term: 1, commit: 0 });
    expect(node.status.leaderId).toBe(2);
  });
});

describe("without pre-vote", () => {
  test("a node stands for election at once", () => {
    const node = nodeOf(1, VOTERS, [], {}, { preVote: false });
    node.tick(10);
    expect(node.status).toMatchObject({ role: "candidate", term: 1 });
  });
});

describe("without check-quorum", () => {
  test("a leader that hears nobody stays, and a vote for a later term is heard under a live leader", () => {
    const node = nodeOf(1, VOTERS, [], {}, { checkQuorum: false });
    node.becomeLeader(2);
    node.tick(50);
    expect(node.status.role).toBe("leader");
    const vote = { from: 3, to: 1, term: 2, lastIndex: 9, lastTerm: 1, isTransfer: false };
    node.receive({ type: "vote", ...vote });
    expect(node.status).toMatchObject({ role: "follower", term: 2, votedFor: 3 });
  });
});
