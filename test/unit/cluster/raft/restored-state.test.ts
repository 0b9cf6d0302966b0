import { describe, expect, test } from "vitest";
import { RaftError } from "../../../../cluster/raft/errors.ts";
import { Raft } from "../../../../cluster/raft/raft.ts";
import type { RestoredState } from "../../../../cluster/raft/restored-state.ts";
import { emptyState } from "../../../../cluster/raft/restored-state.ts";
import { entriesOf, optionsOf, stateOf } from "./harness.ts";

function start(restored: RestoredState): Raft {
  return new Raft(optionsOf(1), restored);
}

describe("a node that restarts", () => {
  test("continues from its stored term, vote, log and commit index", () => {
    const raft = start(stateOf([1, 2, 3], [1, 1, 2], { term: 5, votedFor: 2, commit: 2 }));
    expect(raft.status()).toMatchObject({
      role: "follower",
      term: 5,
      votedFor: 2,
      lastIndex: 3,
      durableIndex: 3,
      commitIndex: 2,
      appliedIndex: 0,
    });
    expect(raft.takeEffects().apply.map((entry) => entry.index)).toEqual([1, 2]);
  });

  test("knows that what was applied was committed", () => {
    const raft = start({ ...stateOf([1, 2, 3], [1, 1], { commit: 0 }), appliedIndex: 2 });
    expect(raft.status()).toMatchObject({ commitIndex: 2, appliedIndex: 2 });
    expect(raft.takeEffects().apply).toEqual([]);
  });

  test("has nothing to do at first", () => {
    const effects = start(emptyState([1, 2, 3])).takeEffects();
    expect(effects).toMatchObject({ hardState: undefined, persist: undefined, append: [] });
  });

  test.each<{ what: string; restored: RestoredState; message: string }>([
    {
      what: "a log that lost its end",
      restored: stateOf([1], [1, 1], { commit: 3 }),
      message: "entry 3 was committed but the log ends at 2",
    },
    {
      what: "a log ahead of the stored term",
      restored: stateOf([1], [1, 2], { term: 1 }),
      message: "the log reaches term 2 but the stored term is 1",
    },
    {
      what: "a gap",
      restored: { ...stateOf([1], [1]), entries: entriesOf(1, 1, 1).slice(1) },
      message: "entry 2 of term 1 follows entry 0 of term 0",
    },
    {
      what: "terms that fall",
      restored: stateOf([1], [2, 1], { term: 2 }),
      message: "entry 2 of term 1 follows entry 1 of term 2",
    },
    {
      what: "an application ahead of the log",
      restored: { ...stateOf([1], [1]), appliedIndex: 2 },
      message: "entry 2 is applied but the log holds 1 to 1",
    },
  ])("refuses $what", ({ restored, message }) => {
    expect(() => start(restored)).toThrow(RaftError);
    expect(() => start(restored)).toThrow(message);
  });
});
