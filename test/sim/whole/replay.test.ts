import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { failureText, readFailure } from "../../../scripts/sim-hunt/failure-file.ts";
import { Simulator } from "../../../src/sim/index.ts";

const CHAOS_MS = 5_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-replay-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("a run that was kept as a file is the same again, whatever its seed would draw", async () => {
  const simulator = new Simulator();
  const run = await simulator.run(4, { chaosMs: CHAOS_MS, cpuMs: () => 0 });
  const path = join(folder, "seed-4.json");
  writeFileSync(path, failureText({ ...run, shrinkRuns: 0 }));
  const { seed, ...kept } = readFailure(path);
  const again = await simulator.run(seed, { ...kept, cpuMs: () => 0 });
  expect(again.traceHash).toBe(run.traceHash);
  const other = { ...kept, schedule: { ...kept.schedule, faults: [] } };
  const calm = await simulator.run(seed, { ...other, cpuMs: () => 0 });
  expect(calm.traceHash).not.toBe(run.traceHash);
});

test("what is no such file is refused with its name", () => {
  expect(() => readFailure(join(folder, "none.json"))).toThrow(/none\.json cannot be read: ENOENT/);
  const path = join(folder, "other.json");
  writeFileSync(path, `{"seed": 4}`);
  expect(() => readFailure(path)).toThrow(/other\.json is no file of a failing run/);
});
