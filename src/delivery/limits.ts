/** Bounds of block delivery. */

/** Deliver streams open at a time on one service. A further one fails at once with RESOURCE_EXHAUSTED. */
export const DELIVER_STREAMS_MAX = 2_500;

/** Largest difference between a request's timestamp and this node's clock. Beyond it: BAD_REQUEST. */
export const DELIVER_TIME_WINDOW_MS: number = 15 * 60 * 1_000;

/** Pause after the n-th round in a row in which every orderer failed: first × factor^(n-1), at most the last. */
export const PULL_BACKOFF_MS_MIN = 100;
export const PULL_BACKOFF_FACTOR = 1.2;
export const PULL_BACKOFF_MS_MAX = 10_000;

/** A stream that held for this long ends a row of failures, even if no block came on it. */
export const PULL_STEADY_MS = 2_000;

/** An orderer that sends nothing for this long is left for another: it may be cut off from its leader, or withhold. */
export const PULL_SILENCE_MS_MAX = 30_000;

/** Signatures of one block that are looked at. A block with more is refused before any is verified. */
export const BLOCK_SIGNATURES_MAX = 256;
