/** Bounds of the replica's driver and transport that no operator needs to turn. */

/** Size of a segment of the log: its room is taken when it is made. A frame that is larger has a segment of its own. */
export const SEGMENT_BYTES: number = 16 * 1024 * 1024;

/** Size of the first segment: most of many channels are small, and each has one. */
export const FIRST_SEGMENT_BYTES: number = 1024 * 1024;

/** Bytes of zeros written at once to a new segment. */
export const ZEROS_BYTES: number = 1024 * 1024;

/** Bytes of batches merged into one frame. What exceeds it goes into the next frame, after the next flush. */
export const FRAME_BYTES_MAX: number = 8 * 1024 * 1024;

/** Messages waiting for one destination's consensus stream. Further ones are dropped: Raft sends them again. */
export const CONSENSUS_QUEUE_COUNT_MAX = 256;

/** Bytes of those messages. The message that exceeds it is dropped, unless the queue is empty. */
export const CONSENSUS_QUEUE_BYTES_MAX: number = 64 * 1024 * 1024;

/** Submit streams to one destination: a stream sends one message per turn of the event loop, which is too few. */
export const SUBMIT_STREAMS = 4;

/** Channels whose streams to one member share a connection, and its window. A further channel gets another. */
export const CHANNELS_PER_CONNECTION_MAX = 16;

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

/** Bytes of entries in one message, whatever the configuration says. An entry above it travels alone. */
export const MESSAGE_BYTES_MAX: number = 32 * 1024 * 1024;

/** Time between two ticks, whatever the configuration says: a shorter one counts as the first, a longer one as the last. */
export const TICK_INTERVAL_MS_MIN = 1;
export const TICK_INTERVAL_MS_MAX = 600_000;

/** Bytes of committed entries handed to the application at once. The next ones wait until it is done. */
export const APPLY_BYTES_MAX: number = 64 * 1024 * 1024;

/** Free bytes of the disk below which a member orders nothing new; below half of it, it takes nothing from others. */
export const DISK_FREE_BYTES_MIN: number = 128 * 1024 * 1024;

/** Room counts as regained above this multiple of the mark. */
export const DISK_ROOM_REGAINED_FACTOR = 1.25;

/** How often the free bytes are looked at. */
export const DISK_CHECK_MS = 1_000;

/** Entries before a snapshot that stay in memory, for members that are a little behind. Fabric: 4. */
export const SNAPSHOT_CATCH_UP_ENTRIES = 4;

/** Reads that wait for the leader's word. A further one is refused. */
export const READS_WAITING_MAX = 1_024;

/** Time for a member to say that it does not admit this node. Then it may. */
export const ADMISSION_INQUIRY_MS = 3_000;
