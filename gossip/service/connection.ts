import { InvariantViolation } from "../../src/kernel/assert.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import type { GossipEnvelope } from "../../src/wire/index.ts";
import type { EnvelopeStream, RemotePeer } from "./handshake.ts";
import { SEND_QUEUE_BYTES_MAX, SEND_QUEUE_COUNT_MAX } from "./limits.ts";

export type Receive = (remote: RemotePeer, envelope: GossipEnvelope) => Promise<void>;

export interface ConnectionFacts {
  readonly remote: RemotePeer;
  /** Which end dialled. */
  readonly isInitiator: boolean;
  readonly openedAtMs: number;
}

/**
 * One authenticated stream. What is to be sent waits in a bounded queue, so that a slow reader costs its own messages and nobody
 * else's; what is received is handled one by one, so that the transport holds back a fast writer.
 */
export class Connection {
  readonly facts: ConnectionFacts;
  readonly #stream: EnvelopeStream;
  readonly #closed: Promise<string>;
  #resolveClosed: (reason: string) => void = () => undefined;
  #queue: GossipEnvelope[] = [];
  #queuedBytes = 0;
  #isSending = false;
  #isClosed = false;

  constructor(stream: EnvelopeStream, facts: ConnectionFacts) {
    this.#stream = stream;
    this.facts = facts;
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Queues a message. False when it was dropped: the queue is full, or the stream has closed. */
  send(envelope: GossipEnvelope): boolean {
    const bytes = envelope.payload.length;
    if (this.#isClosed || this.#queue.length >= SEND_QUEUE_COUNT_MAX) return false;
    if (this.#queue.length > 0 && this.#queuedBytes + bytes > SEND_QUEUE_BYTES_MAX) return false;
    this.#queue.push(envelope);
    this.#queuedBytes += bytes;
    if (!this.#isSending) void this.#drain();
    return true;
  }

  /** Hands on what is received until the stream ends or is closed; answers why it did. Rejects only for a bug. */
  async run(receive: Receive): Promise<string> {
    const reason = await Promise.race([this.#receiveAll(receive), this.#closed]);
    this.close(reason);
    return reason;
  }

  /** Idempotent; messages that still wait are dropped. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue = [];
    this.#stream.close();
    this.#resolveClosed(reason);
  }

  async #receiveAll(receive: Receive): Promise<string> {
    try {
      for (;;) {
        const next = await this.#stream.incoming.next();
        if (next.done === true) return "the other end closed the stream";
        if (this.#isClosed) return "closed";
        await receive(this.facts.remote, next.value);
      }
    } catch (error) {
      if (error instanceof InvariantViolation) throw error;
      return errorMessage(error);
    }
  }

  async #drain(): Promise<void> {
    this.#isSending = true;
    try {
      for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
        await this.#stream.send(next);
        if (this.#isClosed) break;
        this.#queue.shift();
        this.#queuedBytes -= next.payload.length;
      }
    } catch (error) {
      this.close(errorMessage(error));
    }
    this.#isSending = false;
  }
}
