import { beforeAll, describe, expect, test } from "vitest";
import { runSeed } from "./run.ts";
import { Certificates } from "./simulated-config.ts";

const SEEDS = Number(process.env["HEDDLE_SEEDS"] ?? 5);
// One of two gets a new certificate while the other lags: the log cannot tell that one of it.
const KEPT_SEEDS: readonly number[] = [90];
const only = process.env["HEDDLE_SEED"];
const firstSeeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
const seeds = only === undefined ? [...new Set([...firstSeeds, ...KEPT_SEEDS])] : [Number(only)];

let certificates: Certificates;

beforeAll(async () => {
  certificates = await Certificates.issue();
});

describe("orderers whose configuration and consenters change under crashes and partitions", () => {
  test(
    "lose nothing acknowledged, order nothing twice, and agree on the members after each block, for every seed",
    { timeout: 30_000 * seeds.length },
    async () => {
      const total: Record<string, number> = {};
      const count = (name: string, by: number): void => {
        total[name] = (total[name] ?? 0) + by;
      };
      for (const seed of seeds) {
        const report = await runSeed(seed, certificates).catch((error: unknown) => {
          throw new Error(
            `seed ${seed} failed; replay: HEDDLE_SEED=${seed} npx vitest run --config config/tools/vitest.config.js test/sim/consenters`,
            { cause: error },
          );
        });
        for (const [name, by] of Object.entries({ ...report, ...report.changes })) {
          if (typeof by === "number") count(name, by);
        }
      }
      if (process.env["HEDDLE_FIGURES"] !== undefined) {
        process.stderr.write(`${JSON.stringify(total)}\n`);
      }
      if (only !== undefined) return;
      // A run in which nothing happens proves nothing.
      expect(total["acknowledged"]).toBeGreaterThan(seeds.length * 30);
      expect(total["crashes"]).toBeGreaterThan(seeds.length);
      for (const type of ["add", "remove", "rotate", "tune", "batch"]) {
        expect([type, total[type]]).toEqual([type, expect.any(Number)]);
        expect(total[type]).toBeGreaterThan(seeds.length / 5);
      }
      expect(total["evictions"]).toBeGreaterThan(0);
    },
  );
});
