/**
 * `npm run sim [-- OPTIONS]`: runs seeds of the simulated network, or a failing run that the hunt has kept.
 *
 * Exit code 0: nothing was violated; 1: something was, or a second run was another; 2: wrong arguments.
 */
import { parseArgs } from "node:util";
import { parsed, positiveNumber, wholeNumber } from "./command-line.ts";
import { readFailure } from "./sim-hunt/failure-file.ts";
import { processCpuMs } from "../src/kernel/adapters/process-time.ts";
import { reportLine, Simulator, type RunReport } from "../src/sim/index.ts";

const { values } = parsed(() =>
  parseArgs({
    options: {
      seed: { type: "string" },
      seeds: { type: "string", default: "1-10" },
      "chaos-minutes": { type: "string", default: "1" },
      replay: { type: "string" },
      trace: { type: "boolean", default: false },
      real: { type: "boolean", default: false },
      log: { type: "boolean", default: false },
      twice: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }),
);
if (values.help) {
  console.log(`Usage: npm run sim [-- OPTIONS]
  --seed N           one seed
  --seeds 1-10       from one seed to another
  --chaos-minutes 1  simulated minutes for which a seed has faults
  --replay FILE      a failing run that sim:hunt has kept, with its world and its schedule
  --trace            prints a line an event (legend: docs/TESTING.md)
  --log              the nodes' own logs between them
  --real             real signatures
  --twice            runs each twice and compares the hash of everything that happened

Examples:
  npm run sim -- --seed 7 --trace
  npm run sim -- --replay sim-failures/smallest.json --trace`);
  process.exit(0);
}
const replay = values.replay;
const kept = replay === undefined ? undefined : parsed(() => readFailure(replay));
const [from, to] =
  kept === undefined ? rangeOf(values.seed ?? values.seeds) : [kept.seed, kept.seed];
const chaosMs = positiveNumber("--chaos-minutes", values["chaos-minutes"]) * 60_000;
const simulator = new Simulator();

function rangeOf(text: string): readonly [from: number, to: number] {
  const [first = "", last = first] = text.split("-");
  const start = wholeNumber("--seed", first, 0);
  return [start, wholeNumber("--seeds", last, start)];
}

function run(seed: number): Promise<RunReport> {
  const onLine = (line: string): void => {
    console.log(line);
  };
  return simulator.run(seed, {
    cpuMs: processCpuMs,
    chaosMs,
    isLogTraced: values.log,
    ...kept,
    ...(values.real ? { signatures: "real" } : {}),
    ...(values.trace || values.log ? { onLine } : {}),
  });
}

let failed = 0;
for (let seed = from; seed <= to; seed += 1) {
  const report = await run(seed);
  const { traceHash, violations } = report;
  console.log(reportLine(report));
  if (violations.length > 0) failed += 1;
  if (values.twice && (await run(seed)).traceHash !== traceHash) {
    console.log(`  not deterministic: a second run has another hash`);
    failed += 1;
  }
}
process.exitCode = failed === 0 ? 0 : 1;
