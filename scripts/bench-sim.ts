/**
 * `npm run bench:sim`: how fast a whole network passes in simulated time, on one core. Four worlds: nobody calls; about one
 * transaction a second (`DEFAULT_PROFILE` of src/sim) without faults, and with faults of every class; and what seeds draw.
 * Prints a table, and appends a line to test/bench/results-sim.ndjson unless `--no-record`.
 *
 * Processor time of the whole process is counted, its collector's threads too, from the loading of the disks to the
 * last judgement; that the network is made, once for all seeds, is not.
 */
import { execFileSync } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatTable } from "../src/cli/table.ts";
import {
  DEFAULT_PROFILE,
  Simulator,
  type Profile,
  type RunOptions,
  type RunReport,
} from "../src/sim/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seeds: { type: "string", default: "5" },
    "no-record": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`Usage: npm run bench:sim [-- OPTIONS]
  --minutes 10   simulated minutes of each world
  --seeds 5      seeds of each world
  --no-record    appends nothing to test/bench/results-sim.ndjson
  --json         one JSON document instead of the table`);
  process.exit(0);
}

interface Row {
  readonly world: string;
  readonly simulatedSecondsPerCpuSecond: number;
  readonly cpuMsPerSimulatedSecond: number;
  readonly transactions: number;
  /** Beyond what a world without transactions costs; undefined where faults cost too. */
  readonly cpuMsPerTransaction: number | undefined;
  readonly messagesPerSimulatedSecond: number;
  readonly events: number;
  readonly violations: number;
}

const chaosMs = Number(options.minutes) * 60_000;
const calm: Profile = { ...DEFAULT_PROFILE, classes: [], chaosMs };
const idle: Profile = { ...calm, load: { ...calm.load, clients: 0 } };
const worlds: readonly (readonly [string, Pick<RunOptions, "profile" | "chaosMs">])[] = [
  ["idle", { profile: idle }],
  ["default load, no faults", { profile: calm }],
  ["default load and faults", { profile: { ...DEFAULT_PROFILE, chaosMs } }],
  ["what seeds draw", { chaosMs }],
];

const simulator = new Simulator();
// Compiles what all of them run.
await runs({ profile: { ...calm, chaosMs: 60_000 } }, 1);
const rows: Row[] = [];
let idleMsPerSecond = 0;
for (const [world, how] of worlds) {
  const row = rowOf(world, await runs(how, Number(options.seeds)));
  if (world === "idle") idleMsPerSecond = row.cpuMsPerSimulatedSecond;
  rows.push(row);
}
if (options.json) console.log(JSON.stringify(record(), undefined, 2));
else printTable();
if (!options["no-record"]) {
  const file = join(root, "test/bench/results-sim.ndjson");
  await appendFile(file, `${JSON.stringify(record())}\n`);
}

async function runs(
  how: Pick<RunOptions, "profile" | "chaosMs">,
  count: number,
): Promise<readonly RunReport[]> {
  const reports: RunReport[] = [];
  for (let seed = 1; seed <= count; seed += 1) {
    reports.push(await simulator.run(seed, { ...how, cpuMs: processorMs }));
  }
  return reports;
}

function rowOf(world: string, reports: readonly RunReport[]): Row {
  const sum = (of: (report: RunReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const seconds = sum(({ simulatedMs }) => simulatedMs) / 1_000;
  const cpuMs = sum((report) => report.cpuMs);
  const transactions = sum(({ acknowledged }) => acknowledged);
  const isCalm = reports.every(({ schedule }) => schedule.faults.length === 0);
  const loadMs = cpuMs - idleMsPerSecond * seconds;
  return {
    world,
    simulatedSecondsPerCpuSecond: Math.round((seconds * 1_000) / cpuMs),
    cpuMsPerSimulatedSecond: round(cpuMs / seconds),
    transactions,
    cpuMsPerTransaction: isCalm && world !== "idle" ? round(loadMs / transactions) : undefined,
    messagesPerSimulatedSecond: round(sum(({ messages }) => messages) / seconds),
    events: sum(({ events }) => events),
    violations: sum(({ violations }) => violations.length),
  };
}

function record(): object {
  return {
    at: new Date().toISOString(),
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      cwd: root,
      encoding: "utf8",
    }).trim(),
    node: process.version,
    cpu: `${availableParallelism()} × ${cpus()[0]?.model ?? "unknown"}`,
    minutes: Number(options.minutes),
    seeds: Number(options.seeds),
    rows,
  };
}

function printTable(): void {
  const header = [
    "WORLD",
    "SPEED",
    "CPU ms/s",
    "TRANSACTIONS",
    "CPU ms/TX",
    "MESSAGES/s",
    "EVENTS",
    "VIOLATIONS",
  ];
  const lines = rows.map((row) =>
    [
      row.world,
      row.simulatedSecondsPerCpuSecond,
      row.cpuMsPerSimulatedSecond,
      row.transactions,
      row.cpuMsPerTransaction ?? "-",
      row.messagesPerSimulatedSecond,
      row.events,
      row.violations,
    ].map(String),
  );
  console.log(formatTable(header, lines));
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
