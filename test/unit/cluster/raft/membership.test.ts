import { describe, expect, test } from "vitest";
import type { ConfChange, ConfChangeOp } from "../../../../cluster/raft/configuration.ts";
import { configurationOf } from "../../../../cluster/raft/configuration.ts";
import type { Entry } from "../../../../cluster/raft/entry.ts";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { entriesOf, groupOf, nodeOf, optionsOf, stateOf, TestGroup, TestNode } from "./harness.ts";

const VOTERS = [1, 2, 3];
const ADD_4: ConfChangeOp = { type: "addVoter", id: 4 };

function changeEntry(index: number, term: number, ...ops: readonly ConfChangeOp[]): Entry {
  const change: ConfChange = { transition: "auto", ops, context: utf8("") };
  return { index, term, type: "confChangeV2", data: utf8(`change ${index}`), change };
}

function accepted(from: number, index: number): RaftMessage {
  return { type: "appendAccepted", from, to: 1, term: 1, index };
}

function leaderOf(voters: readonly number[] = VOTERS): TestNode {
  const node = nodeOf(1, voters);
  node.becomeLeader(2, 3);
  node.receive(accepted(2, 1), accepted(3, 1));
  node.takeSent();
  return node;
}

/** Nodes 1 to 3 as voters, led by 1, and 4 and 5 as no members yet. */
function groupWithSpares(): TestGroup {
  const group = new TestGroup([1, 2, 3, 4, 5].map((id) => nodeOf(id, VOTERS)));
  group.node(1).step({ type: "campaign" });
  group.settle();
  return group;
}

function settleWithHeartbeat(group: TestGroup): void {
  group.node(1).tick(1);
  group.settle();
}

describe("a change of the members", () => {
  test("is in force when it is applied, not when it is in the log or committed", () => {
    const node = leaderOf();
    node.holdApply();
    node.change([ADD_4]);
    node.receive(accepted(2, 2));
    expect(node.status).toMatchObject({ commitIndex: 2, configuration: configurationOf(VOTERS) });
    node.releaseApply();
    expect(node.status.configuration).toEqual(configurationOf([1, 2, 3, 4]));
  });

  test("is refused while an earlier one is not applied", () => {
    const node = leaderOf();
    expect(node.change([ADD_4])).toMatchObject({ accepted: true, index: 2 });
    const second = node.change([{ type: "addVoter", id: 5 }]);
    expect(second).toMatchObject({ accepted: false, reason: "configuration change pending" });
    node.receive(accepted(2, 2));
    expect(node.change([{ type: "addVoter", id: 5 }])).toMatchObject({ accepted: true });
  });

  test("is refused by a new leader until it has applied what it found in its log", () => {
    const node = nodeOf(1, VOTERS, [1, 1], { term: 1 });
    node.becomeLeader(2);
    expect(node.status.pendingConfIndex).toBe(2);
    expect(node.change([ADD_4])).toMatchObject({ reason: "configuration change pending" });
    node.receive({ ...accepted(2, 3), term: 2 });
    expect(node.change([ADD_4])).toMatchObject({ accepted: true });
  });

  test("that the members in force do not allow is refused", () => {
    const node = leaderOf();
    const reason = "configuration change impossible";
    expect(node.change([])).toMatchObject({ accepted: false, reason });
    expect(nodeOf(1, [1]).change([])).toMatchObject({ reason: "not leader" });
  });

  test("needs the majority of the members with it, once it is in force", () => {
    const node = leaderOf();
    node.change([ADD_4]);
    node.receive(accepted(2, 2));
    node.propose("a");
    node.receive(accepted(2, 3));
    expect(node.status.commitIndex).toBe(2);
    node.receive(accepted(4, 3));
    expect(node.status.commitIndex).toBe(3);
  });

  test("that makes the majority smaller commits what waited for it", () => {
    const node = leaderOf([1, 2, 3, 4]);
    node.holdApply();
    node.change([{ type: "remove", id: 4 }]);
    node.receive(accepted(2, 2), accepted(3, 2));
    node.propose("a");
    node.receive(accepted(2, 3));
    expect(node.status.commitIndex).toBe(2);
    node.releaseApply();
    expect(node.status.commitIndex).toBe(3);
  });

  test("brings a new member level without a heartbeat", () => {
    const group = groupWithSpares();
    group.node(1).change([ADD_4]);
    group.settle();
    expect(group.node(4).status.lastIndex).toBe(2);
    settleWithHeartbeat(group);
    expect(group.node(4).status.configuration).toEqual(configurationOf([1, 2, 3, 4]));
  });

  test("ends a transfer of leadership to one that may no longer lead", () => {
    const node = leaderOf();
    node.holdApply();
    node.change([{ type: "remove", id: 3 }]);
    node.receive(accepted(2, 2));
    node.step({ type: "transfer", to: 3 });
    expect(node.status.transferTo).toBe(3);
    node.releaseApply();
    expect(node.status.transferTo).toBeUndefined();
  });

  test("that does not fit where it is applied changes nothing", () => {
    const leave = changeEntry(1, 1);
    const node = nodeOf(1, VOTERS);
    const append: RaftMessage = {
      type: "append",
      from: 2,
      to: 1,
      term: 1,
      prevIndex: 0,
      prevTerm: 0,
      entries: [leave],
      commit: 1,
    };
    node.receive(append);
    expect(node.status).toMatchObject({ appliedIndex: 1, configuration: configurationOf(VOTERS) });
  });
});

