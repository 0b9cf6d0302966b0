import { describe, expect, test } from "vitest";
import { findSabotage, runSeed } from "./run.ts";
import type { Sabotage } from "./sabotage.ts";

const SEED_COUNT = 240;

/** HEDDLE_SEED replays one seed; without it the first `SEED_COUNT` run. */
function seeds(): readonly number[] {
  const chosen = process.env["HEDDLE_SEED"];
  if (chosen !== undefined) return [Number(chosen)];
  return Array.from({ length: SEED_COUNT }, (_, position) => position + 1);
}

describe("a simulated Raft group", () => {
  test("keeps every safety property under faults, and recovers when they end", () => {
    const results = seeds().map(runSeed);
    // A run without elections or commits would have checked nothing.
    for (const result of results) {
      expect(result.leaderCount).toBeGreaterThan(0);
      expect(result.committedCount).toBeGreaterThan(20);
    }
  }, 60_000);

  test("replays a seed exactly, and differs between seeds", () => {
    const first = runSeed(11);
    expect(runSeed(11)).toEqual(first);
    expect(runSeed(12).traceHash).not.toBe(first.traceHash);
  });
});

describe("a planted bug is caught", () => {
  const byMajority = /committed is durable|leader completeness|committed entries agree/;
  test.each<{ sabotage: Sabotage; seedsMax: number; violation: RegExp }>([
    { sabotage: "acksBeforeFlush", seedsMax: 100, violation: byMajority },
    { sabotage: "forgetsVote", seedsMax: 100, violation: /single vote|election safety/ },
    { sabotage: "ignoresLogInVotes", seedsMax: 100, violation: byMajority },
    { sabotage: "acksLogEnd", seedsMax: 100, violation: byMajority },
    { sabotage: "keepsTruncatedTail", seedsMax: 100, violation: /the store lost or mixed records/ },
  ])("$sabotage, within $seedsMax seeds", ({ sabotage, seedsMax, violation }) => {
    expect(findSabotage(sabotage, seedsMax)?.violation).toMatch(violation);
  });
});
