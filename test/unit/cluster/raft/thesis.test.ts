/** The rules of Ongaro's thesis that the paper does not have, one test each. */
import { describe, expect, test } from "vitest";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import { groupOf, nodeOf, type TestGroup } from "./harness.ts";

function ledGroup(count = 3): TestGroup {
  const group = groupOf(count);
  group.node(1).step({ type: "campaign" });
  group.settle();
  return group;
}

function voteRequest(to: number, term: number, isTransfer: boolean): RaftMessage {
  return { type: "vote", from: 3, to, term, lastIndex: 9, lastTerm: term - 1, isTransfer };
}

describe("§3.10 leadership transfer", () => {
  test("the leader brings its successor level, tells it to stand, and takes no proposal meanwhile", () => {
    const group = ledGroup();
    group.disconnect(3);
    group.node(1).propose("a");
    group.settle();
    group.node(1).step({ type: "transfer", to: 3 });
    expect(group.node(1).propose("b")).toMatchObject({ accepted: false, reason: "transferring" });
    group.reconnect(3);
    group.node(1).tick(1);
    group.settle();
    expect(group.node(3).status).toMatchObject({ role: "leader", term: 2 });
  });

  test("a transfer that takes an election timeout is given up", () => {
    const group = ledGroup();
    group.disconnect(3);
    group.node(1).step({ type: "transfer", to: 3 });
    for (let tick = 0; tick < 10; tick += 1) {
      group.node(1).tick(1);
      group.settle();
    }
    expect(group.node(1).propose("b").accepted).toBe(true);
  });
});

describe("§4.1 one server at a time", () => {
  test("a change waits until the one before is committed and applied", () => {
    const group = ledGroup();
    group.disconnect(2, 3);
    expect(group.node(1).change([{ type: "addVoter", id: 4 }]).accepted).toBe(true);
    expect(group.node(1).change([{ type: "addVoter", id: 5 }])).toMatchObject({
      accepted: false,
      reason: "configuration change pending",
    });
  });
});

describe("§4.2.1 catching up new servers", () => {
  test("a server without a vote receives the log and counts for no majority", () => {
    const group = ledGroup();
    group.node(1).change([{ type: "addLearner", id: 3 }]);
    group.settle();
    const { commitIndex } = group.node(1).status;
    group.disconnect(2);
    group.node(1).propose("on 1 and the learner");
    group.settle();
    expect(group.node(3).status.lastIndex).toBe(commitIndex + 1);
    expect(group.node(1).status.commitIndex).toBe(commitIndex);
  });

  test("a server without a vote does not stand for election", () => {
    const group = ledGroup();
    group.node(1).change([{ type: "addLearner", id: 3 }]);
    group.settle();
    group.node(1).tick(1);
    group.settle();
    group.node(3).tick(100);
    expect(group.node(3).status.role).toBe("follower");
  });
});

describe("§4.2.2 removing the current leader", () => {
  test("it leads on until the change is committed, without counting itself afterwards", () => {
    const group = ledGroup();
    group.disconnect(2, 3);
    group.node(1).change([{ type: "remove", id: 1 }]);
    expect(group.node(1).status.role).toBe("leader");
    group.reconnect(2, 3);
    group.node(1).tick(1);
    group.settle();
    expect(group.node(1).status).toMatchObject({
      role: "follower",
      configuration: { voters: [2, 3] },
    });
  });
});

describe("§4.2.3 disruptive servers", () => {
  test("a request for a vote is ignored within an election timeout of hearing a leader, its term too", () => {
    const group = ledGroup();
    group.node(2).receive(voteRequest(2, 9, false));
    expect(group.node(2).status.term).toBe(1);
    expect(group.node(2).takeSent()).toEqual([]);
  });

  test("unless the leader asked for that election itself", () => {
    const group = ledGroup();
    group.node(2).receive(voteRequest(2, 9, true));
    expect(group.node(2).status).toMatchObject({ term: 9, votedFor: 3 });
  });
});

describe("§6.2 finding the leader", () => {
  test("a leader that hears no majority for an election timeout steps down", () => {
    const group = ledGroup();
    group.disconnect(2, 3);
    group.node(1).tick(10);
    expect(group.node(1).status).toMatchObject({ role: "follower", term: 1 });
  });
});

