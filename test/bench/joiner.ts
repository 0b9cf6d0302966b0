/**
 * What a peer pays to catch up: blocks of small transactions, each signed by a client and two endorsers, from sources in this
 * process through verification, validation and commit onto a real disk; beside it the verification of the same signatures
 * alone, which no order of writing can avoid. Prints one JSON line.
 *
 * `node dist/test/bench/joiner.js [blocks] [transactions in each]`
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChannelConfigRef } from "../../src/channel/index.ts";
import { BlockIntake, Committer } from "../../src/committer/index.ts";
import { verifyBlock } from "../../src/committer/verified-block.ts";
import { BlockVerifier, CatchUp } from "../../src/delivery/index.ts";
import { nodeFiles } from "../../src/kernel/adapters/node-files.ts";
import { systemClock } from "../../src/kernel/adapters/system-clock.ts";
import { systemTimers } from "../../src/kernel/adapters/system-timers.ts";
import { silentLogger } from "../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../src/kernel/ports/meter.ts";
import { SeededRandom } from "../../src/kernel/seeded-random.ts";
import { LmdbKvStore } from "../../src/ledger/adapters/lmdb-kv-store.ts";
import { Ledger } from "../../src/ledger/index.ts";
import { blockHeaderHash, type Block } from "../../src/wire/index.ts";
import { DeliverDialer, serving } from "../support/deliver-dialer.ts";
import { sampleChain } from "../support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../support/sample-channel.ts";
import { sampleResults, sampleTransaction, writesOf } from "../support/sample-transactions.ts";

const [BLOCKS = 1_500, TRANSACTIONS = 1] = process.argv.slice(2).map(Number);
const VERIFIED_AT_A_TIME = 16;

interface Cost {
  readonly blocksPerSecond: number;
  readonly cpuMsPerBlock: number;
}

const round = (value: number): number => Math.round(value * 100) / 100;

async function costOf(work: () => Promise<void>): Promise<Cost> {
  const startMs = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return {
    blocksPerSecond: round((BLOCKS / (performance.now() - startMs)) * 1_000),
    cpuMsPerBlock: round((user + system) / 1_000 / BLOCKS),
  };
}

/** Transactions that both organisations endorse, of a namespace that needs no definition. */
function envelopesOf(sample: SampleChannel, number: number): Promise<readonly Uint8Array[]> {
  return Promise.all(
    Array.from({ length: TRANSACTIONS }, (_, index) =>
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
  const verifier = new BlockVerifier(new ChannelConfigRef(sample.config));
  let next = 1;
  const work = async (): Promise<void> => {
    for (let number = next++; number < chain.length; number = next++) {
      const block = chain[number]!;
      const previousHash = blockHeaderHash(chain[number - 1]!.header!);
      const verdict = await verifier.verify(block, { number, previousHash });
      if (!verdict.ok) throw new Error(verdict.reason);
      await verifyBlock(block, sample.config);
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
  const cost = await costOf(async () => {
    await run.run(new AbortController().signal);
    await intake.settled();
  });
  if (ledger.height !== chain.length) throw new Error(`the ledger is at ${ledger.height}`);
  await ledger.close();
  await state.close();
  await rm(directory, { recursive: true });
  return cost;
}

const sample = await sampleChannel();
const chain = await sampleChain(sample, BLOCKS, (number) => envelopesOf(sample, number));
await verifyAll(sample, chain.slice(0, 200));
const verifying = await costOf(() => verifyAll(sample, chain));
const joining = await catchUp(sample, chain);
const figures = { blocks: BLOCKS, transactionsPerBlock: TRANSACTIONS, verifying, joining };
process.stdout.write(`${JSON.stringify({ bench: "joiner", ...figures })}\n`);
