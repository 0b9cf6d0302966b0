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

/** An orderer that has not said by then which block is its newest has failed: it cannot be heard. */
export const PULL_ANSWER_MS = 3_000;

/**
 * An orderer that sends nothing for this long is left for another: it may be cut off, or withhold. The first after a block;
 * then, as long as none comes from anybody, each time so much longer, up to one of the last two: for a block that there may
 * not be, which costs an idle channel a question as often, and for one that the orderer says it has.
 */
export const PULL_SILENCE_MS_MIN = 3_000;
export const PULL_PATIENCE_FACTOR = 2;
export const PULL_IDLE_MS_MAX = 10_000;
export const PULL_SILENCE_MS_MAX = 30_000;

/**
 * A peer to which every orderer has failed for so long leaves pulling to another of its organisation; each time in vain so
 * much later, up to the last. Longer than orderers take to elect a leader.
 */
export const CUT_OFF_MS_MIN = 5_000;
export const CUT_OFF_FACTOR = 2;
export const CUT_OFF_MS_MAX = 60_000;

/** Signatures of one block that are looked at. A block with more is refused before any is verified. */
export const BLOCK_SIGNATURES_MAX = 256;

/** A ledger that is fewer blocks behind than this does not catch up in ranges: the ordinary ways bring them. */
export const CATCH_UP_LAG_MIN = 20;

/** Blocks of one request while catching up. */
export const CATCH_UP_RANGE_BLOCKS = 32;

/** A request while catching up is for a whole range, or for this part of the window where a range is more, or for all that is left. */
export const CATCH_UP_REQUESTS_MIN = 4;

/** Requests to one source at a time while catching up. */
export const CATCH_UP_RANGES_PER_SOURCE_MAX = 2;

/** Failures in a row after which a source is not asked any more in this catching up. */
export const CATCH_UP_STRIKES_MAX = 3;

/** Blocks asked for or held at a time while catching up, and their bytes by the average so far; at least one request's. */
export const CATCH_UP_WINDOW_BLOCKS = 512;
export const CATCH_UP_WINDOW_BYTES: number = 64 * 1024 * 1024;

/** Blocks whose signatures are verified at a time while catching up. */
export const CATCH_UP_VERIFIED_AT_A_TIME = 16;

/** Sources that are asked while catching up: the first so many. */
export const CATCH_UP_SOURCES_MAX = 16;

/** A source that has not told its height by then is left out. */
export const CATCH_UP_PROBE_MS = 1_500;

/** A source that sends nothing for this long while catching up has failed. */
export const CATCH_UP_SILENCE_MS = 10_000;

/** A source that has not brought the whole of one request by then has failed, however steadily it sends. */
export const CATCH_UP_RANGE_MS = 60_000;
