/** Bounds of validation and commit. */

/** Transactions of one block whose signatures are verified at a time. Further ones wait their turn. */
export const TRANSACTIONS_VERIFIED_AT_A_TIME = 128;

/** Blocks that `Committer.store` holds: one being committed, the others verified ahead. A further one is refused. */
export const BLOCKS_HELD_MAX = 20;

/** Blocks of an intake that are not committed yet; whoever brings more waits. Less than BLOCKS_HELD_MAX. */
export const BLOCKS_IN_COMMIT_MAX = 10;