describe("§6.4 reads without the log", () => {
  test("step 1: a leader answers none before an entry of its own term is committed", () => {
    const node = nodeOf(1, [1, 2, 3], [1, 1]);
    node.becomeLeader(2);
    node.step({ type: "readIndex", context: Uint8Array.of(1) });
    const { term } = node.status;
    const isHeartbeat = (message: RaftMessage): boolean => message.type === "heartbeat";
    expect(node.takeSent().filter(isHeartbeat)).toEqual([]);
    node.receive({ type: "appendAccepted", from: 2, to: 1, term, index: 3 });
    expect(node.takeSent().filter(isHeartbeat)).toHaveLength(2);
    expect(node.reads).toEqual([]);
  });

  test("steps 2 and 3: it notes the commit index, and waits for a majority to answer a later heartbeat", () => {
    const group = ledGroup();
    const leader = group.node(1);
    leader.step({ type: "readIndex", context: Uint8Array.of(1) });
    expect(leader.reads).toEqual([]);
    group.settle();
    expect(leader.reads).toEqual([{ context: Uint8Array.of(1), index: 1 }]);
  });

  test("a follower asks its leader for the index", () => {
    const group = ledGroup();
    group.node(3).step({ type: "readIndex", context: Uint8Array.of(2) });
    group.settle();
    expect(group.node(3).reads).toEqual([{ context: Uint8Array.of(2), index: 1 }]);
  });

  test("a leader that was replaced meanwhile answers none", () => {
    const group = ledGroup();
    group.disconnect(1);
    group.node(1).step({ type: "readIndex", context: Uint8Array.of(3) });
    for (const id of [2, 3]) group.node(id).tick(10);
    group.settle();
    group.reconnect(1);
    group.node(2).tick(30);
    group.settle();
    expect(group.node(1).reads).toEqual([]);
  });
});

describe("§9.6 preventing disruptions when a server rejoins", () => {
  test("a candidate asks first, and its term stays as it is", () => {
    const node = nodeOf(1, [1, 2, 3]);
    node.step({ type: "campaign" });
    expect(node.status).toMatchObject({ role: "preCandidate", term: 0 });
    expect(node.takeSent()).toMatchObject([
      { type: "preVote", to: 2, term: 1 },
      { type: "preVote", to: 3, term: 1 },
    ]);
  });

  test("it stands only after a majority would vote for it", () => {
    const node = nodeOf(1, [1, 2, 3, 4, 5]);
    const answer = { type: "preVoteAnswer", to: 1, term: 1, isGranted: true } as const;
    node.step({ type: "campaign" });
    node.receive({ ...answer, from: 2 }, { ...answer, from: 2 });
    expect(node.status.role).toBe("preCandidate");
    node.receive({ ...answer, from: 3 });
    expect(node.status).toMatchObject({ role: "candidate", term: 1 });
  });

  test("a node says yes only to a log as good as its own, and without hearing a leader", () => {
    const question = { type: "preVote", from: 2, to: 1, term: 3 } as const;
    const node = nodeOf(1, [1, 2, 3], [1, 2]);
    node.receive({ ...question, lastIndex: 9, lastTerm: 1 });
    node.receive({ ...question, lastIndex: 2, lastTerm: 2 });
    expect(node.takeSent()).toMatchObject([{ isGranted: false }, { isGranted: true }]);
    node.receive({ type: "heartbeat", from: 3, to: 1, term: 2, commit: 0 });
    node.takeSent();
    node.receive({ ...question, lastIndex: 2, lastTerm: 2 });
    expect(node.takeSent()).toEqual([]);
  });

  test("an answer spends no vote", () => {
    const node = nodeOf(1, [1, 2, 3]);
    const question = { type: "preVote", to: 1, term: 1, lastIndex: 0, lastTerm: 0 } as const;
    node.receive({ ...question, from: 2 }, { ...question, from: 3 });
    expect(node.takeSent()).toMatchObject([{ isGranted: true }, { isGranted: true }]);
    expect(node.status).toMatchObject({ term: 0, votedFor: undefined });
  });
});
