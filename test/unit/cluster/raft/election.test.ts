import { describe, expect, test } from "vitest";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import { groupOf, NO_JITTER, nodeOf } from "./harness.ts";

const VOTERS = [1, 2, 3];

function voteFor(from: number, term: number, isTransfer = false): RaftMessage {
  return { type: "vote", from, to: 1, term, lastIndex: 0, lastTerm: 0, isTransfer };
}

function heartbeatFrom(from: number, term: number): RaftMessage {
  return { type: "heartbeat", from, to: 1, term, commit: 0 };
}

describe("a broken connection", () => {
  test("to the leader shortens the wait for it to two heartbeats", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.disconnect(1);
    for (const id of [2, 3]) group.node(id).step({ type: "unreachable", id: 1 });
    for (const id of [2, 3]) group.node(id).tick(1);
    expect(group.node(2).status).toMatchObject({ role: "follower", leaderId: 1 });
    for (const id of [2, 3]) group.node(id).tick(1);
    group.settle();
    // Without jitter both ask at once, and one gives way.
    expect(group.node(3).status).toMatchObject({ role: "leader", term: 2 });
    expect(group.node(2).status).toMatchObject({ role: "follower", leaderId: 3, term: 2 });
  });

  test("to a leader that is heard changes nothing", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    for (let round = 0; round < 20; round += 1) {
      for (const id of [2, 3]) group.node(id).step({ type: "unreachable", id: 1 });
      for (const id of [1, 2, 3]) group.node(id).tick(1);
      group.settle();
    }
    expect(group.node(1).status).toMatchObject({ role: "leader", term: 1 });
  });

  test("at one follower only deposes nobody", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.node(3).step({ type: "unreachable", id: 1 });
    group.node(3).tick(2);
    group.settle();
    expect(group.node(3).status.term).toBe(1);
    group.node(1).tick(1);
    group.settle();
    expect([1, 2, 3].map((id) => group.node(id).status.leaderId)).toEqual([1, 1, 1]);
  });

  test("to another follower means nothing", () => {
    const node = nodeOf(1, VOTERS, [], { term: 1 });
    node.receive(heartbeatFrom(2, 1));
    node.step({ type: "unreachable", id: 3 });
    node.tick(9);
    expect(node.status).toMatchObject({ role: "follower", leaderId: 2 });
  });
});

describe("an election that lasts", () => {
  const requestsOf = (node: ReturnType<typeof nodeOf>): readonly [string, number][] =>
    node.takeSent().map(({ type, to }) => [type, to]);

  test("asks those again that have not answered, every heartbeat", () => {
    const node = nodeOf(1, [1, 2, 3, 4, 5], [], { term: 1 });
    node.tick(10);
    node.takeSent();
    node.receive({ type: "preVoteAnswer", from: 2, to: 1, term: 1, isGranted: false });
    node.tick(1);
    expect(requestsOf(node)).toEqual([3, 4, 5].map((to) => ["preVote", to]));
    for (const from of [3, 4]) {
      node.receive({ type: "preVoteAnswer", from, to: 1, term: 2, isGranted: true });
    }
    expect(requestsOf(node)).toEqual([2, 3, 4, 5].map((to) => ["vote", to]));
    node.receive({ type: "voteAnswer", from: 5, to: 1, term: 2, isGranted: true });
    node.tick(1);
    expect(requestsOf(node)).toEqual([2, 3, 4].map((to) => ["vote", to]));
  });

  test("asks again only when its own vote is durable", () => {
    const node = nodeOf(1, VOTERS, [], { term: 1 });
    node.holdDisk();
    node.tick(10);
    node.receive({ type: "preVoteAnswer", from: 2, to: 1, term: 2, isGranted: true });
    node.takeSent();
    node.tick(3);
    expect(node.takeSent()).toEqual([]);
    node.releaseDisk();
    node.takeSent();
    node.tick(1);
    expect(requestsOf(node)).toEqual([2, 3].map((to) => ["vote", to]));
  });

  test("does not keep others from standing by asking again", () => {
    const node = nodeOf(1, VOTERS, [], { term: 1 });
    for (let tick = 0; tick < 10; tick += 1) {
      node.receive(voteFor(2, 2));
      node.tick(1);
    }
    expect(node.status.role).toBe("preCandidate");
  });

  test.each([
    { rival: 3, lastIndex: 0, goesFirst: "the rival with the higher id" },
    { rival: 2, lastIndex: 1, goesFirst: "the rival with the longer log" },
  ])("lets $goesFirst go first, for one heartbeat", ({ rival, lastIndex }) => {
    const node = nodeOf(1 + (rival === 2 ? 2 : 0), VOTERS, [], { term: 1 });
    const to = node.status.id;
    const other = VOTERS.find((voter) => voter !== to && voter !== rival)!;
    node.tick(10);
    node.receive({ type: "preVote", from: rival, to, term: 2, lastIndex, lastTerm: lastIndex });
    node.receive({ type: "preVoteAnswer", from: other, to, term: 2, isGranted: true });
    expect(node.status.role).toBe("preCandidate");
    node.tick(1);
    expect(node.status).toMatchObject({ role: "candidate", term: 2 });
  });

  test("does not wait for a rival with a lower id", () => {
    const third = nodeOf(3, VOTERS, [], { term: 1 });
    third.tick(10);
    const question = {
      type: "preVote",
      from: 1,
      to: 3,
      term: 2,
      lastIndex: 0,
      lastTerm: 0,
    } as const;
    third.receive(question);
    third.receive({ type: "preVoteAnswer", from: 2, to: 3, term: 2, isGranted: true });
    expect(third.status.role).toBe("candidate");
  });
});

