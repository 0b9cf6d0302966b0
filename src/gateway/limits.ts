/** Bounds of the gateway. */

/** Calls served at a time, waiting ones and open event streams included. A further one fails at once. */
export const GATEWAY_CALLS_MAX = 500;

/** Time one endorser may take. Then the call counts as failed and the next endorser is asked. */
export const ENDORSEMENT_TIMEOUT_MS = 30_000;

/** An endorser that has not answered by then may be frozen or cut off: a further one is asked. Most contracts take milliseconds. */
export const ENDORSEMENT_PATIENCE_MS = 3_000;

/** Time one orderer may take to make a transaction durable. Then the next orderer is asked. */
export const BROADCAST_TIMEOUT_MS = 30_000;

/** An orderer that has not answered by then may be frozen or cut off: a further one is asked. Longer than an election takes. */
export const BROADCAST_PATIENCE_MS = 3_000;

/** Connections to other nodes kept at a time. Beyond it the least recently used one is closed. */
export const CONNECTIONS_KEPT_MAX = 256;

/** Open Broadcast streams without a transaction kept for one orderer. Further ones are closed after use. */
export const IDLE_STREAMS_MAX = 64;

/** For this long after a failure an orderer is asked only after the others. */
export const ORDERER_AVOIDED_MS = 5_000;

/** Organisations that one request may name. More are refused as an invalid argument. */
export const ORGANIZATIONS_MAX = 256;

/** Characters of one error message or detail. What is longer is cut: it travels in HTTP/2 headers. */
export const ERROR_TEXT_LENGTH_MAX = 2_048;

/** Characters of all details of one error. Further details are left out. */
export const ERROR_DETAILS_LENGTH_MAX = 16_384;

/** Plans of endorsement that a channel remembers, and the longest interest that one is remembered for: a plan is kilobytes. */
export const PLANS_REMEMBERED_MAX = 64;
export const INTEREST_REMEMBERED_BYTES_MAX = 2_048;
