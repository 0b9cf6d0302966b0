import { describe, expect, test } from "vitest";
import { findSabotage, runSeed } from "./run.ts";
import type { Sabotage } from "./sabotage.ts";
import type { RunResult } from "./world.ts";

const SEED_COUNT = 100;

/** HEDDLE_SEED replays one seed; without it the first `SEED_COUNT` run. */
function seeds(): readonly number[] {
  const chosen = process.env["HEDDLE_SEED"];
  if (chosen !== undefined) return [Number(chosen)];
  return Array.from({ length: SEED_COUNT }, (_, position) => position + 1);
}

describe("a simulated Raft group", () => {
  test("keeps every safety property under faults, and recovers when they end", () => {
    const results = seeds().map((seed) => runSeed(seed));
    // A run without elections or commits would have checked nothing.
    for (const result of results) {
      expect(result.leaderCount).toBeGreaterThan(0);
      expect(result.committedCount).toBeGreaterThan(10);
    }
    if (results.length < SEED_COUNT) return;
    const total = (of: (result: RunResult) => number): number =>
      results.reduce((sum, result) => sum + of(result), 0);
    expect(total((result) => result.changeCount)).toBeGreaterThan(300);
    expect(total((result) => result.installedCount)).toBeGreaterThan(30);
    expect(total((result) => result.readCount)).toBeGreaterThan(2_000);
  }, 180_000);

  // Nobody could be elected: the one who could have won had not heard that its configuration was left.
  test.each([4340, 4881])("recovers in seed %i, which found something", (seed) => {
    expect(runSeed(seed, 60_000).leaderCount).toBeGreaterThan(0);
  });

  test("replays a seed exactly, and differs between seeds", () => {
    const first = runSeed(11);
    expect(runSeed(11)).toEqual(first);
    expect(runSeed(12).traceHash).not.toBe(first.traceHash);
  });
});

describe("a planted bug is caught", () => {
  const byMajority = /committed is durable|leader completeness|committed entries agree/;
  const early = /durable promises/;
  test.each<{ sabotage: Sabotage; seedsMax: number; violation: RegExp }>([
    { sabotage: "acksBeforeFlush", seedsMax: 100, violation: early },
    { sabotage: "forgetsVote", seedsMax: 100, violation: /single vote|election safety/ },
    { sabotage: "ignoresLogInVotes", seedsMax: 100, violation: byMajority },
    { sabotage: "acksLogEnd", seedsMax: 100, violation: /durable promises|committed/ },
    { sabotage: "keepsTruncatedTail", seedsMax: 100, violation: /the store lost or mixed records/ },
  ])(
    "$sabotage, within $seedsMax seeds",
    ({ sabotage, seedsMax, violation }) => {
      expect(findSabotage(sabotage, seedsMax)?.violation).toMatch(violation);
    },
    180_000,
  );
});
