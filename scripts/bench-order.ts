/**
 * `npm run bench:order`: what ordering costs alone. Orderers as processes, no peers; clients send signed envelopes through
 * Broadcast and wait for SUCCESS, which says that Raft has committed the block and the orderer that answers has it on disk.
 * Beside it the limits: the same streams against a process that only answers, a signature, and the disk alone in an
 * append-and-flush loop. The clients run on the same machine: read the CPU column first.
 */
import { mkdir } from "node:fs/promises";
import { parseArgs } from "node:util";
import { measureDisk, type DiskFigures } from "./bench-order/disk.ts";
import { latencyOf, type LatencyFigures } from "./bench-order/latency.ts";
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
import { runPaced } from "./bench-order/paced-load.ts";
import { measureVerification } from "./bench-order/verification.ts";
import { measureWire, type WireFigures } from "./bench-order/wire.ts";
import { appendToHistory } from "./benchmark/history.ts";

const { values: options } = parseArgs({
  options: {
    orderers: { type: "string", default: "1,3,5" },
    bytes: { type: "string", default: "1024,10240" },
    load: { type: "string", default: "1x1,16x1,256x1,16x32" },
    rates: { type: "string", default: "5,50,500" },
    "warm-up": { type: "string", default: "15000" },
    limits: { type: "boolean", default: true },
    ...LOAD_OPTIONS,
    seconds: { type: "string", default: "8" },
  },
  allowNegative: true,
});
if (options.help) {
  console.log(`Usage: npm run bench:order [-- OPTIONS]
  --orderers 1,3,5         sizes of the group
  --bytes 1024,10240       sizes of an envelope
  --load 16x1,16x32        streams x envelopes in flight on each
  --rates 5,50,500         envelopes of 1 KB a second, sent whether answered or not: what is cut into a block when
  --warm-up 15000          envelopes of 1 KB before the first row, so that the figures are those of compiled code
  --no-limits              without the tables of the wire and the disk
  --short                  three orderers, 1 KB, 16x1 and 16x32, 2000 envelopes, 3000 of warm-up; not kept
${LOAD_USAGE}
Appends a line to test/bench/order.ndjson.`);
  process.exit(0);
}

/** What the orderers did, each figure over all of them but for the blocks. */
interface WorkFigures {
  readonly cpuMsPerEnvelope: number;
  readonly envelopesPerBlock: number;
  readonly flushesPerBlock: number;
}

interface LoadRow extends LatencyFigures, WorkFigures {
  readonly orderers: number;
  readonly bytes: number;
  readonly load: string;
  readonly perSecond: number;
  readonly refused: number;
}

interface CuttingRow extends LatencyFigures, WorkFigures {
  readonly orderers: number;
  readonly sentPerSecond: number;
  readonly refused: number;
}

const PACED_SECONDS = 4;
const PACED_COUNT_MIN = 40;

const counts = options.short ? [3] : numbersOf(options.orderers);
const sizes = options.short ? [1_024] : numbersOf(options.bytes);
const loads = options.short ? ["16x1", "16x32"] : options.load.split(",");
const rates = options.rates === "" ? [] : options.short ? [50] : numbersOf(options.rates);
const envelopeCount = options.short ? 2_000 : Number(options.envelopes);
const warmUpCount = options.short ? 3_000 : Number(options["warm-up"]);
const secondsMax = Number(options.seconds);
if (options["cpu-prof"] !== undefined) await mkdir(options["cpu-prof"], { recursive: true });

const rows: LoadRow[] = [];
const cutting: CuttingRow[] = [];
const wire: WireFigures[] = [];
const disk: ({ readonly appendedBytes: number } & DiskFigures)[] = [];
let verificationMs: number | undefined;
for (const count of counts) await measureGroup(count);
if (options.limits) await measureDisks();
if (!options.short)
  await appendToHistory("order.ndjson", { rows, cutting, wire, disk, verificationMs });
print();

