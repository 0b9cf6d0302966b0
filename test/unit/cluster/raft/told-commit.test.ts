import { describe, expect, test } from "vitest";
import type { ConfChangeOp } from "../../../../cluster/raft/configuration.ts";
import type { Entry } from "../../../../cluster/raft/entry.ts";
import type { RaftOptions } from "../../../../cluster/raft/options.ts";
import type { RestoredState } from "../../../../cluster/raft/restored-state.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { entriesOf, optionsOf, stateOf, TestNode } from "./harness.ts";

function changeEntry(index: number, term: number, ...ops: readonly ConfChangeOp[]): Entry {
  const change = { transition: "auto", ops, context: utf8("") } as const;
  return { index, term, type: "confChangeV2", data: utf8("change"), change };
}

function nodeOf(state: RestoredState, options: Partial<RaftOptions> = {}): TestNode {
  return new TestNode(optionsOf(1, options), state);
}

/** One of two voters, whose log ends with the removal of the other and that has not heard of its commit. */
function survivor(options: Partial<RaftOptions> = {}): TestNode {
  const state = stateOf([1, 2], [1, 1], { commit: 1 });
  const [first] = entriesOf(1);
  const removal = changeEntry(2, 1, { type: "remove", id: 2 });
  return nodeOf({ ...state, entries: [first!, removal] }, options);
}

const REFUSAL = { type: "preVoteAnswer", from: 2, to: 1, term: 1, isGranted: false } as const;

describe("an answer to a candidate", () => {
  const asked = { from: 2, to: 1, term: 4, lastIndex: 1, lastTerm: 1 } as const;
  const committed = { index: 2, term: 3 };

  test.each([
    ["a pre-vote", { ...asked, type: "preVote" } as const],
    ["a vote", { ...asked, type: "vote", isTransfer: false } as const],
    ["a pre-vote of an earlier term", { ...asked, type: "preVote", term: 2, lastTerm: 1 } as const],
  ])("says what is committed: %s", (_, question) => {
    const node = nodeOf(stateOf([1, 2, 3], [1, 3, 3], { commit: 2 }));
    node.receive(question);
    expect(node.takeSent()).toMatchObject([{ isGranted: false, committed }]);
  });

  test("says so when it is granted as well", () => {
    const node = nodeOf(stateOf([1, 2, 3], [1, 3, 3], { commit: 2 }));
    node.receive({ ...asked, type: "preVote", lastIndex: 3, lastTerm: 3 });
    expect(node.takeSent()).toMatchObject([{ isGranted: true, committed }]);
  });

  test("says nothing where nothing is committed, nor without the option", () => {
    for (const [commit, tellsCommit] of [
      [0, true],
      [2, false],
    ] as const) {
      const node = nodeOf(stateOf([1, 2, 3], [1, 3, 3], { commit }), { tellsCommit });
      node.receive({ ...asked, type: "preVote" });
      expect(node.takeSent()[0]).not.toHaveProperty("committed");
    }
  });
});

describe("a node that is told what is committed", () => {
  test.each([
    ["it has the entry", { index: 2, term: 3 }, 2],
    ["it has another entry there", { index: 2, term: 2 }, 1],
    ["its log is shorter", { index: 9, term: 3 }, 1],
    ["it knows of later ones", { index: 1, term: 1 }, 1],
  ])("commits if %s", (_, committed, commitIndex) => {
    const node = nodeOf(stateOf([1, 2, 3], [1, 3, 3], { commit: 1 }));
    node.step({ type: "campaign" });
    node.receive({ ...REFUSAL, term: 3, committed });
    expect(node.status.commitIndex).toBe(commitIndex);
  });

  test("is not told by a number that no log has", () => {
    const node = nodeOf(stateOf([1, 2, 3], [1, 3, 3], { commit: 1 }));
    node.receive({ ...REFUSAL, term: 3, committed: { index: 2 ** 60, term: 3 } });
    node.receive({ ...REFUSAL, term: 3, committed: { index: -1, term: 0.5 } });
    expect(node.status.commitIndex).toBe(1);
  });

  test("commits by counting alone when it leads", () => {
    const node = nodeOf(stateOf([1, 2, 3], [1, 1], { commit: 1 }));
    node.becomeLeader(2);
    const { lastIndex, term } = node.status;
    const told = { ...REFUSAL, term, committed: { index: lastIndex, term } };
    node.receive(told);
    expect(node.status.commitIndex).toBe(1);
  });

  test("stands in the configuration that it learns to be in force", () => {
    const node = survivor();
    node.holdApply();
    node.step({ type: "campaign" });
    expect(node.status.role).toBe("preCandidate");
    node.receive({ ...REFUSAL, committed: { index: 2, term: 1 } });
    // The change is committed and not applied: its votes would count in the configuration before.
    expect(node.status).toMatchObject({ role: "follower", commitIndex: 2 });
    node.releaseApply();
    expect(node.status.configuration.voters).toEqual([1]);
    node.step({ type: "campaign" });
    expect(node.status.role).toBe("leader");
  });

  test("goes on as before without the option", () => {
    const node = survivor({ tellsCommit: false });
    node.receive({ ...REFUSAL, committed: { index: 2, term: 1 } });
    expect(node.status.commitIndex).toBe(1);
  });
});
