/**
 * `npm run bench:joiner`: what a peer pays to catch up. Blocks of small transactions, each signed by a client and two
 * endorsers, go from sources in this process through verification, validation and commit onto a real disk; beside it the
 * verification of the same signatures alone, which no order of writing can avoid. The rounds of the two alternate, and
 * the median of each is shown: other work on the machine reaches both. What TLS and decoding cost comes on top.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ChannelConfigRef } from "../src/channel/index.ts";
import { BlockIntake, Committer } from "../src/committer/index.ts";
import { verifyBlock } from "../src/committer/verified-block.ts";
import { BlockVerifier, CatchUp } from "../src/delivery/index.ts";
import { nodeFiles } from "../src/kernel/adapters/node-files.ts";
import { systemClock } from "../src/kernel/adapters/system-clock.ts";
import { systemTimers } from "../src/kernel/adapters/system-timers.ts";
import { silentLogger } from "../src/kernel/ports/logger.ts";
import { silentMeter } from "../src/kernel/ports/meter.ts";
import { SeededRandom } from "../src/kernel/seeded-random.ts";
import { LmdbKvStore } from "../src/ledger/adapters/lmdb-kv-store.ts";
import { BlockLayers, Ledger } from "../src/ledger/index.ts";
import { blockHeaderHash, type Block } from "../src/wire/index.ts";
import { DeliverDialer, serving } from "../test/support/deliver-dialer.ts";
import { sampleChain } from "../test/support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../test/support/sample-channel.ts";
import { sampleResults, sampleTransaction, writesOf } from "../test/support/sample-transactions.ts";

const { values: options } = parseArgs({
  options: {
    blocks: { type: "string", default: "1500,400" },
    transactions: { type: "string", default: "1,10" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`Usage: npm run bench:joiner [-- OPTIONS]
  --blocks 1500,400   lengths of the ledger
  --transactions 1,10 in one block, for each of them
  --rounds 3          of which the median is shown
  --json              one JSON document instead of the table`);
  process.exit(0);
}

const VERIFIED_AT_A_TIME = 16;
/** What verification alone takes is to be this much of the whole, at most. */
const TARGET_TIMES_VERIFYING = 1.3;

interface Cost {
  readonly blocksPerSecond: number;
  readonly cpuMsPerBlock: number;
}

interface Row {
  readonly blocks: number;
  readonly transactionsPerBlock: number;
  readonly joining: Cost;
  readonly verifying: Cost;
  /** Time, and CPU, of joining in those of verifying alone. */
  readonly times: number;
  readonly cpuTimes: number;
}

const numbers = (list: string): number[] => list.split(",").map(Number);
const round = (value: number): number => Math.round(value * 100) / 100;

async function costOf(blocks: number, work: () => Promise<void>): Promise<Cost> {
  const startMs = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return {
    blocksPerSecond: (blocks / (performance.now() - startMs)) * 1_000,
    cpuMsPerBlock: (user + system) / 1_000 / blocks,
  };
}

/** Transactions that both organisations endorse, of a namespace that needs no definition. */
function envelopesOf(
  sample: SampleChannel,
  number: number,
  count: number,
): Promise<readonly Uint8Array[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      sampleTransaction({
        creator: sample.org1.client,
        endorsers: [sample.org1.peer, sample.org2.peer],
        nonce: `${number}.${index}`,
        chaincode: "_lifecycle",
        results: sampleResults(writesOf("_lifecycle", `key-${number}.${index}`)),
      }),
    ),
  );
}

/** The signatures of all blocks and of their transactions, several blocks at a time. */
async function verifyAll(sample: SampleChannel, chain: readonly Block[]): Promise<void> {
  const layers = new BlockLayers();
  const verifier = new BlockVerifier(new ChannelConfigRef(sample.config), layers);
  const blocks = chain.entries();
  let previous = blocks.next().value?.[1];
  const work = async (): Promise<void> => {
    for (const [number, block] of blocks) {
      const header = previous?.header;
      if (header === undefined) throw new Error(`block ${number - 1} has no header`);
      previous = block;
      const verdict = await verifier.verify(block, {
        number,
        previousHash: blockHeaderHash(header),
      });
      if (!verdict.ok) throw new Error(verdict.reason);
      await verifyBlock(layers.of(block), sample.config);
    }
  };
  await Promise.all(Array.from({ length: VERIFIED_AT_A_TIME }, work));
}