async function measureGroup(count: number): Promise<void> {
  progress(`starting ${count} orderers`);
  const orderers = await Orderers.start({
    count,
    portOffset: Number(options["port-offset"]),
    profileDirectory: options["cpu-prof"],
  });
  try {
    progress("warming up");
    const warm = { streams: 16, inFlight: 32, secondsMax: 20 };
    await runLoad(orderers, await signEnvelopes(orderers.network, warmUpCount, 1_024), warm);
    for (const bytes of sizes) {
      for (const load of loads) rows.push(await measureLoad(orderers, bytes, load));
    }
    for (const rate of rates) cutting.push(await measureCutting(orderers, rate));
    await orderers.end();
    if (options.limits && count === counts[0]) await measureWires(orderers);
  } finally {
    await orderers.stop();
  }
}

async function measureLoad(orderers: Orderers, bytes: number, load: string): Promise<LoadRow> {
  progress(`${orderers.sites.length} orderers, ${bytes} bytes, ${load}`);
  const envelopes = await signEnvelopes(orderers.network, envelopeCount, bytes);
  const before = await orderers.figures();
  const figures = await runLoad(orderers, envelopes, { ...loadOf(load), secondsMax });
  const after = await orderers.figures();
  return {
    orderers: before.length,
    bytes,
    load,
    perSecond: Math.round(figures.acknowledged / figures.seconds),
    ...latencyOf(figures.latenciesMs),
    ...workOf(figures, before, after),
    refused: figures.refused,
  };
}

/** What is cut into a block at a rate that is far from the most that they can take. */
async function measureCutting(orderers: Orderers, sentPerSecond: number): Promise<CuttingRow> {
  progress(`${orderers.sites.length} orderers, ${sentPerSecond} a second`);
  const count = Math.max(PACED_COUNT_MIN, sentPerSecond * PACED_SECONDS);
  const envelopes = await signEnvelopes(orderers.network, count, 1_024);
  const before = await orderers.figures();
  const figures = await runPaced(orderers, envelopes, sentPerSecond);
  const after = await orderers.figures();
  return {
    orderers: before.length,
    sentPerSecond,
    ...latencyOf(figures.latenciesMs),
    ...workOf(figures, before, after),
    refused: figures.refused,
  };
}

async function measureWires({ network }: Orderers): Promise<void> {
  for (const bytes of sizes) {
    progress(`the wire alone, ${bytes} bytes`);
    const setting = { bytes, loads, envelopes: envelopeCount, secondsMax };
    wire.push(...(await measureWire(network, setting)));
  }
  const [envelope] = await signEnvelopes(network, 1, 1_024);
  verificationMs = envelope && (await measureVerification(network, envelope));
}

async function measureDisks(): Promise<void> {
  progress("the disk alone");
  for (const appendedBytes of [4_096, 65_536, 524_288]) {
    const { flushesPerSecond, ...latency } = await measureDisk(
      appendedBytes,
      options.short ? 50 : 200,
    );
    disk.push({ appendedBytes, flushesPerSecond: Math.round(flushesPerSecond), ...latency });
  }
}

function workOf(
  { acknowledged }: LoadFigures,
  before: readonly OrdererFigures[],
  after: readonly OrdererFigures[],
): WorkFigures {
  const spent = (of: (figures: OrdererFigures) => number): number =>
    after.reduce((sum, figures) => sum + of(figures), 0) -
    before.reduce((sum, figures) => sum + of(figures), 0);
  const blocks = spent((figures) => figures.blocks) / before.length;
  const cpuSeconds = spent((figures) => figures.cpuSeconds);
  return {
    cpuMsPerEnvelope: Math.round((cpuSeconds * 1e6) / acknowledged) / 1e3,
    envelopesPerBlock: round(acknowledged / blocks),
    flushesPerBlock: round(spent(({ flushes }) => flushes) / blocks),
  };
}

function print(): void {
  if (options.json) {
    const results = { rows, cutting, wire, disk, verificationMs };
    console.log(JSON.stringify({ at: new Date().toISOString(), ...results }));
    return;
  }
  console.log(
    "Orderers: acknowledged, so committed by Raft and durable; CPU and flushes over all of them",
  );
  console.table(rows);
  if (cutting.length > 0) {
    console.log("What is cut into a block: envelopes of 1 KB sent at a rate");
    console.table(cutting);
  }
  if (!options.limits) return;
  console.log("Limit: the same streams against one process that only answers");
  console.table(wire);
  console.log(`Limit: a signature takes ${verificationMs ?? 0} ms of CPU to verify`);
  console.log("Limit: the disk alone, append and flush");
  console.table(disk);
}
