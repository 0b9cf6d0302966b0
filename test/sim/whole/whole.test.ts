import { describe, expect, test } from "vitest";
import { Simulator, type RunReport } from "../../../src/sim/index.ts";
import { KEPT_SEEDS } from "./kept-seeds.ts";

/** A busy machine takes minutes for what a quiet one does in seconds. */
const TIMEOUT_MS = 300_000;

const simulator = new Simulator();

function run(seed: number, onLine?: (line: string) => void): Promise<RunReport> {
  const cpuMs = (): number => process.cpuUsage().user / 1_000;
  return simulator.run(seed, { cpuMs, ...(onLine === undefined ? {} : { onLine }) });
}

describe("a whole network in simulated time", () => {
  test.each(KEPT_SEEDS)(
    "keeps its promises under the faults of seed %i",
    async (seed) => {
      const report = await run(seed);
      expect(report.violations).toEqual([]);
      expect(report.isVoid).toBe(false);
    },
    TIMEOUT_MS,
  );

  test(
    "runs the same twice, line by line, and otherwise with another seed",
    async () => {
      const [first, second]: [string[], string[]] = [[], []];
      const once = await run(2, (line) => first.push(line));
      const again = await new Simulator().run(2, {
        cpuMs: () => 0,
        onLine: (line) => second.push(line),
      });
      expect(second).toEqual(first);
      expect(again.traceHash).toBe(once.traceHash);
      expect((await run(3)).traceHash).not.toBe(once.traceHash);
    },
    TIMEOUT_MS,
  );
});
