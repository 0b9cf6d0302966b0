import { outlastClocks, processCpuMs } from "../../kernel/adapters/process-time.ts";
import { Simulator, refusalLine, reportLine } from "../../sim/index.ts";
import { loadContractModule } from "../contract-module.ts";
import { EXIT, Output } from "../output.ts";

export interface SimOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly chaosMinutes: number;
  readonly contract?: string;
  readonly trace: boolean;
  readonly json: boolean;
}

const MINUTE_MS = 60_000;

/** Exit code 0 only when no seed found anything. */
export async function simRun(options: SimOptions): Promise<void> {
  const { seed, minutes, chaosMinutes, trace, json } = options;
  const output = new Output({ json });
  const own =
    options.contract === undefined ? undefined : await loadContractModule(options.contract);
  if (own?.hasWorkload === false) {
    output.say(`${own.name} exports no workload: every function is called, with few words`);
  }
  const simulator = new Simulator(own && { [own.name]: own.contract }, outlastClocks);
  const endMs = performance.now() + minutes * MINUTE_MS;
  let next = seed;
  let isSound = true;
  do {
    const report = await simulator.run(next, {
      cpuMs: processCpuMs,
      chaosMs: chaosMinutes * MINUTE_MS,
      ...(own === undefined ? {} : { workload: own.workload }),
      ...(trace
        ? {
            onLine: (line: string): void => {
              output.say(line);
            },
          }
        : {}),
    });
    const { schedule, ...shown } = report;
    output.result({ ...shown, faults: schedule.faults.length }, reportLine(report));
    const refusals = refusalLine(report);
    if (refusals !== undefined) output.say(`  ${refusals}`);
    isSound &&= report.violations.length === 0;
    next += 1;
  } while (performance.now() < endMs);
  process.exitCode = isSound ? EXIT.ok : EXIT.failed;
}
