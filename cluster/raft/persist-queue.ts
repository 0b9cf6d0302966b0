import { assert } from "../../src/kernel/assert.ts";
import type { PersistToken } from "./effects.ts";
import type { HardState } from "./hard-state.ts";
import { PERSIST_BATCHES_MAX } from "./limits.ts";

interface PersistBatch {
  readonly token: PersistToken;
  readonly hardState: HardState;
  /** Last entry that this batch makes durable and that no later truncation has replaced. */
  durableTo: number;
}

/**
 * The unstable part of the log: what was handed to the driver, and what it reported as durable.
 *
 *     … durable ≤ emitted ≤ last
 *          │         └ handed out to be written
 *          └ on disk, and still what the log holds there
 *
 * Completions come in the order of the batches, so each is matched to the oldest one. A truncation lowers what every
 * batch in flight can still make durable: a late completion of an overwritten append then proves nothing, even if the
 * same index and term were appended again since (the ABA case).
 */
export class PersistQueue {
  #durable: number;
  #emitted: number;
  #hardState: HardState;
  readonly #batches: PersistBatch[] = [];
  #waitingTicks = 0;

  constructor(lastIndex: number, hardState: HardState) {
    this.#durable = lastIndex;
    this.#emitted = lastIndex;
    this.#hardState = hardState;
  }

  get durable(): number {
    return this.#durable;
  }

  get emitted(): number {
    return this.#emitted;
  }

  /** Term and vote as on disk. */
  get durableHardState(): HardState {
    return this.#hardState;
  }

  /** Ticks since the disk last finished a batch while one was waiting. */
  get waitingTicks(): number {
    return this.#waitingTicks;
  }

  isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  isFull(): boolean {
    return this.#batches.length >= PERSIST_BATCHES_MAX;
  }

  tick(): void {
    if (!this.isEmpty()) this.#waitingTicks += 1;
  }

  /** Hands out a batch: the log up to `lastIndex`, and `hardState`. */
  emit(lastIndex: number, hardState: HardState): PersistToken {
    assert(!this.isFull(), "a full queue hands out nothing");
    assert(lastIndex >= this.#emitted, "the log is handed out in order");
    const token = { index: lastIndex, term: hardState.term };
    this.#emitted = lastIndex;
    this.#batches.push({ token, hardState, durableTo: lastIndex });
    return token;
  }

  /** The oldest batch is on disk. */
  complete(token: PersistToken): void {
    const batch = this.#batches.shift();
    assert(
      batch !== undefined && batch.token.index === token.index && batch.token.term === token.term,
      "the driver reports each batch once, in order",
    );
    this.#durable = Math.max(this.#durable, batch.durableTo);
    this.#hardState = batch.hardState;
    this.#waitingTicks = 0;
  }

  /** A snapshot up to `index` replaces the log, whose entries up to `committed` it repeats. It is handed out next. */
  restore(committed: number, index: number): void {
    this.truncate(committed + 1);
    this.#emitted = index;
  }

  /** Everything from `index` on is replaced in the log. */
  truncate(index: number): void {
    this.#durable = Math.min(this.#durable, index - 1);
    this.#emitted = Math.min(this.#emitted, index - 1);
    for (const batch of this.#batches) batch.durableTo = Math.min(batch.durableTo, index - 1);
  }
}
