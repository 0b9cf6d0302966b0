/**
 * `npm run bench:channels`: what channels cost three orderers that have many of them. Orderers as processes, no peers;
 * the channels tick as Fabric's do by default, every 500 ms. For each number of channels: memory and processor time
 * while nothing is ordered, the time of a join, and transactions a second, spread over all channels and orderers. The
 * client runs on the same machine.
 *
 * Back of the envelope, 3 orderers: a leader's heartbeat to two members twice a second is eight messages a second and
 * channel over all orderers, at 0.1 ms each end: 0.1 s a minute and channel of processor time over all of them.
 */
import { mkdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { formatTable } from "../src/cli/table.ts";
import { NetworkError, type OrdererAdmin } from "../src/network/index.ts";
import { Block, encode } from "../src/wire/index.ts";
import { appendToHistory } from "./benchmark/history.ts";
import { genesisOf } from "./bench-order/genesis.ts";
import { runLoad, signEnvelopes } from "./bench-order/load.ts";
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
    channels: { type: "string", default: "1,10,100" },
    "idle-seconds": { type: "string", default: "30" },
    load: { type: "string", default: "16x32" },
    ...LOAD_OPTIONS,
  },
});
if (options.help) {
  console.log(`Usage: npm run bench:channels [-- OPTIONS]
  --channels 1,10,100      numbers of channels, ascending
  --idle-seconds 30        time over which idle processor time is measured
  --load 16x32             streams x envelopes in flight on each
  --short                  1 and 10 channels, 10 s idle, 2000 envelopes
${LOAD_USAGE}`);
  process.exit(0);
}

interface Row {
  readonly channels: number;
  /** Of one orderer, the mean over all; so are the next. */
  readonly rssMebibytes: number;
  readonly idleCpuSecondsPerMinute: number;
  readonly connections: number;
  /** One channel at one orderer. */
  readonly joinMs: number;
  readonly transactionsPerSecond: number;
  readonly p95Ms: number;
  readonly refused: number;
}

const ORDERERS = 3;
/** After the joins: elections, first connections, garbage. */
const SETTLE_MS = 8_000;
const ENVELOPE_BYTES = 1_024;

const counts = options.short ? [1, 10] : numbersOf(options.channels);
const idleMs = options.short ? 10_000 : Number(options["idle-seconds"]) * 1_000;
const envelopeCount = options.short ? 2_000 : Number(options.envelopes);
if (options["cpu-prof"] !== undefined) await mkdir(options["cpu-prof"], { recursive: true });

progress(`starting ${ORDERERS} orderers`);
const orderers = await Orderers.start({
  count: ORDERERS,
  portOffset: Number(options["port-offset"]),
  profileDirectory: options["cpu-prof"],
});
// The development network's own channel is the first.
const channels = [orderers.network.topology.channelId];
const rows: Row[] = [];
try {
  for (const count of counts) rows.push(await measure(count));
} finally {
  await orderers.stop();
}
await appendToHistory("channels.ndjson", rows);
if (options.json) console.log(JSON.stringify({ at: new Date().toISOString(), rows }));
else printTable();

async function measure(count: number): Promise<Row> {
  const joinMs = await joinUpTo(count);
  progress(`${channels.length} channels: idle for ${idleMs / 1_000} s`);
  await delay(SETTLE_MS);
  const before = await orderers.figures();
  await delay(idleMs);
  const after = await orderers.figures();
  progress(`${channels.length} channels: signing ${envelopeCount} envelopes`);
  const envelopes = await signEnvelopes(orderers.network, envelopeCount, ENVELOPE_BYTES, channels);
  progress(`${channels.length} channels: load`);
  const secondsMax = Number(options.seconds);
  const load = await runLoad(orderers, envelopes, { ...loadOf(options.load), secondsMax });
  const { latenciesMs } = load;
  const idleSeconds = mean(after, "cpuSeconds") - mean(before, "cpuSeconds");
  return {
    channels: channels.length,
    rssMebibytes: Math.round(mean(after, "rssMebibytes")),
    idleCpuSecondsPerMinute: round(idleSeconds * (60_000 / idleMs)),
    connections: Math.round(mean(after, "connections")),
    joinMs: Math.round(joinMs),
    transactionsPerSecond: Math.round(load.acknowledged / load.seconds),
    p95Ms: Math.round(latenciesMs[Math.floor(latenciesMs.length * 0.95)] ?? 0),
    refused: load.refused,
  };
}

/** Makes channels until there are `count`; milliseconds of one join at one orderer. */
async function joinUpTo(count: number): Promise<number> {
  let joins = 0;
  let joiningMs = 0;
  while (channels.length < count) {
    const channelId = `channel-${channels.length}`;
    const block = encode(Block, await genesisOf(orderers.network, channelId));
    const startMs = performance.now();
    for (const { name } of orderers.sites) {
      await joinOne(name, channelId, block);
      joins += 1;
    }
    joiningMs += performance.now() - startMs;
    channels.push(channelId);
    if (channels.length % 10 === 0) progress(`${channels.length} channels joined`);
  }
  return joins === 0 ? 0 : joiningMs / joins;
}

// On a busy machine the answer may come too late for the client: the join goes on without it.
async function joinOne(orderer: string, channelId: string, block: Uint8Array): Promise<void> {
  const admin = await orderers.network.ordererAdmin(orderer);
  try {
    await admin.join(block);
  } catch (error) {
    if (!(error instanceof NetworkError) || error.code !== "not running") throw error;
    progress(`${orderer} is slow to join ${channelId}`);
    while (!(await hasJoined(admin, channelId))) await delay(1_000);
  }
}

async function hasJoined(admin: OrdererAdmin, channelId: string): Promise<boolean> {
  const channel = (await admin.list()).find(({ name }) => name === channelId);
  return channel?.status === "active";
}

function mean(
  figures: readonly OrdererFigures[],
  key: "cpuSeconds" | "rssMebibytes" | "connections",
): number {
  return figures.reduce((sum, each) => sum + each[key], 0) / figures.length;
}

function printTable(): void {
  const header = [
    "CHANNELS",
    "RSS MiB",
    "IDLE CPU s/min",
    "CONNECTIONS",
    "JOIN ms",
    "TX/s",
    "P95 ms",
  ];
  const lines = rows.map((row) =>
    [
      row.channels,
      row.rssMebibytes,
      row.idleCpuSecondsPerMinute,
      row.connections,
      row.joinMs,
      row.transactionsPerSecond,
      row.p95Ms,
    ].map(String),
  );
  console.log(formatTable(header, lines));
}
