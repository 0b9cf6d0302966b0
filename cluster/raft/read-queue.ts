import { READS_MAX } from "./limits.ts";
import type { JointVoters } from "./quorum.ts";
import { jointCommittedIndex } from "./quorum.ts";

/** A read that somebody asked for. */
export interface ReadRequest {
  readonly from: number;
  readonly context: Uint8Array;
}

/** A read that may go on once `index` is applied. */
export interface ConfirmedRead extends ReadRequest {
  readonly index: number;
}

const CONTEXT_BYTES = 8;

/**
 * The reads of a leader's term, which wait for a majority to say that it still leads (thesis §6.4). They are counted
 * from 1; a heartbeat carries the count of those asked for so far, and its answer confirms all of them.
 */
export class ReadQueue {
  // Waiting for the term's first commit: until then the leader may not know everything that is committed.
  #postponed: ReadRequest[] = [];
  // Invariant: element i is number confirmedCount + 1 + i.
  readonly #unconfirmed: ConfirmedRead[] = [];
  #confirmedCount = 0;
  readonly #acknowledged = new Map<number, number>();

  isFull(): boolean {
    return this.#postponed.length + this.#unconfirmed.length >= READS_MAX;
  }

  postpone(read: ReadRequest): void {
    this.#postponed.push(read);
  }

  takePostponed(): readonly ReadRequest[] {
    const reads = this.#postponed;
    this.#postponed = [];
    return reads;
  }

  /** Waits for its confirmation from now on. */
  add(read: ReadRequest, index: number): void {
    this.#unconfirmed.push({ ...read, index });
  }

  /** What heartbeats carry, or `undefined` while no read waits. 8 bytes, little-endian. */
  context(): Uint8Array | undefined {
    if (this.#unconfirmed.length === 0) return undefined;
    const bytes = new Uint8Array(CONTEXT_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.#count), true);
    return bytes;
  }

  /** `member` answered a heartbeat that carried `context`. What was never sent counts for nothing. */
  acknowledge(member: number, context: Uint8Array): void {
    if (context.length !== CONTEXT_BYTES) return;
    const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
    const count = Number(view.getBigUint64(0, true));
    if (count > this.#count) return;
    this.#acknowledged.set(member, Math.max(this.#acknowledged.get(member) ?? 0, count));
  }

  /** Takes the reads that a majority of both halves has confirmed. `leader` confirms everything itself. */
  takeConfirmed(voters: JointVoters, leader: number): readonly ConfirmedRead[] {
    const confirmed = jointCommittedIndex(voters, (voter) =>
      voter === leader ? this.#count : this.#acknowledged.get(voter),
    );
    if (confirmed <= this.#confirmedCount) return [];
    const reads = this.#unconfirmed.splice(0, confirmed - this.#confirmedCount);
    this.#confirmedCount += reads.length;
    return reads;
  }

  get #count(): number {
    return this.#confirmedCount + this.#unconfirmed.length;
  }
}
