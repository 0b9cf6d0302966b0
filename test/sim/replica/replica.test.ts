import { describe, expect, test } from "vitest";
import { runSeed } from "./run.ts";

const SEEDS = 40;
const only = process.env["HEDDLE_SEED"];
const seeds =
  only === undefined ? Array.from({ length: SEEDS }, (_, index) => index + 1) : [Number(only)];

describe("three orderers under crashes, partitions and a lossy network", () => {
  test(
    "lose nothing acknowledged, order nothing twice, and end with equal blocks, for every seed",
    { timeout: 120_000 },
    async () => {
      const total = {
        acknowledged: 0,
        refused: 0,
        crashes: 0,
        blocks: 0,
        repeated: 0,
        restores: 0,
        damaged: 0,
        snapshots: 0,
      };
      for (const seed of seeds) {
        const report = await runSeed(seed).catch((error: unknown) => {
          throw new Error(
            `seed ${seed} failed; replay: HEDDLE_SEED=${seed} npx vitest run --config config/tools/vitest.config.js test/sim/replica`,
            { cause: error },
          );
        });
        total.acknowledged += report.acknowledged;
        total.refused += report.refused;
        total.crashes += report.crashes;
        total.blocks += report.blocks;
        total.repeated += report.repeated;
        total.restores += report.restores;
        total.damaged += report.damaged;
        total.snapshots += report.snapshotIndex > 0 ? 1 : 0;
      }
      // A run in which nothing happens proves nothing.
      expect(total.acknowledged).toBeGreaterThan(seeds.length * 50);
      expect(total.crashes).toBeGreaterThan(seeds.length);
      expect(total.blocks).toBeGreaterThan(seeds.length * 10);
      expect(total.repeated).toBeGreaterThan(seeds.length * 20);
      expect(total.snapshots).toBe(seeds.length);
      expect(total.restores).toBeGreaterThan(seeds.length / 8);
      expect(total.damaged).toBeGreaterThan(seeds.length / 8);
      if (process.env["HEDDLE_FIGURES"] !== undefined)
        process.stderr.write(`${JSON.stringify(total)}\n`);
    },
  );

  test("do the same again for the same seed", { timeout: 30_000 }, async () => {
    expect(await runSeed(7)).toEqual(await runSeed(7));
  });

  test("do the same when the time of day jumps", { timeout: 30_000 }, async () => {
    expect(await runSeed(7, { jumpsClock: true })).toEqual(await runSeed(7));
  });

  test.each(["/raft", "/blocks"])(
    "are caught when the disk under %s lies about its flushes",
    { timeout: 60_000 },
    async (directory) => {
      const caught: number[] = [];
      for (let seed = 1; seed <= 10; seed += 1) {
        await runSeed(seed, { lyingDirectory: directory }).catch(() => caught.push(seed));
      }
      expect(caught.length).toBeGreaterThan(0);
    },
  );
});
