/** The rules of "In Search of an Understandable Consensus Algorithm" (extended version), §5, one test each. */
import { describe, expect, test } from "vitest";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { entriesOf, groupOf, nodeOf, TestGroup } from "./harness.ts";

const VOTERS = [1, 2, 3];

function heartbeat(from: number, term: number): RaftMessage {
  return { type: "heartbeat", from, to: 1, term, commit: 0 };
}

function voteRequest(from: number, term: number, lastIndex = 0, lastTerm = 0): RaftMessage {
  return { type: "vote", from, to: 1, term, lastIndex, lastTerm, isTransfer: false };
}

function voteGrant(from: number, term: number): RaftMessage {
  return { type: "voteAnswer", from, to: 1, term, isGranted: true };
}

describe("§5.1 basics", () => {
  test.each(["follower", "candidate", "leader"])(
    "a %s that hears of a later term adopts it and follows",
    (role) => {
      const node = nodeOf(1, VOTERS);
      if (role === "candidate") {
        node.step({ type: "campaign" });
        node.receive({ type: "preVoteAnswer", from: 2, to: 1, term: 1, isGranted: true });
      } else if (role === "leader") {
        node.becomeLeader(2);
      }
      expect(node.status.role).toBe(role);
      node.receive(heartbeat(3, 8));
      expect(node.status).toMatchObject({ role: "follower", term: 8, leaderId: 3 });
    },
  );

  test("a request of an earlier term is rejected", () => {
    const node = nodeOf(1, VOTERS, [], { term: 5 });
    node.receive({
      type: "append",
      from: 2,
      to: 1,
      term: 4,
      prevIndex: 0,
      prevTerm: 0,
      entries: entriesOf(4),
      commit: 1,
    });
    node.receive(voteRequest(2, 4));
    expect(node.status).toMatchObject({ lastIndex: 0, votedFor: undefined, leaderId: undefined });
  });
});

describe("§5.2 leader election", () => {
  test("a node starts as a follower", () => {
    expect(nodeOf(1, VOTERS).status).toMatchObject({ role: "follower", term: 0 });
  });

  test("a leader sends heartbeats at its interval to everybody", () => {
    const node = nodeOf(1, VOTERS, [], {}, { heartbeatTicks: 2 });
    node.becomeLeader(2);
    node.tick(1);
    expect(node.takeSent()).toEqual([]);
    node.tick(1);
    expect(node.takeSent().map(({ type, to }) => [type, to])).toEqual([
      ["heartbeat", 2],
      ["heartbeat", 3],
    ]);
  });

  test("a follower that hears nothing for an election timeout stands for the next term", () => {
    const group = groupOf(3);
    group.node(2).tick(10);
    group.settle();
    expect(group.node(2).status).toMatchObject({ role: "leader", term: 1, votedFor: 2 });
    expect(group.node(1).status).toMatchObject({ role: "follower", leaderId: 2, votedFor: 2 });
  });

  test.each([
    { size: 1, granted: 0, role: "leader" },
    { size: 3, granted: 1, role: "leader" },
    { size: 5, granted: 1, role: "candidate" },
    { size: 5, granted: 2, role: "leader" },
    { size: 7, granted: 2, role: "candidate" },
    { size: 7, granted: 3, role: "leader" },
  ])("of $size nodes, a candidate with $granted votes beside its own is a $role", (example) => {
    const voters = Array.from({ length: example.size }, (_, position) => position + 1);
    const node = nodeOf(1, voters);
    node.step({ type: "campaign" });
    for (const from of voters.slice(1)) {
      node.receive({ type: "preVoteAnswer", from, to: 1, term: 1, isGranted: true });
    }
    for (let from = 2; from < 2 + example.granted; from += 1) node.receive(voteGrant(from, 1));
    expect(node.status).toMatchObject({ role: example.role, term: 1 });
  });

  test("a node votes for at most one candidate in a term, first come first served", () => {
    const node = nodeOf(1, VOTERS);
    node.receive(voteRequest(2, 1), voteRequest(3, 1));
    expect(node.takeSent()).toMatchObject([
      { to: 2, isGranted: true },
      { to: 3, isGranted: false },
    ]);
  });

  test("a candidate follows a leader of its own term", () => {
    const node = nodeOf(1, VOTERS);
    node.step({ type: "campaign" });
    node.receive({ type: "preVoteAnswer", from: 2, to: 1, term: 1, isGranted: true });
    node.receive(heartbeat(3, 1));
    expect(node.status).toMatchObject({ role: "follower", term: 1, leaderId: 3 });
  });

  test("a candidate without an answer starts another election after its timeout", () => {
    const node = nodeOf(1, VOTERS);
    for (const term of [1, 2]) {
      node.tick(10);
      node.receive({ type: "preVoteAnswer", from: 2, to: 1, term, isGranted: true });
      expect(node.status).toMatchObject({ role: "candidate", term });
    }
  });

  test("election timeouts are drawn anew from all of their range", () => {
    const random = new SeededRandom(5);
    const waits = Array.from({ length: 300 }, () => {
      const node = nodeOf(1, VOTERS, [], {}, { random });
      let ticks = 0;
      while (node.status.role === "follower") {
        node.tick(1);
        ticks += 1;
      }
      return ticks;
    });
    const range = Array.from({ length: 10 }, (_, position) => position + 10);
    expect([...new Set(waits)].sort((a, b) => a - b)).toEqual(range);
  });
});

