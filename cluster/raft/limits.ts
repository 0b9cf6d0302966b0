/** Bounds of the Raft core that no operator needs to turn; those that one may are in options.ts. */

/** Members of one group. A change beyond is refused: majorities are recounted for each acknowledgement. */
export const VOTERS_MAX = 128;

/** Entries of one append, beside the bound on its bytes. The rest goes in the next one. */
export const ENTRIES_PER_APPEND_MAX = 4_096;

/** Entries believed in one append of a peer, which may have other bounds than ours. A longer one is ignored. */
export const ENTRIES_FROM_PEER_MAX = 65_536;

/** Entries of one proposal. More are refused as "too large". */
export const ENTRIES_PER_PROPOSAL_MAX = 1_024;

/** Batches handed to the driver and not yet durable. At the bound, what follows waits and merges into the next batch. */
export const PERSIST_BATCHES_MAX = 64;

/** Messages waiting for the driver, in each of the two outboxes. Further ones are dropped, as a network may drop them. */
export const OUTBOX_MESSAGES_MAX = 4_096;

/** Reads waiting at a leader to be confirmed, and answers to reads waiting for the driver. Further ones are dropped. */
export const READS_MAX = 4_096;

/** Bytes of a read's context. A longer one of a peer is ignored. */
export const READ_CONTEXT_BYTES_MAX = 256;

/** Election timeouts after which a snapshot that nobody reported on is taken for lost, and sent again. */
export const SNAPSHOT_WAIT_ELECTIONS = 8;

/** Trace events waiting for the driver. Further ones are dropped and counted. */
export const TRACE_EVENTS_MAX = 1_024;

/** Largest term or index believed from a peer: leaves room to count on without losing integer precision. */
export const NUMBER_FROM_PEER_MAX: number = 2 ** 52;
