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

/** Longest endpoint (`host:port`) that is believed. A claim with a longer one is refused. */
export const ENDPOINT_LENGTH_MAX = 300;