describe("§5.3 log replication", () => {
  test("a leader appends a proposal and sends it to everybody", () => {
    const group = groupOf(3);
    const leader = group.node(1);
    leader.becomeLeader(2);
    group.settle();
    leader.tick(1);
    group.settle();
    leader.propose("a");
    group.settle();
    expect(group.nodes.map((node) => node.terms)).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  test("an entry is committed once a majority holds it, and so is everything before it", () => {
    const group = new TestGroup([
      nodeOf(1, VOTERS, [1, 2]),
      nodeOf(2, VOTERS, [1]),
      nodeOf(3, VOTERS, []),
    ]);
    group.disconnect(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    expect(group.node(1).applied.map((entry) => entry.term)).toEqual([1, 2, 3]);
    expect(group.node(2).applied.map((entry) => entry.term)).toEqual([1, 2, 3]);
  });

  test("a follower applies what its leader has committed, in the order of the log", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    for (const data of ["a", "b", "c"]) group.node(1).propose(data);
    group.settle();
    for (const node of group.nodes) {
      expect(node.applied.map((entry) => entry.index)).toEqual([1, 2, 3, 4]);
    }
  });

  test("a follower refuses an append that does not follow an entry of its log", () => {
    const node = nodeOf(1, VOTERS, [1], { term: 2 });
    node.receive({
      type: "append",
      from: 2,
      to: 1,
      term: 2,
      prevIndex: 2,
      prevTerm: 2,
      entries: [],
      commit: 0,
    });
    expect(node.takeSent()).toMatchObject([{ type: "appendRejected", rejectedIndex: 2 }]);
  });

  // Figure 7: the logs that followers of a leader of term 8 may have.
  test.each<{ name: string; terms: number[] }>([
    { name: "a", terms: [1, 1, 1, 4, 4, 5, 5, 6, 6] },
    { name: "b", terms: [1, 1, 1, 4] },
    { name: "c", terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6] },
    { name: "d", terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7] },
    { name: "e", terms: [1, 1, 1, 4, 4, 4, 4] },
    { name: "f", terms: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3] },
  ])("a leader makes follower ($name) of figure 7 hold its own log", ({ terms }) => {
    const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    const group = new TestGroup([
      nodeOf(1, VOTERS, leaderTerms, { term: 7 }),
      nodeOf(2, VOTERS, terms),
      nodeOf(3, VOTERS, []),
    ]);
    group.node(1).step({ type: "campaign" });
    group.settle();
    expect(group.node(1).status).toMatchObject({ role: "leader", term: 8 });
    expect(group.node(2).terms).toEqual([...leaderTerms, 8]);
  });
});

describe("§5.4.1 election restriction", () => {
  test.each([
    { mine: [1], lastIndex: 1, lastTerm: 1, isGranted: true },
    { mine: [1], lastIndex: 2, lastTerm: 1, isGranted: true },
    { mine: [1, 1], lastIndex: 1, lastTerm: 1, isGranted: false },
    { mine: [1, 1], lastIndex: 1, lastTerm: 2, isGranted: true },
    { mine: [2], lastIndex: 2, lastTerm: 1, isGranted: false },
    { mine: [1, 2], lastIndex: 1, lastTerm: 1, isGranted: false },
  ])(
    "with terms $mine, a candidate at $lastIndex of term $lastTerm gets a vote: $isGranted",
    (c) => {
      const node = nodeOf(1, VOTERS, c.mine);
      node.receive(voteRequest(2, 5, c.lastIndex, c.lastTerm));
      expect(node.takeSent()).toMatchObject([{ type: "voteAnswer", isGranted: c.isGranted }]);
    },
  );

  test("a candidate whose log lacks a committed entry is not elected", () => {
    const group = new TestGroup([
      nodeOf(1, VOTERS, [1], { term: 2 }),
      nodeOf(2, VOTERS, [1, 2]),
      nodeOf(3, VOTERS, [1, 2]),
    ]);
    group.node(1).step({ type: "campaign" });
    group.settle();
    expect(group.node(1).status.role).not.toBe("leader");
  });
});

