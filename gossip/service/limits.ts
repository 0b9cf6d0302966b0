/** Bounds of connections and of what is done for one remote peer. */

/** Messages that wait to be sent to one peer, as Fabric has it. When full, a further message is dropped and counted. */
export const SEND_QUEUE_COUNT_MAX = 200;

/** Bytes that wait to be sent to one peer. When exceeded, a further message is dropped and counted; a lone message of any size is taken. */
export const SEND_QUEUE_BYTES_MAX: number = 32 * 1024 * 1024;

/** Authenticated streams, both directions. When full, a peer without one is refused. */
export const CONNECTIONS_MAX = 2_000;

/** Streams in their handshake. When full, a further one is refused. */
export const HANDSHAKES_MAX = 100;

/** Dials under way. When full, a further one is not begun; whoever wanted it tries again later. */
export const DIALS_MAX = 64;

/** Messages that wait for a dial. When full, a further one is dropped and counted. */
export const DIAL_QUEUE_COUNT_MAX = 50;

/** A peer that could not be dialled, or that hung up before this time was over, is left alone for as long; messages to it are dropped. */
export const DIAL_PAUSE_MS = 1_000;

/** Time for a stream to be opened to a peer and for its identity to be proved, both together. */
export const DIAL_TIMEOUT_MS = 5_000;

/** Time in which an accepted stream must prove an identity, as Fabric has it. */
export const HANDSHAKE_TIMEOUT_MS = 2_000;

/** Two peers that dial each other within this time keep the stream of the one with the smaller id; later a new stream replaces the old. */
export const SIMULTANEOUS_DIAL_MS = 1_000;

/** Ranges of blocks served at once in one channel. */
export const SERVES_MAX = 4;

/** Requests for blocks that wait to be served in one channel. When full, a further one is dropped and its sender asks elsewhere. */
export const SERVE_QUEUE_MAX = 64;

/** Blocks of one answer: no more after these bytes, though always one. */
export const SERVE_BYTES_MAX: number = 16 * 1024 * 1024;

/** Channels of one peer. A further one is a mistake of the host's. */
export const CHANNELS_MAX = 1_000;

/** Bytes of a claim about membership, its certificate among them. A larger one is refused: claims are kept, and passed on to all. */
export const ALIVE_CLAIM_BYTES_MAX: number = 64 * 1024;

/** Longest endpoint (`host:port`) that is believed. A claim with a longer one is refused. */
export const ENDPOINT_LENGTH_MAX = 300;

/** Pushes and questions of private data that wait for an answer. When full, a further one counts as unanswered at once. */
export const PRIVATE_PENDING_MAX = 4_096;

/** Time for a peer to acknowledge a private set, as Fabric has it (`pushAckTimeout`). */
export const PRIVATE_ACK_TIMEOUT_MS = 3_000;

/** Time for a peer to answer a question for private sets. */
export const PRIVATE_ANSWER_TIMEOUT_MS = 3_000;

/** Time that the commit of a block waits for private sets, as Fabric has it (`pullRetryThreshold`); then they count as missing. */
export const PRIVATE_GATHER_TIMEOUT_MS = 60_000;

/** Digests of one question that are looked up; the rest are passed over and count as not found. */
export const PRIVATE_DIGESTS_SERVED_MAX = 100;

/** Bytes of one answer: no more sets after these, though always one. */
export const PRIVATE_SERVE_BYTES_MAX: number = 16 * 1024 * 1024;

/** Private sets, and their bytes, that one peer may push in a second; further ones are refused. */
export const PRIVATE_PUSHES_PER_SECOND_MAX = 2_000;
export const PRIVATE_PUSH_BYTES_PER_SECOND_MAX: number = 64 * 1024 * 1024;

/** Longest name of a chaincode or a collection, and longest transaction id, in private data; a longer one is refused. */
export const NAME_LENGTH_MAX = 256;
export const TX_ID_LENGTH_MAX = 128;

/** The longest time without a look at the clock, whatever is due. */
export const TICK_PAUSE_MS_MAX = 1_000;

/** Missing sets that one round of reconciliation looks at and asks for; the next round goes on below them. */
export const RECONCILE_SCAN_MAX = 500;
export const RECONCILE_SETS_MAX = 100;

/** Pauses of reconciliation: within one pass over what is missing, after a pass that found something, and, doubling, at most. */
export const RECONCILE_STEP_MS = 100;
export const RECONCILE_INTERVAL_MS = 2_000;
export const RECONCILE_INTERVAL_MS_MAX = 60_000;

/** Private sets that wait for their transaction are forgotten so many blocks later, as Fabric has it (`transientstoreMaxBlockRetention`). */
export const TRANSIENT_RETENTION_BLOCKS = 1_000;

/** Pushed private sets that are kept for one transaction; a further one is refused. Below what a commit looks through, so that there is always room for what this peer endorsed and fetched itself. */
export const PUSHED_SETS_PER_TX_MAX = 28;

/** Names of channels, as peers name them to those who may not know their ids, that are kept; a further one is hashed again. */
export const CHANNEL_MACS_MAX = 8_192;
