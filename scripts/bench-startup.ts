/**
 * `npm run bench:startup`: what it costs to open a channel at an orderer, by the length of its ledger. The files are those
 * of an orderer alone, written by the real block store and log; unsigned blocks, so that making them is quick. The page
 * cache is warm: a disk that is not adds its time for the bytes in the last column.
 *
 * Three things are read, and each has a bound that is not the ledger's length: the newest block file (16 MB), the log
 * since the newest snapshot, and the window of the newest transactions, which are not ordered again (50,000), with the
 * blocks since it was kept (500).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ChannelOrderer } from "../cluster/ordering/index.ts";
import { ORDERED_WINDOW_COUNT } from "../cluster/ordering/limits.ts";
import { ClusterService } from "../cluster/replica/index.ts";
import { WriteAheadLog } from "../cluster/replica/write-ahead-log.ts";
import { GrpcDialer } from "../src/kernel/adapters/grpc-dialer.ts";
import { nodeFiles } from "../src/kernel/adapters/node-files.ts";
import { systemClock } from "../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../src/kernel/adapters/system-random.ts";
import { systemTimers } from "../src/kernel/adapters/system-timers.ts";
import { silentLogger } from "../src/kernel/ports/logger.ts";
import { silentMeter } from "../src/kernel/ports/meter.ts";
import { BlockStore } from "../src/ledger/index.ts";
import { CountingFiles } from "../test/sim/ports/counting-files.ts";
import { writeLongChannel } from "../test/support/long-channel.ts";
import { sampleChannel } from "../test/support/sample-channel.ts";
import { appendToHistory } from "./benchmark/history.ts";

const { values: options } = parseArgs({
  options: {
    blocks: { type: "string", default: "1000,10000,100000" },
    transactions: { type: "string", default: "1,10" },
    bytes: { type: "string", default: "1024" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`Usage: npm run bench:startup [-- OPTIONS]
  --blocks 1000,10000,100000   lengths of the ledger
  --transactions 1,10          in one block
  --bytes 1024                 of one transaction
  --rounds 3                   openings of each, of which the median is shown
  --json                       one JSON document instead of the table`);
  process.exit(0);
}

interface Row {
  readonly blocks: number;
  readonly transactionsPerBlock: number;
  /** All of it. */
  readonly openMs: number;
  /** CPU of that: what other work on the machine does not change. */
  readonly openCpuMs: number;
  /** The block store alone. */
  readonly storeMs: number;
  /** The log alone. */
  readonly logMs: number;
  readonly remembered: number;
  readonly reads: number;
  readonly readMegabytes: number;
}

const numbers = (list: string): number[] => list.split(",").map(Number);
const sample = await sampleChannel();
const snapshotIntervalBytes = sample.profile.raftOptions.snapshotIntervalBytes;
const { channelId } = sample.profile;
const serverTlsCert = sample.profile.consenters[0]?.serverTlsCertPem ?? new Uint8Array();

const rows: Row[] = [];
for (const transactions of numbers(options.transactions)) {
  for (const blocks of numbers(options.blocks)) rows.push(await measure(blocks, transactions));
}
await appendToHistory("startup.ndjson", rows);
if (options.json) console.log(JSON.stringify({ at: new Date().toISOString(), rows }));
else console.table(rows);

async function measure(blockCount: number, transactions: number): Promise<Row> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-bench-startup-"));
  try {
    progress(`writing ${blockCount} blocks of ${transactions}`);
    await writeLongChannel({
      files: nodeFiles,
      directory,
      channelId,
      genesis: sample.genesis,
      blockCount,
      envelopesOf: () =>
        Array.from({ length: transactions }, () => systemRandom.bytes(Number(options.bytes))),
      snapshotIntervalBytes,
      keepsWindow: true,
    });
    progress("opening them");
    const counting = new CountingFiles(nodeFiles);
    const [store, log, channel] = [
      await median(() => openStore(directory)),
      await median(() => openLog(directory)),
      await median(() => openChannel(directory, counting)),
    ];
    const rounds = Number(options.rounds);
    return {
      blocks: blockCount,
      transactionsPerBlock: transactions,
      openMs: channel.tookMs,
      openCpuMs: channel.cpuMs,
      storeMs: store.tookMs,
      logMs: log.tookMs,
      remembered: Math.min(ORDERED_WINDOW_COUNT, (blockCount - 1) * transactions),
      reads: Math.round(counting.readCount / rounds),
      readMegabytes: round(counting.readBytes / rounds / 1_000_000),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Cost {
  readonly tookMs: number;
  readonly cpuMs: number;
}

/** Opens, closes, and answers what the opening cost. */
type Opening = () => Promise<Cost>;

async function median(opening: Opening): Promise<Cost> {
  const costs: Cost[] = [];
  for (let index = 0; index < Number(options.rounds); index += 1) costs.push(await opening());
  const middle = (values: number[]): number =>
    round(values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
  return {
    tookMs: middle(costs.map(({ tookMs }) => tookMs)),
    cpuMs: middle(costs.map(({ cpuMs }) => cpuMs)),
  };
}

function openStore(directory: string): Promise<Cost> {
  return timed(() =>
    BlockStore.open({
      files: nodeFiles,
      timers: systemTimers,
      logger: silentLogger,
      directory: `${directory}/blocks`,
    }),
  );
}

function openLog(directory: string): Promise<Cost> {
  return timed(async () => {
    const owner = { directory: `${directory}/raft`, owner: `${channelId}/1` };
    const { log } = await WriteAheadLog.open({ files: nodeFiles, logger: silentLogger }, owner);
    return log;
  });
}

function openChannel(directory: string, files: CountingFiles): Promise<Cost> {
  const system = { clock: systemClock, timers: systemTimers, random: systemRandom };
  const silent = { logger: silentLogger, meter: silentMeter };
  const deps = {
    ...system,
    ...silent,
    files,
    signer: sample.ordererOrg.orderer,
    dialer: new GrpcDialer({}),
    cluster: new ClusterService(silent),
  };
  return timed(() => ChannelOrderer.open(deps, { directory, serverTlsCert }));
}

async function timed(open: () => Promise<{ close(): Promise<void> }>): Promise<Cost> {
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  const opened = await open();
  const tookMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  await opened.close();
  return { tookMs, cpuMs: (user + system) / 1_000 };
}

function progress(text: string): void {
  process.stderr.write(`${text} …\n`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
