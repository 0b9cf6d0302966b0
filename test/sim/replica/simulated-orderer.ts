import type { ChannelConfig } from "../../../src/channel/index.ts";
import { firstMembership } from "../../../cluster/ordering/core/membership.ts";
import { sha256 } from "../../../src/crypto/index.ts";
import { EMPTY_BYTES, utf8 } from "../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import type { Timers } from "../../../src/kernel/ports/timers.ts";
import type { CurrentConfig, DeliverChannel } from "../../../src/delivery/index.ts";
import { BlockStore } from "../../../src/ledger/index.ts";
import {
  SubmitRequest,
  blockDataHash,
  decode,
  encode,
  type Block,
  type Envelope,
} from "../../../src/wire/index.ts";
import { BlockWriter, OrderingChain, type OrderResult } from "../../../cluster/ordering/index.ts";
import { recordOf } from "../../../cluster/ordering/core/block-assembly.ts";
import { transactionKey } from "../../../cluster/ordering/core/transaction-key.ts";
import {
  RaftReplica,
  decodeRaftMessage,
  encodeRaftMessage,
} from "../../../cluster/replica/index.ts";
import { sleep } from "../../../src/kernel/sleep.ts";
import type { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { ProcessTime } from "../../../src/sim/ports/process-time.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";
import type { SimulatedNetwork } from "./network.ts";
import { slowFiles } from "./slow-files.ts";

const CHANNEL = "ch1";
const VOTERS = [1, 2, 3];
const SEGMENT_BYTES = 16 * 512;
const GENESIS: Block = {
  header: { number: 0, previousHash: EMPTY_BYTES, dataHash: blockDataHash([utf8("genesis")]) },
  data: { data: [utf8("genesis")] },
  metadata: { metadata: Array.from({ length: 5 }, () => EMPTY_BYTES) },
};

// What a chain reads of the configuration; the rest belongs to filters, which have tests of their own.
const CONFIG = {
  sequence: 0,
  orderer: {
    batchSize: { messageCountMax: 5, preferredBytesMax: 400, absoluteBytesMax: 2_000 },
    batchTimeoutMs: 200,
    raftOptions: { inflightBlocksMax: 3, snapshotIntervalBytes: 1_000 },
  },
} as unknown as ChannelConfig;

/** One process: everything that a crash takes away. */
interface Process {
  readonly timers: ProcessTime;
  readonly blocks: BlockStore;
  readonly replica: RaftReplica;
  readonly chain: OrderingChain;
  readonly closing: AbortController;
}

/** The block from another orderer that is up and can be reached; `undefined` while there is none. */
export type FetchBlock = (from: number, number: number) => Promise<Block | undefined>;

const FETCH_PAUSE_MS = 20;

/** One orderer of a group of three: the driver, the log, the chain and the block store as shipped, over simulated ports. */
export class SimulatedOrderer {
  readonly id: number;
  readonly files: SimulatedFiles;
  readonly #time: SimulatedTime;
  readonly #network: SimulatedNetwork;
  readonly #random: Random;
  readonly #lyingDirectory: string | undefined;
  readonly #fetch: FetchBlock;
  /** Snapshots received from a leader and brought about. */
  restoreCount = 0;
  /** Of the next start. */
  diskFreeBytesMin = 0;
  #process: Process | undefined;

  /** Flushes below `lyingDirectory` are not flushes: to prove that the checks find what that breaks. */
  constructor(
    id: number,
    time: SimulatedTime,
    network: SimulatedNetwork,
    random: Random,
    fetch: FetchBlock,
    lyingDirectory?: string,
  ) {
    this.#fetch = fetch;
    this.#lyingDirectory = lyingDirectory;
    this.id = id;
    this.files = new SimulatedFiles({ random });
    this.#time = time;
    this.#network = network;
    this.#random = random;
  }

  get isUp(): boolean {
    return this.#process !== undefined;
  }

  get isLeader(): boolean {
    return this.#process?.replica.leadership.role === "leader";
  }

  /** It lost its log and takes no part. */
  get standsBy(): boolean {
    return this.#process?.replica.standsBy !== undefined;
  }

  /** Its block store waits for space. */
  get isFull(): boolean {
    return this.#process?.blocks.isFull === true;
  }

  get snapshotIndex(): number {
    return this.#process?.replica.status().snapshotIndex ?? 0;
  }

  /** Of its log, committed or not. */
  get lastIndex(): number {
    return this.#process?.replica.status().lastIndex ?? 0;
  }

  get commitIndex(): number {
    return this.#process?.replica.status().commitIndex ?? 0;
  }

  get height(): number {
    return this.#process?.blocks.height ?? 0;
  }

  block(number: number): Promise<Block | undefined> {
    return this.#process?.blocks.read(number) ?? Promise.resolve(undefined);
  }

  /** What Deliver serves, to those whom `config` lets read. */
  deliverChannel(config: CurrentConfig): DeliverChannel {
    const { blocks, chain } = this.#process!;
    return { blocks, config, trouble: () => chain.trouble() };
  }

  order(envelope: Envelope): Promise<OrderResult> {
    const down = { kind: "unavailable", info: "the orderer is down" } as const;
    return this.#process?.chain.order(envelope, 0) ?? Promise.resolve(down);
  }

  async start(): Promise<void> {
    const timers = new ProcessTime(this.#time);
    const random = this.#random;
    const files = slowFiles(this.files, timers, random, {
      delayMsMax: 8,
      lyingDirectory: this.#lyingDirectory,
    });
    const logger = silentLogger;
    const blocks = await BlockStore.open({ files, timers, directory: "/blocks", logger });
    if (blocks.height === 0) await blocks.append(GENESIS);
    const newest = (await blocks.read(blocks.height - 1))!;
    const replica = await RaftReplica.open(
      {
        files,
        clock: this.#time,
        timers,
        random,
        logger,
        meter: silentMeter,
        transport: {
          send: (message) => {
            this.#send(message.to, 0, encodeRaftMessage(message));
          },
        },
      },
      {
        channelId: CHANNEL,
        raftId: this.id,
        voters: VOTERS,
        directory: "/raft",
        tickIntervalMs: 10,
        electionTicks: 10,
        heartbeatTicks: 1,
        messageBytesMax: 1_000,
        inflightMessagesMax: 3,
        segmentBytes: SEGMENT_BYTES,
        diskFreeBytesMin: this.diskFreeBytesMin,
      },
      recordOf(newest)?.raftIndex ?? 0,
    );
    const config = { current: () => CONFIG, replace: () => undefined };
    const writer = new BlockWriter(
      { blocks, config, signer: signerOf(this.id), random },
      firstMembership(VOTERS.length),
      newest,
    );
    const link = {
      submit: (to: number, request: SubmitRequest): boolean => {
        this.#send(to, 1, encode(SubmitRequest, request));
        return true;
      },
      isSubmitting: () => false,
    };
    const validator = { validate: () => Promise.resolve({ kind: "valid", configSequence: 0 }) };
    const closing = new AbortController();
    const pull = (last: number, signal: AbortSignal): Promise<void> =>
      this.#pull(blocks, timers, last, signal, (number, block) => {
        chain.remember(
          number,
          block.data!.data.map((bytes) => transactionKey(bytes)),
        );
      });
    const chain = new OrderingChain(
      {
        missing: {
          pullTo: async (target, signal) => {
            await pull(target.header!.number, signal);
            this.restoreCount += 1;
          },
        },
        log: replica,
        link,
        writer,
        config,
        validator: validator as never,
        configUpdates: NO_CONFIG_UPDATES,
        clock: this.#time,
        timers,
        logger,
        meter: silentMeter,
      },
      { channelId: CHANNEL, raftId: this.id, submitTimeoutMs: 5_000 },
    );
    for (let number = 1; number < blocks.height; number += 1) {
      const envelopes = (await blocks.read(number))!.data!.data;
      chain.remember(
        number,
        envelopes.map((bytes) => transactionKey(bytes)),
      );
    }
    this.#process = { timers, blocks, replica, chain, closing };
    this.#network.listen(this.id, (from, bytes) => {
      timers.run(() => {
        this.#receive(from, bytes);
      });
    });
    replica.start(chain);
    if (replica.standsBy === undefined) return;
    // Its files end with the process.
    pull(Infinity, closing.signal).catch(() => undefined);
  }

  async #pull(
    blocks: BlockStore,
    timers: Timers,
    last: number,
    signal: AbortSignal,
    onBlock: (number: number, block: Block) => void,
  ): Promise<void> {
    while (blocks.height <= last && !signal.aborted) {
      const block = await this.#fetch(this.id, blocks.height);
      if (block === undefined) {
        await sleep(timers, FETCH_PAUSE_MS, signal);
        continue;
      }
      await blocks.append(block);
      onBlock(block.header!.number, block);
    }
  }

  /** Flips a bit of what the log had made durable: the next start finds it. False if there is nothing to spoil. */
  async spoilLog(): Promise<boolean> {
    this.files.powerLoss();
    const name = (await this.files.list("/raft")).find((each) => each.startsWith("wal-"));
    if (name === undefined) return false;
    const content = this.files.contentOf(`/raft/${name}`);
    if (content.length < 1_024) return false;
    content[600] = (content[600] ?? 0) ^ 4;
    this.files.overwrite(`/raft/${name}`, content);
    return true;
  }

  /** Ends in good order. */
  async stop(): Promise<void> {
    const ending = this.#process;
    this.#process = undefined;
    this.#network.leave(this.id);
    ending?.closing.abort();
    ending?.chain.close();
    ending?.blocks.giveUpOnSpace();
    await ending?.replica.close();
    await ending?.blocks.close();
  }

  /** Its process gets no processor time: what is due and what comes waits. */
  pause(): void {
    this.#process?.timers.pause();
  }

  resume(): void {
    this.#process?.timers.resume();
  }

  /** The power goes: everything that was not flushed may be lost. */
  crash(): void {
    this.#process?.timers.kill();
    this.#process?.closing.abort();
    this.#network.leave(this.id);
    this.files.faults.crashNow();
    this.#process?.chain.close();
    this.#process = undefined;
  }

  async restart(): Promise<void> {
    this.files.powerLoss();
    await this.start();
  }

  #send(to: number, kind: number, bytes: Uint8Array): void {
    this.#network.send(this.id, to, Uint8Array.of(kind, ...bytes));
  }

  #receive(from: number, bytes: Uint8Array): void {
    const body = bytes.subarray(1);
    if (bytes[0] === 1) {
      this.#process?.chain.submit(from, decode(SubmitRequest, body));
      return;
    }
    const reading = decodeRaftMessage(body);
    if (reading.kind === "message") this.#process?.replica.receive(reading.message);
  }
}

// Nobody changes the configuration.
const NO_CONFIG_UPDATES = {
  reprocess: () => Promise.reject(new Error("there is no configuration to order")),
  judge: () => Promise.reject(new Error("there is no configuration to judge")),
};

function signerOf(id: number): Signer {
  const identity = utf8(`orderer ${id}`);
  return {
    mspId: "OrdererMSP",
    identity,
    sign: (bytes) => Promise.resolve(sha256(identity, bytes)),
  };
}