describe("a learner", () => {
  test("receives the log, and neither votes are asked of it nor do its acknowledgements count", () => {
    const node = leaderOf();
    node.change([{ type: "addLearner", id: 4 }]);
    node.receive(accepted(2, 2));
    expect(node.status.followers[2]).toMatchObject({ id: 4, isLearner: true });
    node.propose("a");
    node.receive(accepted(4, 3));
    expect(node.status.commitIndex).toBe(2);
    node.step({ type: "transfer", to: 4 });
    expect(node.status.transferTo).toBeUndefined();
  });

  test("does not keep a leader in office that hears no voter", () => {
    const node = leaderOf();
    node.change([{ type: "addLearner", id: 4 }]);
    node.receive(accepted(2, 2));
    node.tick(9);
    node.receive({ type: "heartbeatAnswer", from: 4, to: 1, term: 1 });
    node.tick(1);
    expect(node.status.role).toBe("follower");
  });

  test("does not campaign, but votes: it may be a voter and not know it", () => {
    const learner = { ...configurationOf([2, 3]), learners: [1] };
    const state = stateOf(VOTERS, []);
    const restored = { ...state, snapshot: { ...state.snapshot, configuration: learner } };
    const node = new TestNode(optionsOf(1), restored);
    node.tick(50);
    node.step({ type: "campaign" });
    expect(node.status.role).toBe("follower");
    const isTransfer = false;
    node.receive({ type: "vote", from: 2, to: 1, term: 1, lastIndex: 0, lastTerm: 0, isTransfer });
    expect(node.takeSent()).toMatchObject([{ type: "voteAnswer", isGranted: true }]);
  });

  test("gives up a silent leader's lease after an election timeout, though it does not campaign", () => {
    const node = nodeOf(4, VOTERS, [], { term: 1 });
    node.receive({ type: "heartbeat", from: 2, to: 4, term: 1, commit: 0 });
    node.tick(25);
    node.takeSent();
    const isTransfer = false;
    node.receive({ type: "vote", from: 3, to: 4, term: 2, lastIndex: 0, lastTerm: 0, isTransfer });
    expect(node.takeSent()).toMatchObject([{ type: "voteAnswer", isGranted: true }]);
  });
});

