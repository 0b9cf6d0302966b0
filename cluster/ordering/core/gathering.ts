/** How long a leader with nothing in flight may hold a batch open. */
export interface GatheringLimits {
  /** Longest time in milliseconds. */
  readonly gatherMsMax: number;
  /** Transactions that must be expected in that time: for fewer it is not worth it. */
  readonly gatherCountMin: number;
}

// Weight of the newest observation in the running means.
const GAP_WEIGHT = 1 / 16;
const BLOCK_WEIGHT = 1 / 4;
// A batch is held open for as long as a block takes, times this.
const BLOCKS_WAITED = 3;
// A burst is over when nothing has come for so many mean gaps: of one arrival in 50 at random times that is said too early.
const QUIET_GAPS = 4;
// Before anything is known nothing is expected.
const GAP_MS_AT_FIRST = 1_000;

/**
 * When to cut a batch although nothing is in flight. A block costs every node of the channel something, however little is
 * in it. A busy machine takes long for a block, and then many transactions come in that time: so a batch is held open for
 * about as long as a block takes lately, provided that several more transactions are to be expected and that they keep
 * coming. Where few come or blocks are quick, it is cut at once.
 */
export class Gathering {
  readonly #limits: GatheringLimits;
  #gapMs = GAP_MS_AT_FIRST;
  #blockMs = 0;
  #lastArrivalMs: number | undefined;

  constructor(limits: GatheringLimits) {
    this.#limits = limits;
  }

  /** A transaction came. */
  arrived(nowMs: number): void {
    const sinceMs = nowMs - (this.#lastArrivalMs ?? nowMs - GAP_MS_AT_FIRST);
    this.#lastArrivalMs = nowMs;
    this.#gapMs += (Math.min(sinceMs, GAP_MS_AT_FIRST) - this.#gapMs) * GAP_WEIGHT;
  }

  /** A block was applied that was proposed so long ago. */
  blockTook(durationMs: number): void {
    this.#blockMs += (durationMs - this.#blockMs) * BLOCK_WEIGHT;
  }

  /** When to cut a batch whose first transaction came at `firstMs`, if nothing else comes until then. */
  cutAtMs(firstMs: number): number {
    const { gatherMsMax, gatherCountMin } = this.#limits;
    const waitMs = Math.min(gatherMsMax, this.#blockMs * BLOCKS_WAITED);
    if (waitMs < gatherCountMin * this.#gapMs) return firstMs;
    const quietMs = (this.#lastArrivalMs ?? firstMs) + QUIET_GAPS * this.#gapMs;
    return Math.min(firstMs + waitMs, quietMs);
  }
}
