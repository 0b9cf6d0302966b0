/** Bounds of the replica's driver and transport that no operator needs to turn. */

/** Size of a segment of the log: its room is taken when it is made. A frame that is larger has a segment of its own. */
export const SEGMENT_BYTES: number = 16 * 1024 * 1024;

/** Bytes of batches merged into one frame. What exceeds it goes into the next frame, after the next flush. */
export const FRAME_BYTES_MAX: number = 8 * 1024 * 1024;

/** Messages waiting for one destination's consensus stream. Further ones are dropped: Raft sends them again. */
export const CONSENSUS_QUEUE_COUNT_MAX = 256;

/** Bytes of those messages. The message that exceeds it is dropped, unless the queue is empty. */
export const CONSENSUS_QUEUE_BYTES_MAX: number = 64 * 1024 * 1024;

/** Submit streams to one destination: a stream sends one message per turn of the event loop, which is too few. */
export const SUBMIT_STREAMS = 4;

/** Envelopes waiting for one submit stream. Further ones are refused, and their callers try again. */
export const SUBMIT_QUEUE_COUNT_MAX = 1_024;

/** Bytes of those envelopes. As above. */
export const SUBMIT_QUEUE_BYTES_MAX: number = 16 * 1024 * 1024;

/** Pause before a broken stream is opened again: doubles from the first to the last, and is drawn from its upper half. */
export const RECONNECT_DELAY_MS_MIN = 50;
export const RECONNECT_DELAY_MS_MAX = 2_000;

/** Time one message may take to be handed to the network. Then the stream is torn down and opened again. */
export const SEND_TIMEOUT_MS = 7_000;

/** Bytes of entries that are neither committed nor durable: proposals beyond it are refused as busy. */
export const PENDING_BYTES_MAX: number = 256 * 1024 * 1024;

/** Bytes of entries on their way to one follower. At the bound the leader waits for an acknowledgement. */
export const INFLIGHT_BYTES_MAX: number = 128 * 1024 * 1024;

/** Bytes of committed entries handed to the application at once. The next ones wait until it is done. */
export const APPLY_BYTES_MAX: number = 64 * 1024 * 1024;