async function catchUp(sample: SampleChannel, chain: readonly Block[]): Promise<Cost> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-bench-"));
  const state = LmdbKvStore.open(join(directory, "state"));
  const ports = {
    clock: systemClock,
    timers: systemTimers,
    logger: silentLogger,
    meter: silentMeter,
  };
  const ledger = await Ledger.open(
    { ...ports, files: nodeFiles, directory: join(directory, "blocks"), state },
    CHANNEL_ID,
  );
  await ledger.commitGenesis(sample.genesis);
  const config = new ChannelConfigRef(sample.config);
  const committer = new Committer({ ...ports, ledger, config }, { channelId: CHANNEL_ID });
  const dialer = new DeliverDialer({ a: serving(chain), b: serving(chain) });
  const intake = new BlockIntake(committer, ledger);
  const run = new CatchUp(
    {
      ...ports,
      dialer,
      config,
      sink: intake,
      timers: systemTimers,
      random: new SeededRandom(1),
      signer: sample.org1.peer,
      sources: () => ["a", "b"].map((address) => ({ role: "orderer", target: { address } })),
    },
    { channelId: CHANNEL_ID },
  );
  const cost = await costOf(chain.length - 1, async () => {
    await run.run(new AbortController().signal);
    await intake.settled();
  });
  if (ledger.height !== chain.length) throw new Error(`the ledger is at ${ledger.height}`);
  await ledger.close();
  await state.close();
  await rm(directory, { recursive: true });
  return cost;
}

async function measure(sample: SampleChannel, blocks: number, transactions: number): Promise<Row> {
  const chain = await sampleChain(sample, blocks, (number) =>
    envelopesOf(sample, number, transactions),
  );
  await verifyAll(sample, chain.slice(0, 200));
  const verifying: Cost[] = [];
  const joining: Cost[] = [];
  for (let index = 0; index < Number(options.rounds); index += 1) {
    verifying.push(await costOf(chain.length - 1, () => verifyAll(sample, chain)));
    joining.push(await catchUp(sample, chain));
  }
  const [alone, whole] = [median(verifying), median(joining)];
  return {
    blocks: chain.length - 1,
    transactionsPerBlock: transactions,
    joining: whole,
    verifying: alone,
    times: round(alone.blocksPerSecond / whole.blocksPerSecond),
    cpuTimes: round(whole.cpuMsPerBlock / alone.cpuMsPerBlock),
  };
}

function median(costs: readonly Cost[]): Cost {
  const middle = (values: number[]): number =>
    round(values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
  return {
    blocksPerSecond: middle(costs.map(({ blocksPerSecond }) => blocksPerSecond)),
    cpuMsPerBlock: middle(costs.map(({ cpuMsPerBlock }) => cpuMsPerBlock)),
  };
}

function print(rows: readonly Row[]): void {
  if (options.json) {
    console.log(JSON.stringify({ at: new Date().toISOString(), rows }));
    return;
  }
  console.table(
    rows.map(({ blocks, transactionsPerBlock, joining, verifying, times, cpuTimes }) => ({
      blocks,
      "tx a block": transactionsPerBlock,
      "blocks/s joining": joining.blocksPerSecond,
      "blocks/s verifying alone": verifying.blocksPerSecond,
      times,
      "CPU ms a block joining": joining.cpuMsPerBlock,
      "verifying alone": verifying.cpuMsPerBlock,
      "CPU times": cpuTimes,
    })),
  );
  console.log(`target: at most ${TARGET_TIMES_VERIFYING} times what verifying alone takes`);
}

const sample = await sampleChannel();
const counts = numbers(options.transactions);
const rows: Row[] = [];
for (const [index, blocks] of numbers(options.blocks).entries()) {
  rows.push(await measure(sample, blocks, counts[index] ?? counts.at(-1) ?? 1));
}
print(rows);
