import { describe, expect, test } from "vitest";
import { runLedger } from "./run.ts";

const SEEDS = 60;
const only = process.env["HEDDLE_SEED"];
const seeds =
  only === undefined ? Array.from({ length: SEEDS }, (_, index) => index + 1) : [Number(only)];

describe("the ledgers of two peers that lose power in the middle of commits and of starts", () => {
  test(
    "never go back, agree on every verdict and hold what a serial replay gives, for every seed",
    { timeout: 120_000 },
    async () => {
      const total = { blocks: 0, crashes: 0, conflicts: 0, phantoms: 0, duplicates: 0 };
      for (const seed of seeds) {
        const report = await runLedger(seed);
        total.blocks += report.blocks;
        total.crashes += report.crashes;
        total.conflicts += report.conflicts;
        total.phantoms += report.phantoms;
        total.duplicates += report.duplicates;
      }
      // A run in which nothing happens proves nothing.
      expect(total.blocks).toBe(seeds.length * 30);
      expect(total.crashes).toBeGreaterThan(seeds.length * 10);
      expect(total.conflicts).toBeGreaterThan(seeds.length * 5);
      expect(total.phantoms).toBeGreaterThan(seeds.length);
      expect(total.duplicates).toBeGreaterThan(seeds.length * 3);
      if (process.env["HEDDLE_FIGURES"] !== undefined)
        process.stderr.write(`${JSON.stringify(total)}\n`);
    },
  );

  test("do the same again for the same seed", async () => {
    expect(await runLedger(7)).toEqual(await runLedger(7));
  });
});
