/** Bounds of the ledger. */

/**
 * A block file that has reached this size is sealed and the next one begun; only a single larger block exceeds it. A start
 * checks all of the newest file.
 */
export const BLOCK_FILE_BYTES_MAX: number = 16 * 1024 * 1024;

/** Largest marshalled block: what the transport carries. A larger one is refused before it is written. */
export const BLOCK_BYTES_MAX: number = 128 * 1024 * 1024;

/** Blocks that wait for the disk; a further append rejects with `overloaded`. */
export const BLOCKS_WAITING_MAX = 1_024;

/** Blocks written before one flush; those behind them wait for the next. */
export const BLOCKS_PER_FLUSH_MAX = 64;

/** Newest blocks kept in memory for readers, whichever bound is met first; older ones are read from disk. */
export const RECENT_BLOCKS_MAX = 32;
export const RECENT_BLOCKS_BYTES_MAX: number = 16 * 1024 * 1024;

/** Offset tables of sealed block files kept in memory; the least recently used one is read again when needed. */
export const OFFSET_TABLES_MAX = 16;

/** Keys whose Merkle node is built from more rows than this are hashed: Fabric's degree, part of the read-write set. */
export const RANGE_MERKLE_DEGREE = 50;

/** Rows of one range query when the caller sets no bound: Fabric's `totalQueryLimit`. Iteration ends there. */
export const RANGE_ROWS_MAX = 100_000;

/** Private write sets of one transaction that a commit looks through; an honest transaction has one for each endorsement. */
export const TRANSIENT_SETS_PER_TX_MAX = 32;

/** Collections that a report of lost private values names; the sets of further ones are only counted. */
export const LOST_COLLECTIONS_NAMED_MAX = 16;

/** Commits that wait for the disk; a further one rejects with `overloaded`, and changes nothing. */
export const COMMITS_WAITING_MAX = 256;

/** Commits that share one flush, and their bytes in blocks and state; at least one. Those behind them wait for the next. */
export const COMMIT_GROUP_COUNT_MAX = 64;
export const COMMIT_GROUP_BYTES_MAX: number = 16 * 1024 * 1024;

/** Blocks that an opening ledger applies before it waits for the disk. Less than COMMITS_WAITING_MAX. */
export const REPLAYED_TOGETHER_MAX = 64;

/** Pause before what a full disk refused is tried again. */
export const SPACE_RETRY_MS = 1_000;

/** Namespaces whose beginning of keys is kept; of further ones the least recently used is made again when needed. */
export const KEY_PREFIXES_MAX = 1_024;