describe("pre-vote", () => {
  test("changes neither term nor vote, on either side", () => {
    const node = nodeOf(1, VOTERS, [], { term: 4 });
    node.tick(10);
    expect(node.status).toMatchObject({ role: "preCandidate", term: 4, votedFor: undefined });
    const preVote: RaftMessage = {
      type: "preVote",
      from: 2,
      to: 1,
      term: 9,
      lastIndex: 0,
      lastTerm: 0,
    };
    node.takeSent();
    node.receive(preVote);
    expect(node.status).toMatchObject({ term: 4, votedFor: undefined });
    expect(node.takeSent()).toEqual([
      { type: "preVoteAnswer", from: 1, to: 2, term: 9, isGranted: true },
    ]);
  });

  test("does not count a grant for an earlier attempt", () => {
    const node = nodeOf(1, VOTERS, [], { term: 4 });
    node.step({ type: "campaign" });
    node.receive({ type: "preVoteAnswer", from: 2, to: 1, term: 4, isGranted: true });
    expect(node.status.role).toBe("preCandidate");
    node.receive({ type: "preVoteAnswer", from: 2, to: 1, term: 5, isGranted: true });
    expect(node.status).toMatchObject({ role: "candidate", term: 5 });
  });

  test("keeps a node that was cut off from disturbing the group when it returns", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.disconnect(3);
    group.node(3).tick(100);
    group.reconnect(3);
    group.node(3).tick(10);
    group.settle();
    expect(group.node(1).status).toMatchObject({ role: "leader", term: 1 });
    group.node(1).tick(1);
    group.settle();
    expect(group.node(3).status).toMatchObject({ role: "follower", term: 1, leaderId: 1 });
  });

  test("is answered with the later term by a node that has one", () => {
    const node = nodeOf(1, VOTERS, [], { term: 7 });
    node.receive({ type: "preVote", from: 2, to: 1, term: 3, lastIndex: 0, lastTerm: 0 });
    expect(node.takeSent()).toEqual([
      { type: "preVoteAnswer", from: 1, to: 2, term: 7, isGranted: false },
    ]);
  });

  test("is over when a majority refuses", () => {
    const node = nodeOf(1, VOTERS, [], { term: 4 });
    node.step({ type: "campaign" });
    for (const from of [2, 3]) {
      node.receive({ type: "preVoteAnswer", from, to: 1, term: 4, isGranted: false });
    }
    expect(node.status).toMatchObject({ role: "follower", term: 4 });
  });
});

