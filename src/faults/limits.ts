/** Bounds of injected faults. */

/** Links that one node's faults may name: more than a development network has nodes. A larger setting is refused. */
export const LINKS_MAX = 128;

/** Longest delay of a message or a flush. */
export const DELAY_MS_MAX = 60_000;

/** Furthest that a clock is set wrong: 100 years, which no certificate outlives. */
export const CLOCK_OFFSET_MS_MAX: number = 100 * 365 * 86_400_000;

/** Failpoints that one node may wait for at once. A larger setting is refused. */
export const FAILPOINTS_MAX = 64;

/**
 * What a development node keeps, in bytes, to undo what it has not flushed. Beyond it everything is flushed on the spot: a loss of
 * power takes less then.
 */
export const UNFLUSHED_BYTES_MAX: number = 64 * 1024 * 1024;

/** Changes of files and folders that it keeps likewise. */
export const UNFLUSHED_CHANGES_MAX = 16_384;

/** A message that the next one is to overtake waits so long for it, and leaves then. */
export const OVERTAKEN_MS_MAX = 100;

/** Messages of one call and direction that wait out a delay. The sender of a further one waits until it has left. */
export const DELAYED_MESSAGES_MAX = 256;