describe("a leader that is removed", () => {
  test("steps down when that is in force, and another can be elected", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.node(1).change([{ type: "remove", id: 1 }]);
    group.settle();
    expect(group.node(1).status).toMatchObject({ role: "follower", leaderId: undefined });
    group.node(1).tick(50);
    expect(group.node(1).status.role).toBe("follower");
    group.node(3).step({ type: "forgetLeader" });
    group.node(2).tick(20);
    group.settle();
    expect(group.node(2).status.role).toBe("leader");
    expect(group.node(2).status.configuration).toEqual(configurationOf([2, 3]));
  });

  test("leads on without a vote of its own if it is told to, and takes no proposals", () => {
    const node = nodeOf(1, VOTERS, [], {}, { stepDownOnRemoval: false });
    node.becomeLeader(2);
    node.receive(accepted(2, 1));
    node.change([{ type: "remove", id: 1 }]);
    node.receive(accepted(2, 2));
    expect(node.status).toMatchObject({ role: "leader", configuration: configurationOf([2, 3]) });
    expect(node.propose("a")).toMatchObject({ accepted: false, reason: "not a member" });
  });
});

describe("a joint configuration", () => {
  const REPLACE: readonly ConfChangeOp[] = [
    { type: "addVoter", id: 4 },
    { type: "addVoter", id: 5 },
    { type: "remove", id: 2 },
    { type: "remove", id: 3 },
  ];

  test("needs a majority of both halves to commit", () => {
    const node = leaderOf();
    node.change(REPLACE, "explicit");
    node.receive(accepted(2, 2));
    expect(node.status.configuration).toMatchObject({
      voters: [1, 4, 5],
      votersOutgoing: [1, 2, 3],
    });
    node.propose("a");
    node.receive(accepted(4, 3));
    expect(node.status.commitIndex).toBe(2);
    node.receive(accepted(2, 3));
    expect(node.status.commitIndex).toBe(3);
  });

  test("needs a majority of both halves to elect", () => {
    const state = stateOf(VOTERS, []);
    const configuration = { ...configurationOf([1, 4, 5]), votersOutgoing: [1, 2, 3] };
    const node = new TestNode(optionsOf(1), {
      ...state,
      snapshot: { ...state.snapshot, configuration },
    });
    node.step({ type: "campaign" });
    expect(node.takeSent().map(({ to }) => to)).toEqual([2, 3, 4, 5]);
    for (const from of [2, 3]) {
      node.receive({ type: "preVoteAnswer", from, to: 1, term: 1, isGranted: true });
    }
    expect(node.status.role).toBe("preCandidate");
    node.receive({ type: "preVoteAnswer", from: 4, to: 1, term: 1, isGranted: true });
    expect(node.status.role).toBe("candidate");
  });

  test("is left by itself", () => {
    const group = groupWithSpares();
    group.node(1).change(REPLACE);
    for (let round = 0; round < 4; round += 1) settleWithHeartbeat(group);
    for (const id of [1, 4, 5]) {
      expect(group.node(id).status.configuration).toEqual(configurationOf([1, 4, 5]));
    }
  });

  test("is left only on request if it was entered explicitly", () => {
    const group = groupWithSpares();
    group.node(1).change(REPLACE, "explicit");
    for (let round = 0; round < 4; round += 1) settleWithHeartbeat(group);
    expect(group.node(1).status.configuration.votersOutgoing).toEqual([1, 2, 3]);
    expect(group.node(1).change([ADD_4])).toMatchObject({ accepted: false });
    group.node(1).change([]);
    for (let round = 0; round < 4; round += 1) settleWithHeartbeat(group);
    expect(group.node(1).status.configuration).toEqual(configurationOf([1, 4, 5]));
  });

  test("is left by itself after a transfer of leadership that was in the way has ended", () => {
    const node = leaderOf();
    node.change(REPLACE);
    node.holdApply();
    node.receive(accepted(2, 2));
    node.step({ type: "transfer", to: 2 });
    node.releaseApply();
    expect(node.status.lastIndex).toBe(2);
    // The followers still answer, but the successor does not take over.
    for (let tick = 0; tick < 10; tick += 1) {
      node.tick(1);
      for (const from of [2, 3, 4, 5]) {
        node.receive({ type: "heartbeatAnswer", from, to: 1, term: 1 });
      }
    }
    node.propose("a");
    node.receive(accepted(2, 3), accepted(4, 3));
    expect(node.status.lastIndex).toBe(4);
  });
});

