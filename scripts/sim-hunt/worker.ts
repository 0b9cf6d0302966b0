/** Runs seeds in a thread of its own, and makes the schedule of each that fails smaller. */
import { parentPort } from "node:worker_threads";
import { Simulator, shrinkSchedule, type RunReport } from "../../src/sim/index.ts";
import type { CountedRun, Failure, Found, Order } from "./messages.ts";

/** Runs that are spent on making one schedule smaller. */
const SHRINK_RUNS_MAX = 60;

const simulator = new Simulator();

function cpuMs(): number {
  return performance.now();
}

/** What was violated, without the values: a smaller schedule must violate the same. */
function kindOf(violation: string | undefined): string {
  return violation?.split(":")[0] ?? "";
}

async function shrunk(report: RunReport): Promise<Failure> {
  const { seed, profile, signatures } = report;
  let smallest = report;
  const { schedule, runs } = await shrinkSchedule(
    report.schedule,
    async (candidate) => {
      const run = await simulator.run(seed, {
        profile,
        schedule: candidate,
        signatures,
        cpuMs,
      });
      const isSame = kindOf(run.violations[0]) === kindOf(report.violations[0]);
      if (isSame) smallest = run;
      return isSame;
    },
    { runsMax: SHRINK_RUNS_MAX },
  );
  const { violations, events } = smallest;
  return { seed, signatures, violations, events, profile, schedule, shrinkRuns: runs };
}

async function run({ seed, chaosMs }: Order): Promise<void> {
  const report = await simulator.run(seed, { cpuMs, chaosMs });
  const tell = (found: Found): void => parentPort?.postMessage(found);
  if (report.violations.length > 0) tell({ kind: "failure", failure: await shrunk(report) });
  tell({ kind: "run", run: counted(report) });
}

function counted(report: RunReport): CountedRun {
  const { seed, events, simulatedMs, cpuMs: runMs, acknowledged, refused, unknown } = report;
  const { blocks, isVoid, sometimes, violations } = report;
  const outcomes = { acknowledged, refused, unknown };
  const figures = { seed, events, simulatedMs, cpuMs: runMs, blocks, isVoid, sometimes };
  return { ...figures, ...outcomes, violationCount: violations.length };
}

parentPort?.on("message", (order: Order) => {
  void run(order);
});
