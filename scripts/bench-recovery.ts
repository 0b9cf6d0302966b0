/**
 * `npm run bench:recovery`: how long a network of real processes takes to be well again after a leader, a deliverer or a
 * peer is lost, after partitions, and how fast a new peer joins; beside the targets. Three orderers, two organisations with two
 * peers each, on this machine.
 *
 * Exit code 0: all targets met; 1: one missed, which on a machine with other work need not mean anything.
 */
import { parseArgs } from "node:util";
import { measures, type Measure } from "./bench-recovery/measures.ts";
import { RecoveryNetwork } from "./bench-recovery/recovery-network.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    "port-offset": { type: "string", default: "21000" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`Usage: npm run bench:recovery [-- OPTIONS]
  --rounds 5            of each fault
  --only leader         faults whose name holds this
  --port-offset 21000
  --json                one JSON document instead of the table`);
  process.exit(0);
}

interface Row {
  readonly what: string;
  readonly rounds: number;
  readonly p50: number;
  readonly max: number;
  readonly unit: string;
  readonly target: string;
  readonly isMet: boolean;
}

const rows: Row[] = [];
const network = await RecoveryNetwork.start(Number(options["port-offset"]));
try {
  for (const measure of measures.filter(({ name }) => name.includes(options.only))) {
    rows.push(...(await rowsOf(measure)));
  }
} finally {
  await network.close();
}
print(rows);
process.exitCode = rows.every(({ isMet }) => isMet) ? 0 : 1;

/** A measure may read several times of one fault. */
async function rowsOf({ name, figures, run }: Measure): Promise<readonly Row[]> {
  const taken = figures.map((): number[] => []);
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    process.stderr.write(`${name}, ${round} of ${options.rounds} …\n`);
    const values = await run(network);
    for (const [index, value] of values.entries()) taken[index]?.push(value);
  }
  return figures.map(({ what, unit, target, holds }, index) => {
    const sorted = [...(taken[index] ?? [])].sort((a, b) => a - b);
    const p50 = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
    const max = sorted.at(-1) ?? Number.NaN;
    const row = { what, rounds: sorted.length, p50: rounded(p50), max: rounded(max), unit };
    return { ...row, target, isMet: holds(p50, max, sorted[0] ?? Number.NaN) };
  });
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function print(all: readonly Row[]): void {
  if (options.json) {
    console.log(JSON.stringify({ at: new Date().toISOString(), rows: all }));
    return;
  }
  console.table(all.map(({ isMet, ...row }) => ({ ...row, met: isMet ? "yes" : "NO" })));
}