describe("a restart", () => {
  const LOG = [
    ...entriesOf(1),
    changeEntry(2, 1, ADD_4),
    changeEntry(3, 1, { type: "addVoter", id: 5 }),
  ];

  function restart(appliedIndex: number, commit: number): TestNode {
    const restored = { ...stateOf(VOTERS, [1]), entries: LOG, appliedIndex };
    const hardState = { term: 1, votedFor: undefined, commit };
    return new TestNode(optionsOf(1), { ...restored, hardState });
  }

  test("brings back the changes that were applied, and no others", () => {
    expect(restart(2, 2).status.configuration).toEqual(configurationOf([1, 2, 3, 4]));
    expect(restart(1, 1).status.configuration).toEqual(configurationOf(VOTERS));
  });

  // The hint of the commit index may be lost in a crash. Two changes behind, its majorities would not meet today's.
  test("knows that all changes but the last in its log are committed, and applies them before it campaigns", () => {
    const node = restart(1, 1);
    expect(node.status.commitIndex).toBe(2);
    node.raft.step({ type: "campaign" });
    expect(node.status.role).toBe("follower");
    node.tick(1);
    expect(node.status.configuration).toEqual(configurationOf([1, 2, 3, 4]));
    node.step({ type: "campaign" });
    expect(node.status.role).toBe("preCandidate");
  });
});

describe("a node", () => {
  test("does not campaign while a committed change is not applied", () => {
    const node = nodeOf(1, VOTERS);
    node.holdApply();
    node.receive({
      type: "append",
      from: 2,
      to: 1,
      term: 1,
      prevIndex: 0,
      prevTerm: 0,
      entries: [changeEntry(1, 1, ADD_4)],
      commit: 1,
    });
    node.tick(30);
    node.receive({ type: "timeoutNow", from: 2, to: 1, term: 1 });
    expect(node.status.role).toBe("follower");
    node.releaseApply();
    node.tick(1);
    expect(node.status.role).toBe("preCandidate");
  });
});

describe("a node that may have forgotten its votes", () => {
  function forgetful(): TestNode {
    return nodeOf(1, VOTERS, [], {}, { mayVote: false });
  }

  function append(entries: readonly Entry[], prevIndex: number, commit: number): RaftMessage {
    const prevTerm = prevIndex === 0 ? 0 : 1;
    return { type: "append", from: 2, to: 1, term: 1, prevIndex, prevTerm, entries, commit };
  }

  test("neither votes nor campaigns", () => {
    const node = forgetful();
    node.tick(30);
    node.step({ type: "campaign" });
    const vote = { from: 2, to: 1, term: 5, lastIndex: 9, lastTerm: 4 };
    node.receive({ type: "preVote", ...vote }, { type: "vote", ...vote, isTransfer: false });
    expect(node.status).toMatchObject({ role: "follower", mayVote: false, votedFor: undefined });
    expect(node.takeSent()).toMatchObject([{ isGranted: false }, { isGranted: false }]);
  });

  test("votes again once a change that names it was made after its start, and no earlier one", () => {
    const node = forgetful();
    const readded = changeEntry(3, 1, { type: "addLearner", id: 1 });
    const formerly = changeEntry(1, 1, { type: "addVoter", id: 1 });
    // The leader had committed 2 when it was first heard.
    node.receive(append([formerly, ...entriesOf(1, 1).slice(1)], 0, 2));
    expect(node.status).toMatchObject({ appliedIndex: 2, mayVote: false });
    node.receive(append([readded], 2, 3));
    expect(node.status).toMatchObject({ appliedIndex: 3, mayVote: true });
  });
});
