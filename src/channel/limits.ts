/** Bounds of a channel configuration. */

/** Groups, values and policies of one configuration. A larger one is refused. */
export const CONFIG_ELEMENTS_MAX = 20_000;

/** Groups within groups, the channel group included. A deeper one is refused; Fabric's own have three levels. */
export const CONFIG_DEPTH_MAX = 8;

/** Characters of a channel id and of the name of a group, value or policy, as in Fabric. */
export const NAME_LENGTH_MAX = 249;

/** Characters of a duration. A longer text is refused. */
export const DURATION_LENGTH_MAX = 64;

/** What Fabric's orderers use when the configured snapshot interval is zero (16 MiB). */
export const SNAPSHOT_INTERVAL_BYTES_DEFAULT: number = 16 * 1024 * 1024;

/** Signatures of one configuration update times its bytes. An update of more is refused before any is verified. */
export const SIGNED_UPDATE_BYTES_MAX: number = 64 * 1024 * 1024;
