import { describe, expect, test } from "vitest";
import { isIdle } from "../../../../cluster/raft/effects.ts";
import { PERSIST_BATCHES_MAX } from "../../../../cluster/raft/limits.ts";
import type { AppendMessage } from "../../../../cluster/raft/message.ts";
import { Raft } from "../../../../cluster/raft/raft.ts";
import { emptyState } from "../../../../cluster/raft/restored-state.ts";
import { entriesOf, optionsOf, stateOf } from "./harness.ts";

const VOTERS = [1, 2, 3];

/** The append of the entry at `index`, all of term 1. */
function appendAt(index: number, commit = 0): AppendMessage {
  const entries = entriesOf(...new Array<number>(index).fill(1)).slice(-1);
  const [prevIndex, prevTerm] = index === 1 ? [0, 0] : [index - 1, 1];
  return { type: "append", from: 2, to: 1, term: 1, prevIndex, prevTerm, entries, commit };
}

function receive(raft: Raft, message: AppendMessage): void {
  raft.step({ type: "message", message });
  raft.checkInvariants();
}

describe("the effects", () => {
  test("of an append are its entries, the new term, and an acknowledgement for afterwards", () => {
    const raft = new Raft(optionsOf(1), emptyState(VOTERS));
    receive(raft, appendAt(1, 1));
    expect(raft.takeEffects()).toMatchObject({
      // Committed, but not yet durable here: after a crash the log might end before.
      hardState: { term: 1, votedFor: undefined, commit: 0 },
      append: entriesOf(1),
      persist: { index: 1, term: 1 },
      sendNow: [],
      sendAfterPersist: [{ type: "appendAccepted", from: 1, to: 2, term: 1, index: 1 }],
      apply: [],
    });
    raft.step({ type: "persisted", index: 1, term: 1 });
    expect(raft.takeEffects()).toMatchObject({
      hardState: { term: 1, commit: 1 },
      append: [],
      persist: undefined,
      apply: entriesOf(1),
    });
    expect(isIdle(raft.takeEffects())).toBe(true);
  });

  test("of a repeated, durable append need no disk", () => {
    const raft = new Raft(optionsOf(1), stateOf(VOTERS, [1]));
    receive(raft, appendAt(1));
    expect(raft.takeEffects()).toMatchObject({
      persist: undefined,
      sendNow: [{ type: "appendAccepted", index: 1 }],
      sendAfterPersist: [],
    });
  });

  test("of a repeated append wait for the write that is under way", () => {
    const raft = new Raft(optionsOf(1), emptyState(VOTERS));
    receive(raft, appendAt(1));
    raft.takeEffects();
    receive(raft, appendAt(1));
    expect(raft.takeEffects()).toMatchObject({
      append: [],
      persist: { index: 1, term: 1 },
      sendNow: [],
      sendAfterPersist: [{ type: "appendAccepted", index: 1 }],
    });
  });

  test("merge into one batch while the disk has enough to do", () => {
    const raft = new Raft(optionsOf(1), emptyState(VOTERS));
    for (let index = 1; index <= PERSIST_BATCHES_MAX + 3; index += 1) {
      receive(raft, appendAt(index));
      const { persist, sendNow, sendAfterPersist } = raft.takeEffects();
      expect(persist !== undefined).toBe(index <= PERSIST_BATCHES_MAX);
      expect(sendAfterPersist).toHaveLength(index <= PERSIST_BATCHES_MAX ? 1 : 0);
      expect(sendNow).toEqual([]);
    }
    raft.step({ type: "persisted", index: 1, term: 1 });
    const { append, sendAfterPersist } = raft.takeEffects();
    expect(append.map((entry) => entry.index)).toEqual([1, 2, 3].map((n) => n + 64));
    expect(sendAfterPersist).toHaveLength(3);
  });

  test("of a truncation start at the first replaced entry", () => {
    const raft = new Raft(optionsOf(1), stateOf(VOTERS, [1, 1, 1]));
    const entries = entriesOf(1, 2).slice(1);
    const previous = { prevIndex: 1, prevTerm: 1 };
    receive(raft, { type: "append", from: 2, to: 1, term: 2, ...previous, entries, commit: 0 });
    const { append, trace } = raft.takeEffects();
    expect(append).toEqual(entries);
    expect(trace).toContainEqual({ type: "truncated", fromIndex: 2 });
  });
});

describe("the driver's mistakes", () => {
  test("are reported as broken invariants", () => {
    const raft = new Raft(optionsOf(1), emptyState(VOTERS));
    expect(() => {
      raft.step({ type: "persisted", index: 1, term: 1 });
    }).toThrow("once, in order");
    expect(() => {
      raft.step({ type: "applied", index: 1 });
    }).toThrow("what it was given");
  });
});
