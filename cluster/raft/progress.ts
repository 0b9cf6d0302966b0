import { assert } from "../../src/kernel/assert.ts";
import { Inflight } from "./inflight.ts";
import type { RaftOptions } from "./options.ts";

/**
 * `probe`: where the logs agree is a guess, so one append at a time asks.
 * `replicate`: it is known, so appends are pipelined and `next` runs ahead of the acknowledgements.
 */
export type ProgressState = "probe" | "replicate";

/** What a leader believes of one follower (Raft figure 2, "volatile state on leaders"). */
export class Progress {
  // Invariant: 0 <= match < next. Every entry up to match is durable at the follower and equal to the leader's.
  #match = 0;
  #next: number;
  #state: ProgressState = "probe";
  // Probe: the question is asked. Replicate: the window is full. Until an answer to an append or a heartbeat comes.
  #isPaused = false;
  #isActive = false;
  readonly #inflight: Inflight;

  constructor(next: number, options: RaftOptions) {
    this.#next = next;
    this.#inflight = new Inflight(options.inflightMessagesMax, options.inflightBytesMax);
  }

  get match(): number {
    return this.#match;
  }

  get next(): number {
    return this.#next;
  }

  get state(): ProgressState {
    return this.#state;
  }

  get inflightCount(): number {
    return this.#inflight.count;
  }

  /** Heard from since the last `markInactive`. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** While true, no append is sent. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** False while replicating into a full window, where an append may carry the commit index and no entries. */
  canSendEntries(): boolean {
    return this.#state === "probe" || !this.#inflight.isFull();
  }

  markActive(): void {
    this.#isActive = true;
  }

  markInactive(): void {
    this.#isActive = false;
  }

  /** Permits one more append although the last one was not answered: it may be lost. */
  resume(): void {
    this.#isPaused = false;
  }

  /** An append that starts at `next` was sent with `count` entries of `bytes` in all. */
  sent(count: number, bytes: number): void {
    if (this.#state === "probe") {
      this.#isPaused = true;
      return;
    }
    if (count > 0) {
      this.#next += count;
      this.#inflight.add(this.#next - 1, bytes);
    }
    this.#isPaused = this.#inflight.isFull();
  }

  /** The follower holds the leader's log up to `index`, durably. Returns whether that was news. */
  maybeAccept(index: number): boolean {
    const isNews = index > this.#match;
    // An answer at `match` tells a probing leader that its guess was right, though it moves nothing.
    const isConfirmed = index === this.#match && this.#state === "probe";
    if (!isNews && !isConfirmed) return false;
    this.#match = index;
    this.#next = Math.max(this.#next, index + 1);
    if (this.#state === "probe") {
      this.#state = "replicate";
      this.#next = index + 1;
    }
    this.#inflight.acknowledge(index);
    this.#isPaused = this.#inflight.isFull();
    return true;
  }

  /**
   * The follower refused an append that followed `rejectedIndex`; the logs may agree at `hintIndex` or before.
   * Returns false for a refusal that is overtaken by what is known since, so that duplicates cannot move `next` back.
   */
  maybeReject(rejectedIndex: number, hintIndex: number): boolean {
    if (this.#state === "replicate") {
      if (rejectedIndex <= this.#match) return false;
      this.becomeProbe();
      return true;
    }
    if (this.#next - 1 !== rejectedIndex) return false;
    this.#next = Math.max(Math.min(rejectedIndex, hintIndex + 1), this.#match + 1);
    this.#isPaused = false;
    return true;
  }

  /** Appends on their way are taken for lost: start again from what is known. */
  becomeProbe(): void {
    this.#state = "probe";
    this.#next = this.#match + 1;
    this.#inflight.clear();
    this.#isPaused = false;
  }

  checkInvariants(lastIndex: number): void {
    assert(this.#match < this.#next, "what is sent next is not yet acknowledged");
    assert(this.#match <= lastIndex, "a follower cannot match beyond the leader's log");
    assert(this.#next <= lastIndex + 1, "nothing beyond the leader's log is sent");
    assert(this.#state === "replicate" || this.#inflight.count === 0, "a probe is not pipelined");
  }
}
