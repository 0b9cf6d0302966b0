/** Bounds of participation. */

/** Channels of one orderer. A join beyond it is refused; channels on disk are opened however many they are. */
export const CHANNELS_MAX = 1_000;

/** Channels opened at a time when the node starts. The others wait. */
export const OPENING_COUNT_MAX = 8;

/**
 * Blocks in a row that do not continue what was pulled before, for each orderer that may be asked. More of them mean that
 * what was pulled is wrong, not what comes: everything is dropped and pulled again.
 */
export const DISCONTINUITIES_PER_ENDPOINT_MAX = 2;

/** Parts of one form. A form with more is refused. */
export const FORM_PARTS_MAX = 16;

/** Bytes of the headers of one part. A form beyond it is refused. */
export const FORM_HEADER_BYTES_MAX = 4_096;

/** How often a drained node looks whether it leads, and hands that over. */
export const DRAIN_CHECK_MS = 1_000;

/** Bytes of a request of an operator. A larger one is refused. */
export const OPERATOR_BODY_BYTES_MAX = 4_096;

/** Time for the other consenters to say what they have of a channel that this node has forgotten. Then they may have more. */
export const INQUIRY_MS = 3_000;