describe("§5.4.2 entries of earlier terms", () => {
  test("are not committed by counting, but together with one of the leader's own term", () => {
    const node = nodeOf(1, VOTERS, [1, 2], { term: 2 });
    node.becomeLeader(2);
    const accepted = { type: "appendAccepted", from: 2, to: 1, term: 3 } as const;
    node.receive({ ...accepted, index: 2 });
    expect(node.status.commitIndex).toBe(0);
    node.receive({ ...accepted, index: 3 });
    expect(node.status.commitIndex).toBe(3);
  });

  test("stay replaceable until then, even on a majority: figure 8", () => {
    // (b) S1 has led term 2 and reached S2 only; S5 has led term 3 and reached nobody. S2 and S3 vote for S1 in term 4.
    const voters = [1, 2, 3, 4, 5];
    const oneEntryEach = { messageBytesMax: 1 };
    const s1 = nodeOf(1, voters, [1, 2], { term: 3, commit: 1 }, oneEntryEach);
    const s2 = nodeOf(2, voters, [1, 2], { term: 4, votedFor: 1, commit: 1 });
    const s3 = nodeOf(3, voters, [1], { term: 4, votedFor: 1, commit: 1 });
    const s4 = nodeOf(4, voters, [1], { term: 3, votedFor: 5, commit: 1 });
    const s5 = nodeOf(5, voters, [1, 3], { term: 3, votedFor: 5, commit: 1 });
    s1.becomeLeader(2, 3);
    expect(s1.status).toMatchObject({ role: "leader", term: 4 });

    // (c) S1 brings the entry of term 2 to S3: three of five hold it, and it is not committed.
    const refused = { rejectedIndex: 2, hintIndex: 1, hintTerm: 1 };
    s1.receive({ type: "appendRejected", from: 3, to: 1, term: 4, ...refused });
    s3.receive(...s1.takeSent().filter((message) => message.to === 3));
    expect(s3.terms).toEqual([1, 2]);
    s1.receive(...s3.takeSent());
    s1.receive({ type: "appendAccepted", from: 2, to: 1, term: 4, index: 2 });
    expect(s1.status.followers.filter((follower) => follower.match >= 2)).toHaveLength(2);
    expect(s1.status.commitIndex).toBe(1);

    // (d) S1 is gone with its entry of term 4. S5 is elected, which S2 and S4 permit, and replaces the entry.
    s5.receive({ type: "heartbeatAnswer", from: 3, to: 5, term: 4 });
    const rest = new TestGroup([s1, s2, s3, s4, s5]);
    rest.disconnect(1);
    s5.step({ type: "campaign" });
    rest.settle();
    expect(s5.status).toMatchObject({ role: "leader", term: 5, commitIndex: 3 });
    for (const node of [s2, s3, s4, s5]) {
      expect(node.terms).toEqual([1, 3, 5]);
      expect(node.applied.map((entry) => entry.term)).toEqual([1, 3, 5]);
    }
    expect(s1.applied.map((entry) => entry.term)).toEqual([1]);
  });
});

describe("§5.5 crashes", () => {
  test("a repeated append changes nothing and is acknowledged again", () => {
    const node = nodeOf(1, VOTERS);
    const append: RaftMessage = {
      type: "append",
      from: 2,
      to: 1,
      term: 1,
      prevIndex: 0,
      prevTerm: 0,
      entries: entriesOf(1, 1),
      commit: 0,
    };
    node.receive(append, append);
    expect(node.terms).toEqual([1, 1]);
    expect(node.takeSent()).toMatchObject([{ index: 2 }, { index: 2 }]);
  });

  test("a node that was down catches up from its leader", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.disconnect(3);
    for (const data of ["a", "b", "c", "d", "e", "f"]) group.node(1).propose(data);
    group.settle();
    group.reconnect(3);
    group.node(1).tick(1);
    group.settle();
    expect(group.node(3).applied).toEqual(group.node(1).applied);
    expect(group.node(3).applied).toHaveLength(7);
  });
});

describe("§5.6 timing", () => {
  test("heartbeats keep followers from standing for election", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    for (let round = 0; round < 100; round += 1) {
      for (const node of group.nodes) node.tick(1);
      group.settle();
    }
    expect(group.nodes.map((node) => node.status.term)).toEqual([1, 1, 1]);
    expect(group.node(1).status.role).toBe("leader");
  });
});
