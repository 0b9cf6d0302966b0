import type { OrderedMessage } from "./core/block-cutter.ts";
import { PENDING_BYTES_MAX, PENDING_COUNT_MAX } from "./limits.ts";

/** What became of an envelope. `unavailable`: nobody knows, it may still be ordered. */
export type OrderResult =
  | { readonly kind: "ordered"; readonly blockNumber: number }
  | { readonly kind: "unavailable"; readonly info: string };

/** An envelope to be ordered, checked against the configuration of `configSequence`. */
export interface Submission {
  /** Of its transaction: `transactionKey`. */
  readonly key: string;
  readonly message: OrderedMessage;
  readonly configSequence: number;
}

/** A submission of one of this node's clients, who waits for the answer. */
export interface PendingEnvelope {
  readonly submission: Submission;
  readonly deadlineMs: number;
  /** When it was last handed to a leader; undefined when it has to be handed over. */
  sentMs: number | undefined;
}

/** A client that waits. Once `signal` is aborted it has gone. */
export interface Waiter {
  readonly resolve: (result: OrderResult) => void;
  readonly signal: AbortSignal | undefined;
}

interface Waiting extends PendingEnvelope {
  waiters: readonly Waiter[];
}

/** Envelopes whose clients wait, by key, oldest first. A transaction that arrives twice waits once, for two answers. */
export class PendingEnvelopes {
  // Insertion order is deadline order: every deadline is the same time after the arrival.
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;

  get count(): number {
    return this.#waiting.size;
  }

  /** The entry of a new envelope to be handed over, or of one that waits already; `undefined` when too many wait. */
  add(submission: Submission, deadlineMs: number, waiter: Waiter): PendingEnvelope | undefined {
    const known = this.#waiting.get(submission.key);
    if (known !== undefined) {
      known.waiters = [...known.waiters, waiter];
      return known;
    }
    const bytes = this.#bytes + submission.message.sizeBytes;
    if (this.count >= PENDING_COUNT_MAX || bytes > PENDING_BYTES_MAX) return undefined;
    const waiting: Waiting = { submission, deadlineMs, sentMs: undefined, waiters: [waiter] };
    this.#waiting.set(submission.key, waiting);
    this.#bytes = bytes;
    return waiting;
  }

  /** Answers the clients of an envelope, if any wait. */
  settle(key: string, result: OrderResult): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    this.#bytes -= waiting.submission.message.sizeBytes;
    for (const { resolve } of waiting.waiters) resolve(result);
  }

  settleAll(result: OrderResult): void {
    for (const key of [...this.#waiting.keys()]) this.settle(key, result);
  }

  /** Answers those whose deadline has passed. */
  expire(nowMs: number, result: OrderResult): void {
    for (const [key, { deadlineMs }] of this.#waiting) {
      if (deadlineMs > nowMs) return;
      this.settle(key, result);
    }
  }

  /** Answers clients that have gone. An envelope for which nobody waits any more is not handed over again. */
  release(result: OrderResult): void {
    for (const [key, waiting] of this.#waiting) {
      if (!waiting.waiters.some(isGone)) continue;
      const gone = waiting.waiters.filter(isGone);
      waiting.waiters = waiting.waiters.filter((waiter) => !isGone(waiter));
      for (const { resolve } of gone) resolve(result);
      if (waiting.waiters.length === 0) this.settle(key, result);
    }
  }

  /** The deadline that comes first. */
  get firstDeadlineMs(): number | undefined {
    for (const { deadlineMs } of this.#waiting.values()) return deadlineMs;
    return undefined;
  }

  /** Forgets what was handed over before `sentBeforeMs`: it has to be handed over again. */
  recall(sentBeforeMs: number): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.sentMs !== undefined && waiting.sentMs <= sentBeforeMs)
        waiting.sentMs = undefined;
    }
  }

  /** Those that have to be handed over, oldest first. */
  *unsent(): IterableIterator<PendingEnvelope> {
    for (const waiting of this.#waiting.values()) if (waiting.sentMs === undefined) yield waiting;
  }
}

function isGone({ signal }: Waiter): boolean {
  return signal?.aborted === true;
}
