/** The rules of the Raft paper's figures 2 and 3 that are about what a node remembers and what never changes, one test each. */
import { describe, expect, test } from "vitest";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import { entriesOf, groupOf, nodeOf } from "./harness.ts";

const VOTERS = [1, 2, 3];

function voteRequest(from: number, term: number): RaftMessage {
  return { type: "vote", from, to: 1, term, lastIndex: 9, lastTerm: term - 1, isTransfer: false };
}

function append(term: number, prevIndex: number, prevTerm: number, terms: number[]): RaftMessage {
  const entries = entriesOf(...terms).slice(prevIndex);
  return { type: "append", from: 2, to: 1, term, prevIndex, prevTerm, entries, commit: 0 };
}

describe("figure 2, persistent state", () => {
  test("a vote is on disk before it is told (§5.2)", () => {
    const node = nodeOf(1, VOTERS);
    node.holdDisk();
    node.receive(voteRequest(2, 5));
    expect(node.takeSent()).toEqual([]);
    node.releaseDisk();
    expect(node.takeSent()).toMatchObject([{ type: "voteAnswer", to: 2, isGranted: true }]);
  });

  test("a vote of this term is remembered over a restart (§5.2)", () => {
    const node = nodeOf(1, VOTERS, [], { term: 5, votedFor: 2 });
    node.receive(voteRequest(3, 5), voteRequest(2, 5));
    expect(node.takeSent()).toMatchObject([
      { to: 3, isGranted: false },
      { to: 2, isGranted: true },
    ]);
  });

  test("the term is remembered over a restart, so that no request of an earlier one counts (§5.1)", () => {
    const node = nodeOf(1, VOTERS, [], { term: 5 });
    node.receive(voteRequest(2, 4));
    expect(node.status).toMatchObject({ term: 5, votedFor: undefined });
  });

  test("entries are on disk before they are acknowledged (§5.3)", () => {
    const node = nodeOf(1, VOTERS);
    node.holdDisk();
    node.receive(append(1, 0, 0, [1, 1]));
    expect(node.takeSent()).toEqual([]);
    node.persistOne();
    expect(node.takeSent()).toMatchObject([{ type: "appendAccepted", index: 2 }]);
  });

  test("a leader counts itself only for what its own disk holds (§5.3; thesis §10.2.1)", () => {
    const node = nodeOf(1, [1, 2, 3, 4, 5]);
    node.becomeLeader(2, 3);
    node.holdDisk();
    node.propose("a");
    const accepted = { type: "appendAccepted", to: 1, term: 1, index: 2 } as const;
    node.receive({ ...accepted, from: 2 }, { ...accepted, from: 3 });
    expect(node.status.commitIndex).toBeLessThan(2);
    node.releaseDisk();
    expect(node.status.commitIndex).toBe(2);
  });
});

describe("figure 2, volatile state", () => {
  test("the commit index rises only, whatever an old message says", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1]);
    const heartbeat = { type: "heartbeat", from: 2, to: 1, term: 1 } as const;
    node.receive(append(1, 3, 1, [1, 1, 1]), { ...heartbeat, commit: 3 });
    node.receive({ ...heartbeat, commit: 1 });
    expect(node.status.commitIndex).toBe(3);
  });

  test("a leader begins with nextIndex after its last entry and matchIndex 0 (§5.3)", () => {
    const node = nodeOf(1, VOTERS, [1, 1]);
    node.becomeLeader(2);
    // The entry that opens its term is not counted: it is sent at once.
    expect(node.status.followers).toMatchObject([
      { id: 2, match: 0, next: 3 },
      { id: 3, match: 0, next: 3 },
    ]);
  });

  test("a leader lowers nextIndex after a refusal and tries again (§5.3)", () => {
    const node = nodeOf(1, VOTERS, [1, 1]);
    node.becomeLeader(2);
    const hint = { rejectedIndex: 2, hintIndex: 0, hintTerm: 0 };
    node.receive({ type: "appendRejected", from: 2, to: 1, term: node.status.term, ...hint });
    expect(node.takeSent()).toMatchObject([{ type: "append", to: 2, prevIndex: 0 }]);
  });
});

describe("figure 3", () => {
  test("Election Safety: a split vote elects nobody, and a later term one (§5.2)", () => {
    const group = groupOf(4, { preVote: false });
    const [first, second] = [group.node(1), group.node(2)];
    for (const candidate of [first, second]) candidate.step({ type: "campaign" });
    const requests = [...first.takeSent(), ...second.takeSent()];
    for (const request of requests.filter(({ from, to }) => to === from + 2)) {
      group.node(request.to).receive(request);
    }
    group.settle();
    expect(group.nodes.map(({ status }) => status.votedFor)).toEqual([1, 2, 1, 2]);
    expect(group.nodes.filter(({ status }) => status.role === "leader")).toEqual([]);
    group.node(3).step({ type: "campaign" });
    group.settle();
    expect(group.nodes.map(({ status }) => status.leaderId)).toEqual([3, 3, 3, 3]);
  });

  test("Leader Append-Only: a leader takes no append of its own term (§5.3)", () => {
    const node = nodeOf(1, VOTERS);
    node.becomeLeader(2);
    node.propose("a");
    const { terms } = node;
    node.receive(append(1, 0, 0, [1]));
    expect(node.terms).toEqual(terms);
    expect(node.status.role).toBe("leader");
  });

  test("Log Matching: an entry in conflict goes, with everything after it (§5.3)", () => {
    const node = nodeOf(1, VOTERS, [1, 2, 2, 2]);
    node.receive(append(3, 1, 1, [1, 3]));
    expect(node.terms).toEqual([1, 3]);
  });

  test("Log Matching: what agrees stays, with everything after it (§5.3)", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1, 1]);
    node.receive(append(1, 0, 0, [1, 1]));
    expect(node.terms).toEqual([1, 1, 1, 1]);
  });

  test("Leader Completeness: a later leader holds what was committed (§5.4)", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.disconnect(3);
    group.node(1).propose("on 1 and 2");
    group.settle();
    group.disconnect(1);
    group.reconnect(3);
    for (const id of [2, 3]) group.node(id).tick(10);
    group.settle();
    for (const id of [3, 2]) group.node(id).step({ type: "campaign" });
    group.settle();
    expect(group.node(2).status.role).toBe("leader");
    expect(group.node(3).applied).toEqual(group.node(2).applied);
  });

  test("State Machine Safety: nothing is applied at two places in different order (§5.4.3)", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    for (const text of ["a", "b", "c"]) group.node(1).propose(text);
    group.settle();
    group.node(1).tick(1);
    group.settle();
    const [first, ...others] = group.nodes.map(({ applied }) => applied);
    expect(first).toHaveLength(4);
    for (const other of others) expect(other).toEqual(first);
  });
});
