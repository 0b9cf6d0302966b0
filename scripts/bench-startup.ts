/**
 * `npm run bench:startup`: what it costs to open a channel at an orderer, by the length of its ledger. The files are those
 * of an orderer alone, written by the real block store and log; unsigned blocks, so that making them is quick. The page
 * cache is warm: a disk that is not adds its time for the bytes in the last column.
 *
 * Three things are read, and each has a bound that is not the ledger's length: the newest block file (64 MB), the log
 * since the newest snapshot, and the newest transactions, which are not ordered again (50,000).
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
    });
    progress("opening them");
    const counting = new CountingFiles(nodeFiles);
    const [storeMs, logMs, openMs] = [
      await median(() => openStore(directory)),
      await median(() => openLog(directory)),
      await median(() => openChannel(directory, counting)),
    ];
    const rounds = Number(options.rounds);
    return {
      blocks: blockCount,
      transactionsPerBlock: transactions,
      openMs,
      storeMs,
      logMs,
      remembered: Math.min(ORDERED_WINDOW_COUNT, (blockCount - 1) * transactions),
      reads: Math.round(counting.readCount / rounds),
      readMegabytes: round(counting.readBytes / rounds / 1_000_000),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Opens, closes, and answers how long the opening took. */
type Opening = () => Promise<number>;

async function median(opening: Opening): Promise<number> {
  const timesMs: number[] = [];
  for (let index = 0; index < Number(options.rounds); index += 1) timesMs.push(await opening());
  timesMs.sort((a, b) => a - b);
  return round(timesMs[Math.floor(timesMs.length / 2)] ?? 0);
}

function openStore(directory: string): Promise<number> {
  return timed(() =>
    BlockStore.open({
      files: nodeFiles,
      timers: systemTimers,
      logger: silentLogger,
      directory: `${directory}/blocks`,
    }),
  );
}

function openLog(directory: string): Promise<number> {
  return timed(async () => {
    const owner = { directory: `${directory}/raft`, owner: `${channelId}/1` };
    const { log } = await WriteAheadLog.open({ files: nodeFiles, logger: silentLogger }, owner);
    return log;
  });
}

function openChannel(directory: string, files: CountingFiles): Promise<number> {
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

async function timed(open: () => Promise<{ close(): Promise<void> }>): Promise<number> {
  const startMs = performance.now();
  const opened = await open();
  const tookMs = performance.now() - startMs;
  await opened.close();
  return tookMs;
}

function progress(text: string): void {
  process.stderr.write(`${text} …\n`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
