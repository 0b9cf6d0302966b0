/** Bounds of the transport. */

/** Largest message in either direction: Fabric's default (100 MiB). A larger one ends its call with RESOURCE_EXHAUSTED. */
export const RPC_MESSAGE_BYTES_MAX: number = 100 * 1024 * 1024;

/** UTF-16 units of a status text: it travels in a header, percent-encoded. A longer one is cut. */
export const RPC_STATUS_TEXT_LENGTH_MAX = 4_096;

/** Received messages that wait for a handler before the stream is paused. */
export const RPC_QUEUE_COUNT_MAX = 64;

/** Concurrent calls of one connection. Further ones wait in the client's HTTP/2 stack. */
export const RPC_STREAMS_PER_CONNECTION_MAX = 1_000;

/** Time a client may take for its TLS handshake before it is disconnected. */
export const TLS_HANDSHAKE_TIMEOUT_MS = 5_000;

/** Calls still open at a server's close are cancelled after this time. */
export const RPC_CLOSE_GRACE_MS = 500;

/**
 * A call counts as ended by its deadline when it is cancelled at most this time before: a client gives up at its own
 * deadline, which is earlier than the server's by the way of the request.
 */
export const RPC_DEADLINE_SKEW_MS = 250;

/** Connections one listener holds; a further one is refused. */
export const CONNECTIONS_MAX = 2_000;

/** Idle-connection pings of clients, as Fabric's clients send them. */
export const KEEPALIVE_INTERVAL_MS = 60_000;
export const KEEPALIVE_TIMEOUT_MS = 20_000;
