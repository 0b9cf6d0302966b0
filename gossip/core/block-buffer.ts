/**
 * Blocks that have arrived and are not yet in the ledger, unverified: the chain before a block is needed to judge it, so each waits for
 * its turn. One number may have several candidates, so that a forged block keeps no true one out.
 *
 * Invariant: every number held is at least `height` and below `height + BUFFER_BLOCKS_MAX`; `bytes` is the sum over all candidates.
 */
import { assert } from "../../src/kernel/assert.ts";
import { equalBytes } from "../../src/kernel/bytes.ts";
import type { PeerId } from "./claims.ts";
import { BUFFER_BLOCKS_MAX, BUFFER_BYTES_MAX, CANDIDATES_PER_BLOCK_MAX } from "./limits.ts";

/** How a block came: `transfer` was asked for by this peer's own need and is old news to others. */
export type BlockRoute = "push" | "pull" | "transfer";

export interface Candidate {
  readonly from: PeerId;
  readonly route: BlockRoute;
  readonly bytes: Uint8Array;
}

export class BlockBuffer {
  #height: number;
  #bytes = 0;
  readonly #candidates = new Map<number, Candidate[]>();

  /** `height`: the number of the next block that the ledger needs. */
  constructor(height: number) {
    this.#height = height;
  }

  get height(): number {
    return this.#height;
  }

  /** Numbers for which something is held. */
  get count(): number {
    return this.#candidates.size;
  }

  has(number: number): boolean {
    return this.#candidates.has(number);
  }

  /** True when the block is kept: it is within reach, it is no copy of one already here, and there is room. */
  add(number: number, candidate: Candidate): boolean {
    if (number < this.#height || number >= this.#height + BUFFER_BLOCKS_MAX) return false;
    const held = this.#candidates.get(number) ?? [];
    if (held.length >= CANDIDATES_PER_BLOCK_MAX) return false;
    if (held.some((other) => isSame(other, candidate))) return false;
    this.#candidates.set(number, [...held, candidate]);
    this.#bytes += candidate.bytes.length;
    this.#shrink();
    return this.#candidates.get(number)?.includes(candidate) === true;
  }

  /** The block to judge next: the first candidate for the ledger's next number. It stays until it is removed. */
  next(): Candidate | undefined {
    return this.#candidates.get(this.#height)?.[0];
  }

  /** Drops everything that came from `peer`. */
  dropFrom(peer: PeerId): void {
    for (const [number, held] of [...this.#candidates]) {
      this.#replace(
        number,
        held.filter(({ from }) => from !== peer),
      );
    }
  }

  /** The ledger has every block below `height`; it never shrinks. */
  advance(height: number): void {
    this.#height = Math.max(this.#height, height);
    for (const number of [...this.#candidates.keys()]) {
      if (number < this.#height) this.#replace(number, []);
    }
  }

  #shrink(): void {
    while (this.#bytes > BUFFER_BYTES_MAX && this.#candidates.size > 1) {
      this.#replace(Math.max(...this.#candidates.keys()), []);
    }
  }

  #replace(number: number, kept: Candidate[]): void {
    for (const { bytes } of this.#candidates.get(number) ?? []) this.#bytes -= bytes.length;
    for (const { bytes } of kept) this.#bytes += bytes.length;
    if (kept.length === 0) this.#candidates.delete(number);
    else this.#candidates.set(number, kept);
    assert(this.#bytes >= 0, "what is dropped was counted when it came");
  }
}

// One sender has one say about a number, and equal bytes need judging once.
function isSame(a: Candidate, b: Candidate): boolean {
  return a.from === b.from || equalBytes(a.bytes, b.bytes);
}
