import type { ReadState } from "./effects.ts";
import { OUTBOX_MESSAGES_MAX, READS_MAX, TRACE_EVENTS_MAX } from "./limits.ts";
import type { RaftMessage } from "./message.ts";
import type { RaftTrace } from "./trace.ts";

/**
 * What waits for the driver. Two outboxes, because a vote or an acknowledgement must never overtake the write that it
 * speaks for, while a leader's appends and heartbeats need not wait for its disk (thesis §10.2.1).
 */
export class Outbox {
  #now: RaftMessage[] = [];
  #afterPersist: RaftMessage[] = [];
  #reads: ReadState[] = [];
  #trace: RaftTrace[] = [];
  #traceDroppedCount = 0;

  sendNow(message: RaftMessage): void {
    if (this.#now.length < OUTBOX_MESSAGES_MAX) this.#now.push(message);
  }

  sendAfterPersist(message: RaftMessage): void {
    if (this.#afterPersist.length < OUTBOX_MESSAGES_MAX) this.#afterPersist.push(message);
  }

  /** A read may go on. */
  read(state: ReadState): void {
    if (this.#reads.length < READS_MAX) this.#reads.push(state);
  }

  trace(event: RaftTrace): void {
    if (this.#trace.length < TRACE_EVENTS_MAX) this.#trace.push(event);
    else this.#traceDroppedCount += 1;
  }

  takeNow(): readonly RaftMessage[] {
    const messages = this.#now;
    this.#now = [];
    return messages;
  }

  takeAfterPersist(): readonly RaftMessage[] {
    const messages = this.#afterPersist;
    this.#afterPersist = [];
    return messages;
  }

  takeReads(): readonly ReadState[] {
    const reads = this.#reads;
    this.#reads = [];
    return reads;
  }

  takeTrace(): { readonly trace: readonly RaftTrace[]; readonly traceDroppedCount: number } {
    const taken = { trace: this.#trace, traceDroppedCount: this.#traceDroppedCount };
    this.#trace = [];
    this.#traceDroppedCount = 0;
    return taken;
  }
}
