/** Bounds of ordering. */

/** Envelopes of this node's clients that wait for their block, and their bytes. Further ones get SERVICE_UNAVAILABLE. */
export const PENDING_COUNT_MAX = 20_000;
export const PENDING_BYTES_MAX: number = 256 * 1024 * 1024;

/** Envelopes that a leader has taken and not proposed, and their bytes. Further ones stay with whoever sent them. */
export const WAITING_COUNT_MAX = 40_000;
export const WAITING_BYTES_MAX: number = 512 * 1024 * 1024;

/** Envelopes from other members kept between an election and the new leader's first order. Further ones are dropped. */
export const EARLY_COUNT_MAX = 10_000;

/**
 * Transactions that the channel's order remembers, to answer one that comes again instead of ordering it again. Those of
 * older blocks are ordered again, and peers mark them as duplicates. The same at every orderer: no setting.
 */
export const ORDERED_WINDOW_COUNT = 50_000;

/**
 * Blocks, and transactions, after which what is remembered is written to disk again, in one file of some 3 MB: a start reads
 * the blocks since then.
 */
export const CHECKPOINT_BLOCKS = 500;
export const CHECKPOINT_TRANSACTIONS = 10_000;

/** Bytes of blocks read at once while those transactions are looked up at the start; a larger block is read by itself. */
export const STARTUP_READ_BYTES: number = 4 * 1024 * 1024;

/** Broadcast streams open at a time. A further one fails at once with RESOURCE_EXHAUSTED. */
export const BROADCAST_STREAMS_MAX = 2_500;

/** Clients, and organisations, whose rate is being limited. At the bound the one that was heard of least recently starts anew. */
export const RATE_BUCKETS_MAX = 10_000;

/** Shortest and longest time after which a client is told to try again when too much waits. */
export const RETRY_HINT_MS_MIN = 100;
export const RETRY_HINT_MS_MAX = 5_000;

/** Envelopes of one Broadcast stream that are being ordered. Reading pauses until the oldest is answered. */
export const BROADCAST_WINDOW_MAX = 256;

/** Time from an envelope's arrival until its client is told that nobody knows. */
export const SUBMIT_TIMEOUT_MS = 15_000;

/** An envelope that was sent to the leader and is in no block is sent again after this time: the leader may have dropped it. */
export const SUBMIT_RETRY_MS = 3_000;

/** How often deadlines and retries are looked at, while envelopes wait. */
export const SWEEP_INTERVAL_MS = 100;

/**
 * Longest time that a leader with nothing in flight holds a batch open for more transactions to come. Where blocks are quick
 * it waits no longer than for three of them; this is for machines on which a block takes a tenth of a second.
 */
export const GATHER_MS_MAX = 250;

/** Transactions that must be expected within that time. For fewer the batch is cut at once. */
export const GATHER_COUNT_MIN = 2;

/** Pause before a proposal that the log refused is tried again, when nothing in flight will cause that. */
export const PROPOSE_RETRY_MS = 50;

/** Blocks that a catch-up has taken and not yet flushed. Then it waits before it takes the next. */
export const CATCH_UP_BLOCKS_IN_FLIGHT_MAX = 32;

/** An orderer that sends a catching-up one nothing for this long is left for another: it may have no more itself. */
export const CATCH_UP_SILENCE_MS_MAX = 5_000;

/** Time without a block from any orderer after which a catch-up gives up and says so. Whoever asked for it tries again. */
export const CATCH_UP_WITHOUT_BLOCK_MS_MAX = 60_000;

/** How often that is looked at. */
export const CATCH_UP_WATCH_MS = 500;

/** How often a leader looks whether the members of the group are those of the configuration. */
export const MEMBERSHIP_CHECK_MS = 200;

/** Time for which a new member that has answered counts as present. */
export const HEARD_MS_MAX = 2_000;

/** A node that the configuration no longer names asks the others whether they let it go when it has known no leader for this time. */
export const EVICTED_LEADERLESS_MS = 5_000;

/**
 * A node that has known no leader for this time looks whether the other orderers' blocks still name it, and again after
 * each such time. Fabric: ten minutes.
 */
export const EVICTION_SUSPICION_MS = 60_000;

/**
 * A node that has known no leader for this time looks in the other orderers' blocks for members that it does not know yet,
 * and again after a pause that doubles from the same time up to the last.
 */
export const NEWER_MEMBERS_LEADERLESS_MS = 5_000;
export const NEWER_MEMBERS_PAUSE_MS_MAX = 60_000;

/** A node that has known no leader for this time says so where its health is asked for: an election is over sooner. */
export const LEADERLESS_COMPLAINT_MS = 10_000;

/** Time without a block from any orderer after which a look at the blocks of others is over. */
export const LOOK_WITHOUT_BLOCK_MS_MAX = 6_000;

/**
 * Time for which a member is reached, and taken from, under a replaced certificate, since it has to hand over what it
 * leads; and after its removal, of which the leader tells it.
 */
export const LEAVER_GRACE_MS = 2_000;

/** Configurations that are searched for members that Raft still has and the configuration in force does not. */
export const FORMER_CONFIGS_MAX = 1_000;

/** Bytes of the record of a recovery. A longer one is refused as damaged. */
export const RECOVERY_RECORD_BYTES_MAX = 65_536;

/** Blocks that are given to the block store at once: less than it lets wait. The others wait for these. */
export const BLOCKS_WRITTEN_TOGETHER_MAX = 512;
