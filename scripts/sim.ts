/**
 * Runs seeds of the simulated network. `--seed N` one, otherwise `--seeds FROM-TO`; `--chaos-minutes M` simulated minutes of faults;
 * `--real` with real signatures, `--trace` its lines, `--twice` proves determinism.
 */
import { parseArgs } from "node:util";
import { reportLine, Simulator, type RunReport } from "../src/sim/index.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "1-10" },
    "chaos-minutes": { type: "string", default: "1" },
    trace: { type: "boolean", default: false },
    real: { type: "boolean", default: false },
    log: { type: "boolean", default: false },
    twice: { type: "boolean", default: false },
  },
});
const [from = 1, to = from] = (values.seed ?? values.seeds).split("-").map(Number);
const simulator = new Simulator();

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function run(seed: number): Promise<RunReport> {
  const onLine = (line: string): void => {
    console.log(line);
  };
  return simulator.run(seed, {
    cpuMs,
    chaosMs: Number(values["chaos-minutes"]) * 60_000,
    isLogTraced: values.log,
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
