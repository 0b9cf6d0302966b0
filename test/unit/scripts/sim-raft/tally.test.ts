import { expect, test } from "vitest";
import { RaftTally } from "../../../../scripts/sim-raft/tally.ts";
import { runSeed } from "../../../sim/raft/run.ts";
import type { RunResult } from "../../../sim/raft/world.ts";

const RESULT = runSeed(1, 2_000);

function tallyOf(...results: readonly RunResult[]): RaftTally {
  const tally = new RaftTally();
  for (const result of results) tally.add({ kind: "run", result });
  return tally;
}

test("adds up what the runs were", () => {
  const tally = tallyOf(RESULT, RESULT);
  expect(tally.seedCount).toBe(2);
  expect(tally.counts.committedCount).toBe(2 * RESULT.committedCount);
  expect(tally.counts.simulatedMs).toBe(2 * RESULT.simulatedMs);
  expect(tally.exitCode).toBe(0);
});

test("a violation is counted, and fails the search", () => {
  const tally = tallyOf(RESULT);
  tally.add({ kind: "violation", text: "seed 2: single vote" });
  expect(tally.summary()).toContain("2 seeds");
  expect(tally.summary()).toContain("1 violated");
  expect(tally.exitCode).toBe(1);
});

test("a search in which nothing was committed shows nothing", () => {
  const nothing = { ...RESULT, committedCount: 0 };
  expect(tallyOf(nothing, nothing).exitCode).toBe(2);
  expect(tallyOf(nothing, RESULT).exitCode).toBe(0);
});
