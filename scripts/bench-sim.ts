/**
 * `npm run bench:sim`: how fast a whole network passes in simulated time, on one core. Four worlds: nobody calls; about one
 * transaction a second (`DEFAULT_PROFILE` of src/sim) without faults, and with faults of every class; and what seeds draw.
 * Prints a table, and appends a line to test/bench/results-sim.ndjson unless `--no-record`.
 *
 * Whoever hunts runs hundreds of seeds in a process, and the code of so many modules is compiled well only after several. So the
 * table is of the steady state: each world but the last is run until its seeds get no faster, and then measured. The first
 * seed of the process, which is what `npm run sim -- --seed N` costs, is reported beside it.
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
import { processCpuMs } from "../src/kernel/adapters/process-time.ts";
import {
  DEFAULT_PROFILE,
  Simulator,
  type Profile,
  type RunOptions,
  type RunReport,
} from "../src/sim/index.ts";

/** By so much a seed must be faster than all before it to count as faster: they differ, and so does the machine. */
const NOTABLE = 1.03;
/** Seeds in a row that are no faster: it is steady. */
const STEADY_SEEDS = 3;
const WARM_UP_SEEDS_MAX = 15;

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
  --seeds 5      seeds of each world, after those that it takes until they get no faster (at most ${WARM_UP_SEEDS_MAX})
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
type How = Pick<RunOptions, "profile" | "chaosMs">;
const worlds: readonly (readonly [string, How])[] = [
  ["default load, no faults", { profile: calm }],
  ["idle", { profile: idle }],
  ["default load and faults", { profile: { ...DEFAULT_PROFILE, chaosMs } }],
  ["what seeds draw", { chaosMs }],
];

const simulator = new Simulator();
const warmUps: (readonly number[])[] = [];
const measured = new Map<string, readonly RunReport[]>();
for (const [world, how] of worlds) {
  // What seeds draw differs too much to tell.
  if (how.profile !== undefined) warmUps.push(await warmUp(how));
  measured.set(world, await runs(how, Number(options.seeds)));
}
const cold = Math.round(warmUps[0]?.[0] ?? 0);
const warmUpSeeds = warmUps.map((speeds) => speeds.length);
const idleMsPerSecond = 1_000 / speedOf(measured.get("idle") ?? []);
const rows: readonly Row[] = [...measured].map(([world, reports]) => rowOf(world, reports));
if (options.json) console.log(JSON.stringify(record(), undefined, 2));
else printTable();
if (!options["no-record"]) {
  const file = join(root, "test/bench/results-sim.ndjson");
  await appendFile(file, `${JSON.stringify(record())}\n`);
}

/** Runs seeds until they get no faster. Answers how fast they were. */
async function warmUp(how: How): Promise<readonly number[]> {
  const speeds: number[] = [];
  for (let seed = 1; seed <= WARM_UP_SEEDS_MAX; seed += 1) {
    speeds.push(speedOf([await simulator.run(seed, { ...how, cpuMs: processCpuMs })]));
    const before = Math.max(...speeds.slice(0, -STEADY_SEEDS));
    if (Math.max(...speeds.slice(-STEADY_SEEDS)) < NOTABLE * before) break;
  }
  return speeds;
}

async function runs(how: How, count: number): Promise<readonly RunReport[]> {
  const reports: RunReport[] = [];
  for (let seed = 1; seed <= count; seed += 1) {
    reports.push(await simulator.run(seed, { ...how, cpuMs: processCpuMs }));
  }
  return reports;
}

/** Simulated seconds in a second of processor time. */
function speedOf(reports: readonly RunReport[]): number {
  const sum = (of: (report: RunReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  return sum(({ simulatedMs }) => simulatedMs) / sum(({ cpuMs }) => cpuMs);
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
    simulatedSecondsPerCpuSecond: Math.round(speedOf(reports)),
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
    cold,
    warmUpSeeds,
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
  const seeds = `${warmUpSeeds.join(", ")} seeds of the first worlds`;
  console.log(`\nCold, the first seed under the default load: ${cold}. Steady after ${seeds}.`);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