describe("the lease of a live leader", () => {
  test("makes a follower ignore requests of later terms", () => {
    const node = nodeOf(1, VOTERS, [], { term: 1 });
    node.receive(heartbeatFrom(2, 1));
    node.takeSent();
    node.receive(voteFor(3, 9));
    node.receive({ type: "preVote", from: 3, to: 1, term: 9, lastIndex: 9, lastTerm: 8 });
    expect(node.status).toMatchObject({ term: 1, leaderId: 2 });
    expect(node.takeSent()).toEqual([]);
  });

  test("ends an election timeout after the leader was last heard", () => {
    // The longest timeout, so that the node does not campaign by itself meanwhile.
    const random = { ...NO_JITTER, below: (exclusiveMax: number): number => exclusiveMax - 1 };
    const node = nodeOf(1, VOTERS, [], { term: 1 }, { random });
    node.receive(heartbeatFrom(2, 1));
    node.tick(10);
    node.receive(voteFor(3, 2));
    expect(node.status).toMatchObject({ term: 2, votedFor: 3 });
  });

  test("does not hold back a candidate that the leader named", () => {
    const node = nodeOf(1, VOTERS, [], { term: 1 });
    node.receive(heartbeatFrom(2, 1));
    node.receive(voteFor(3, 2, true));
    expect(node.status).toMatchObject({ term: 2, votedFor: 3 });
  });
});

describe("a vote", () => {
  test("leaves only when it is durable", () => {
    const node = nodeOf(1, VOTERS);
    node.holdDisk();
    node.receive(voteFor(2, 1));
    expect(node.takeSent()).toEqual([]);
    node.releaseDisk();
    expect(node.takeSent()).toMatchObject([{ type: "voteAnswer", to: 2, isGranted: true }]);
  });

  test("is requested only when the candidate's own is durable, which counts only then", () => {
    const node = nodeOf(1, VOTERS);
    node.holdDisk();
    node.step({ type: "campaign" });
    node.receive({ type: "preVoteAnswer", from: 2, to: 1, term: 1, isGranted: true });
    expect(node.takeSent().map((message) => message.type)).toEqual(["preVote", "preVote"]);
    node.receive({ type: "voteAnswer", from: 2, to: 1, term: 1, isGranted: true });
    expect(node.status.role).toBe("candidate");
    node.releaseDisk();
    expect(node.status.role).toBe("leader");
  });

  test("is repeated to the same candidate, and after a restart too", () => {
    const node = nodeOf(1, VOTERS, [], { term: 3, votedFor: 2 });
    node.receive(voteFor(2, 3), voteFor(3, 3));
    expect(node.takeSent()).toMatchObject([
      { type: "voteAnswer", to: 2, isGranted: true },
      { type: "voteAnswer", to: 3, isGranted: false },
    ]);
  });

  test("of a former candidate stays with itself, also when it learned of no leader", () => {
    const node = nodeOf(1, VOTERS);
    node.step({ type: "campaign" });
    node.receive({ type: "preVoteAnswer", from: 2, to: 1, term: 1, isGranted: true });
    for (const from of [2, 3]) {
      node.receive({ type: "voteAnswer", from, to: 1, term: 1, isGranted: false });
    }
    expect(node.status).toMatchObject({ role: "follower", leaderId: undefined, votedFor: 1 });
    node.takeSent();
    node.receive(voteFor(2, 1));
    expect(node.takeSent()).toMatchObject([{ type: "voteAnswer", isGranted: false }]);
  });

  test("counts once for each voter, and only of voters", () => {
    const node = nodeOf(1, [1, 2, 3, 4, 5]);
    node.step({ type: "campaign" });
    for (const from of [2, 3]) {
      node.receive({ type: "preVoteAnswer", from, to: 1, term: 1, isGranted: true });
    }
    for (const from of [2, 2, 2, 9]) {
      node.receive({ type: "voteAnswer", from, to: 1, term: 1, isGranted: true });
    }
    expect(node.status.role).toBe("candidate");
    node.receive({ type: "voteAnswer", from: 3, to: 1, term: 1, isGranted: true });
    expect(node.status.role).toBe("leader");
  });
});

describe("a node", () => {
  test("that is not a voter never campaigns, but votes", () => {
    const node = nodeOf(1, [2, 3, 4]);
    node.tick(100);
    node.step({ type: "campaign" });
    expect(node.status).toMatchObject({ role: "follower", term: 0 });
    node.receive(voteFor(2, 1));
    expect(node.takeSent()).toMatchObject([{ type: "voteAnswer", isGranted: true }]);
  });

  test("that is alone leads and commits by itself", () => {
    const node = nodeOf(1, [1]);
    node.tick(10);
    expect(node.status).toMatchObject({ role: "leader", term: 1, commitIndex: 1 });
    expect(node.propose("a")).toEqual({ accepted: true, index: 2, term: 1 });
    expect(node.applied.map((entry) => entry.index)).toEqual([1, 2]);
  });
});
