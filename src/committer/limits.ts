/** Bounds of validation and commit. */

/** Transactions of one block whose signatures are verified at a time. Further ones wait their turn. */
export const TRANSACTIONS_VERIFIED_AT_A_TIME = 128;

/** Blocks that `Committer.store` holds: some being written, one judged, the others verified ahead. A further one is refused. */
export const BLOCKS_HELD_MAX = 160;

/**
 * Blocks of an intake that are not committed yet, and the bytes of their transactions; whoever brings more waits. Enough for
 * one group that is being written and one that is being judged meanwhile. Less than BLOCKS_HELD_MAX.
 */
export const BLOCKS_IN_COMMIT_MAX = 128;
export const BLOCKS_IN_COMMIT_BYTES_MAX: number = 32 * 1024 * 1024;

/**
 * Namespaces, collections and policies of keys whose endorsement policy is kept compiled; of further ones it is compiled
 * again.
 */
export const NAMESPACES_REMEMBERED_MAX = 256;
export const COLLECTION_POLICIES_REMEMBERED_MAX = 1_024;
export const KEY_POLICIES_REMEMBERED_MAX = 1_024;
