import type { Envelope } from "../../../src/wire/index.ts";

/** One envelope on its way into a block. */
export interface OrderedMessage {
  /** Marshalled only when it comes into a block: most orderers hand it on. */
  readonly envelope: Envelope;
  /** Fabric: what counts against the sizes of a batch is the payload and the signature, not their framing. */
  readonly sizeBytes: number;
  /** A configuration has a block of its own. */
  readonly isConfig: boolean;
}

/** Sizes of a batch, from the channel's configuration; all positive. */
export interface BatchLimits {
  readonly messageCountMax: number;
  readonly preferredBytesMax: number;
}

export type Batch = readonly OrderedMessage[];

/**
 * Groups messages into batches as Fabric's block cutter does: full by count, full by preferred size, and a message that
 * alone exceeds the preferred size alone.
 */
export class BlockCutter {
  // Invariant: the count is below the limit of the last call, and the bytes are the sum over the messages.
  #pending: OrderedMessage[] = [];
  #pendingBytes = 0;

  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Adds `message` and returns the batches that it completes, at most two, none empty. */
  add(message: OrderedMessage, limits: BatchLimits): readonly Batch[] {
    if (message.isConfig || message.sizeBytes > limits.preferredBytesMax) {
      return [...this.#cutPending(), [message]];
    }
    const overflows = this.#pendingBytes + message.sizeBytes > limits.preferredBytesMax;
    const batches = overflows ? this.#cutPending() : [];
    this.#pending.push(message);
    this.#pendingBytes += message.sizeBytes;
    const isFull = this.#pending.length >= limits.messageCountMax;
    return isFull ? [...batches, ...this.#cutPending()] : batches;
  }

  /** Everything pending as one batch; empty when nothing is. */
  cut(): Batch {
    return this.#cutPending()[0] ?? [];
  }

  #cutPending(): readonly Batch[] {
    if (this.#pending.length === 0) return [];
    const batch = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    return [batch];
  }
}
