/**
 * `npm run bench:order`: what ordering costs alone. Orderers as processes, no peers; clients send signed envelopes through
 * Broadcast and wait for SUCCESS, which says that Raft has committed the block and the orderer that answers has it on disk.
 * Beside it the disk alone, in an append-and-flush loop. The clients run on the same machine: read the CPU column first.
 *
 * Back of the envelope, 3 orderers, 1 KB: a verification (0.12 ms), two messages on a client's stream (0.1 ms), two
 * thirds of the envelopes handed to the leader (0.13 ms), and what is left of a block over three orderers.
 */
import { mkdir } from "node:fs/promises";
import { parseArgs } from "node:util";
import { measureDisk } from "./bench-order/disk.ts";
import { runLoad, signEnvelopes, type LoadFigures } from "./bench-order/load.ts";
import {
  LOAD_OPTIONS,
  LOAD_USAGE,
  loadOf,
  numbersOf,
  progress,
  round,
} from "./bench-order/options.ts";
import { Orderers, type OrdererFigures } from "./bench-order/orderers.ts";

const { values: options } = parseArgs({
  options: {
    orderers: { type: "string", default: "1,3,5" },
    bytes: { type: "string", default: "1024,10240" },
    load: { type: "string", default: "1x1,16x1,256x1,16x32" },
    "warm-up": { type: "string", default: "15000" },
    ...LOAD_OPTIONS,
  },
});
if (options.help) {
  console.log(`Usage: npm run bench:order [-- OPTIONS]
  --orderers 1,3,5         sizes of the group
  --bytes 1024,10240       sizes of an envelope
  --load 16x1,16x32        streams x envelopes in flight on each
  --warm-up 15000          envelopes of 1 KB before the first row, so that the figures are those of compiled code
  --short                  three orderers, 1 KB, 16x1 and 16x32, 2000 envelopes, 3000 of warm-up
${LOAD_USAGE}`);
  process.exit(0);
}

interface Row {
  readonly orderers: number;
  readonly bytes: number;
  readonly load: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Over all orderers. */
  readonly cpuMsPerEnvelope: number;
  readonly envelopesPerBlock: number;
  /** Over all orderers. */
  readonly flushesPerBlock: number;
  readonly refused: number;
}

const counts = options.short ? [3] : numbersOf(options.orderers);
const sizes = options.short ? [1_024] : numbersOf(options.bytes);
const loads = options.short ? ["16x1", "16x32"] : options.load.split(",");
const envelopeCount = options.short ? 2_000 : Number(options.envelopes);
const warmUpCount = options.short ? 3_000 : Number(options["warm-up"]);
if (options["cpu-prof"] !== undefined) await mkdir(options["cpu-prof"], { recursive: true });

const rows: Row[] = [];
for (const count of counts) rows.push(...(await measureGroup(count)));
const disk = [];
for (const bytes of [4_096, 65_536, 524_288]) {
  const figures = await measureDisk(bytes, options.short ? 50 : 200);
  const rounded = Object.entries(figures).map(([name, value]) => [name, round(Number(value))]);
  disk.push({ appendedBytes: bytes, ...Object.fromEntries(rounded) });
}
if (options.json) console.log(JSON.stringify({ at: new Date().toISOString(), rows, disk }));
else {
  console.table(rows);
  console.table(disk);
}

async function measureGroup(count: number): Promise<readonly Row[]> {
  progress(`starting ${count} orderers`);
  const orderers = await Orderers.start({
    count,
    portOffset: Number(options["port-offset"]),
    profileDirectory: options["cpu-prof"],
  });
  const measured: Row[] = [];
  try {
    progress("warming up");
    const warm = { streams: 16, inFlight: 32, secondsMax: 20 };
    await runLoad(orderers, await signEnvelopes(orderers, warmUpCount, 1_024), warm);
    for (const bytes of sizes) {
      for (const load of loads) {
        progress(`${count} orderers, ${bytes} bytes, ${load}`);
        measured.push(await measure(orderers, bytes, load));
      }
    }
  } finally {
    await orderers.stop();
  }
  return measured;
}

async function measure(orderers: Orderers, bytes: number, load: string): Promise<Row> {
  const envelopes = await signEnvelopes(orderers, envelopeCount, bytes);
  const before = await orderers.figures();
  const figures = await runLoad(orderers, envelopes, {
    ...loadOf(load),
    secondsMax: Number(options.seconds),
  });
  const after = await orderers.figures();
  return rowOf({ orderers: before.length, bytes, load }, figures, before, after);
}

function rowOf(
  setting: { readonly orderers: number; readonly bytes: number; readonly load: string },
  load: LoadFigures,
  before: readonly OrdererFigures[],
  after: readonly OrdererFigures[],
): Row {
  const spent = (of: (figures: OrdererFigures) => number): number =>
    after.reduce((sum, figures) => sum + of(figures), 0) -
    before.reduce((sum, figures) => sum + of(figures), 0);
  const { latenciesMs, acknowledged } = load;
  const at = (share: number): number => round(latenciesMs[Math.floor(acknowledged * share)] ?? 0);
  const blocks = spent(({ blocks }) => blocks) / before.length;
  return {
    ...setting,
    perSecond: Math.round(acknowledged / load.seconds),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    cpuMsPerEnvelope: round((spent(({ cpuSeconds }) => cpuSeconds) * 1_000) / acknowledged),
    envelopesPerBlock: round(acknowledged / blocks),
    flushesPerBlock: round(spent(({ flushes }) => flushes) / blocks),
    refused: load.refused,
  };
}
