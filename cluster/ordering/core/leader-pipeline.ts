import { assert } from "../../../src/kernel/assert.ts";
import { Envelope, encode } from "../../../src/wire/index.ts";
import { nextBlock, tipOf, type ChainTip, type WholeBlock } from "./block-assembly.ts";
import { Gathering, type GatheringLimits } from "./gathering.ts";
import { BlockCutter, type Batch, type BatchLimits, type OrderedMessage } from "./block-cutter.ts";

export interface PipelineLimits extends GatheringLimits {
  /** Blocks proposed and not yet applied; from 1. */
  readonly blocksInFlightMax: number;
  /** Messages and their bytes taken and not yet proposed. Further ones are refused. */
  readonly waitingCountMax: number;
  readonly waitingBytesMax: number;
}

interface ReadyBatch {
  readonly batch: Batch;
  /** When its first message came. */
  readonly startMs: number;
}

/**
 * What a leader does between an envelope and a proposal, for one term of leadership: batches, chained into blocks
 * before the blocks they follow are committed.
 *
 * A block is cut when there is reason to: while nothing is in flight at once, or, under load, when `Gathering` says so;
 * else when a batch is full or its time is up, so that batches fill while the one before is being made durable.
 */
export class LeaderPipeline {
  readonly #limits: PipelineLimits;
  readonly #cutter = new BlockCutter();
  readonly #gathering: Gathering;
  // When the batch that fills began to, and when each block in flight was proposed.
  #fillStartMs = 0;
  readonly #proposedMs: number[] = [];
  readonly #ready: ReadyBatch[] = [];
  // The newest block proposed. In flight are the blocks after #applied, up to this one.
  #tip: ChainTip;
  #appliedNumber: number;
  #waitingCount = 0;
  #waitingBytes = 0;
  #proposal: (ReadyBatch & { readonly block: WholeBlock }) | undefined;

  /** `tip` is the newest applied block, and the log holds none after it. */
  constructor(tip: ChainTip, limits: PipelineLimits) {
    this.#tip = tip;
    this.#appliedNumber = tip.number;
    this.#limits = limits;
    this.#gathering = new Gathering(limits);
  }

  get inFlightCount(): number {
    return this.#tip.number - this.#appliedNumber;
  }

  /** True while a batch is filling: its time runs from when that begins. */
  get isFilling(): boolean {
    return this.#cutter.pendingCount > 0;
  }

  /** Takes a message, or answers false when too much waits. */
  add(message: OrderedMessage, batchLimits: BatchLimits, nowMs: number): boolean {
    const bytes = this.#waitingBytes + message.sizeBytes;
    const isFull =
      this.#waitingCount >= this.#limits.waitingCountMax ||
      (this.#waitingCount > 0 && bytes > this.#limits.waitingBytesMax);
    if (isFull) return false;
    this.#waitingCount += 1;
    this.#waitingBytes = bytes;
    if (!this.isFilling) this.#fillStartMs = nowMs;
    for (const batch of this.#cutter.add(message, batchLimits)) {
      this.#ready.push({ batch, startMs: this.#fillStartMs });
      this.#fillStartMs = nowMs;
    }
    this.#gathering.arrived(nowMs);
    return true;
  }

  /** The batch that fills has had its time. */
  timeUp(): void {
    const batch = this.#cutter.cut();
    if (batch.length > 0) this.#ready.push({ batch, startMs: this.#fillStartMs });
  }

  /** The block is committed and written here. */
  applied(number: number, nowMs: number): void {
    assert(number === this.#appliedNumber + 1, "blocks are applied in order");
    this.#appliedNumber = number;
    const proposedMs = this.#proposedMs.shift();
    assert(proposedMs !== undefined, "in one term only its leader's blocks are applied");
    this.#gathering.blockTook(nowMs - proposedMs);
  }

  /** The block to propose next, if one is due: the same until `proposed`. */
  due(nowMs: number): WholeBlock | undefined {
    if (this.#proposal !== undefined) return this.#proposal.block;
    if (this.inFlightCount >= this.#limits.blocksInFlightMax) return undefined;
    if (nowMs >= (this.cutAtMs() ?? Infinity)) this.timeUp();
    const next = this.#ready.shift();
    if (next === undefined) return undefined;
    // Marshalled anew: peers refuse a block with an envelope in any other than the canonical form.
    const envelopes = next.batch.map(({ envelope }) => encode(Envelope, envelope));
    this.#proposal = { ...next, block: nextBlock(this.#tip, envelopes) };
    return this.#proposal.block;
  }

  /** When a batch is to be cut that is held open though nothing is in flight; undefined while there is none. */
  cutAtMs(): number | undefined {
    const isHeld = this.isFilling && this.#ready.length === 0 && this.inFlightCount === 0;
    return isHeld ? this.#gathering.cutAtMs(this.#fillStartMs) : undefined;
  }

  /** The block that is due is in the log. Answers the milliseconds since its first message came. */
  proposed(nowMs: number): number {
    assert(this.#proposal !== undefined, "what is proposed was due");
    const { block, batch, startMs } = this.#proposal;
    this.#proposal = undefined;
    this.#tip = tipOf(block.header);
    this.#proposedMs.push(nowMs);
    this.#waitingCount -= batch.length;
    for (const message of batch) this.#waitingBytes -= message.sizeBytes;
    return nowMs - startMs;
  }
}
