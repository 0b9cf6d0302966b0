import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { Entry } from "../../../../cluster/raft/entry.ts";
import { entriesBytes, entryBytes } from "../../../../cluster/raft/entry.ts";
import { RaftLog } from "../../../../cluster/raft/log.ts";
import { entriesOf } from "./harness.ts";

const START = { index: 0, term: 0 };
const fallingNever = fc
  .array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 })
  .map((terms) => terms.sort((a, b) => a - b));

// Two logs as Raft makes them: equal up to some entry, and from there on without a term in common.
const forkedLogs = fc
  .record({ shared: fallingNever, mine: fallingNever, leaders: fallingNever })
  .map(({ shared, mine, leaders }) => ({
    mine: [...shared, ...mine.map((term) => 2 * term + 5)],
    leaders: [...shared, ...leaders.map((term) => 2 * term + 4)],
  }));

function logOf(terms: readonly number[], committed = 0): RaftLog {
  return new RaftLog(START, entriesOf(...terms), committed);
}

function termsOf(log: RaftLog): number[] {
  return log.slice(log.firstIndex - 1, log.last.index).map((entry) => entry.term);
}

function tail(terms: readonly number[], after: number): Entry[] {
  return entriesOf(...terms).slice(after);
}

describe("a log that reconciles with a leader's append", () => {
  test("refuses what does not follow an entry that it has", () => {
    const log = logOf([1, 1, 2]);
    expect(log.reconcile({ index: 4, term: 2 }, []).type).toBe("rejected");
    expect(log.reconcile({ index: 3, term: 3 }, []).type).toBe("rejected");
    expect(termsOf(log)).toEqual([1, 1, 2]);
  });

  test("replaces its tail from the first entry that differs", () => {
    const log = logOf([1, 1, 2, 2]);
    const result = log.reconcile({ index: 1, term: 1 }, tail([1, 1, 3], 1));
    expect(result).toEqual({ type: "accepted", lastIndex: 3, truncatedFrom: 3 });
    expect(termsOf(log)).toEqual([1, 1, 3]);
  });

  test("keeps what follows an old or repeated append", () => {
    const log = logOf([1, 1, 2, 2]);
    const result = log.reconcile({ index: 1, term: 1 }, tail([1, 1], 1));
    expect(result).toEqual({ type: "accepted", lastIndex: 2, truncatedFrom: undefined });
    expect(termsOf(log)).toEqual([1, 1, 2, 2]);
  });

  test("never takes back what is committed", () => {
    const log = logOf([1, 1, 2], 2);
    expect(() => log.reconcile(START, entriesOf(3))).toThrow("not reconciled again");
    expect(termsOf(log)).toEqual([1, 1, 2]);
  });

  test.prop([forkedLogs])(
    "becomes a copy of the leader's log in a bounded number of hints",
    ({ mine, leaders }) => {
      const log = logOf(mine);
      const leader = logOf(leaders);
      let next = leader.last.index + 1;
      let rounds = 0;
      for (;;) {
        const previous = { index: next - 1, term: leader.termAt(next - 1)! };
        const result = log.reconcile(previous, leader.slice(next - 1, leader.last.index));
        if (result.type !== "rejected") break;
        next = Math.min(next - 1, leader.latestNotAfter(result.hint) + 1);
        rounds += 1;
      }
      // One round for each term that the logs can disagree on, not for each entry.
      expect(rounds).toBeLessThanOrEqual(new Set([...mine, ...leaders]).size + 1);
      expect(termsOf(log).slice(0, leaders.length)).toEqual(leaders);
    },
  );
});

describe("a log", () => {
  test.prop([fallingNever, fc.integer({ min: 0, max: 14 }), fc.integer({ min: 0, max: 6 })])(
    "finds the latest entry that is not after a term",
    (terms, index, term) => {
      const candidates = [0, ...terms].map((value, at) => ({ value, at }));
      const expected = candidates.findLast(({ value, at }) => at <= index && value <= term)!.at;
      expect(logOf(terms).latestNotAfter({ index, term })).toBe(expected);
    },
  );

  test("compares by last term, then by length (Raft §5.4.1)", () => {
    const log = logOf([1, 2]);
    expect(log.isUpToDate({ index: 1, term: 3 })).toBe(true);
    expect(log.isUpToDate({ index: 9, term: 1 })).toBe(false);
    expect(log.isUpToDate({ index: 2, term: 2 })).toBe(true);
    expect(log.isUpToDate({ index: 1, term: 2 })).toBe(false);
  });

  test("starts after its prefix", () => {
    const entries = entriesOf(1, 1, 2, 2).slice(2);
    const log = new RaftLog({ index: 2, term: 1 }, entries, 2);
    expect([1, 2, 3, 4, 5].map((index) => log.termAt(index))).toEqual([
      undefined,
      1,
      2,
      2,
      undefined,
    ]);
    expect(log.firstIndex).toBe(3);
    expect(log.latestNotAfter({ index: 1, term: 9 })).toBe(1);
    expect(log.latestNotAfter({ index: 4, term: 1 })).toBe(2);
    expect(() => log.slice(1, 3)).toThrow("are gone");
  });

  test("gives appends within their bytes, but at least one entry", () => {
    const log = logOf([1, 1, 1]);
    const bytes = entryBytes(log.slice(0, 1)[0]!);
    expect(log.sliceForAppend(1, 2 * bytes)).toHaveLength(2);
    expect(log.sliceForAppend(1, 2 * bytes - 1)).toHaveLength(1);
    expect(log.sliceForAppend(1, 1)).toHaveLength(1);
    expect(log.sliceForAppend(4, 100)).toHaveLength(0);
  });

  test.prop([fallingNever, fallingNever])("counts its uncommitted bytes", (terms, other) => {
    const log = logOf(terms);
    log.reconcile(START, entriesOf(...other));
    log.maybeCommit(Math.min(2, log.last.index));
    expect(log.uncommittedBytes).toBe(entriesBytes(log.slice(log.committed, log.last.index)));
    log.checkInvariants();
  });

  test("never commits backwards, nor beyond its end", () => {
    const log = logOf([1, 1], 1);
    expect(log.maybeCommit(1)).toBe(false);
    expect(log.maybeCommit(2)).toBe(true);
    expect(() => log.maybeCommit(3)).toThrow("in the log");
  });

  test("has no gaps", () => {
    expect(() => {
      logOf([1]).append(entriesOf(1, 1, 1).slice(2));
    }).toThrow("no gaps");
  });
});
