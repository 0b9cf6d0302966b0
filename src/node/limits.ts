/** Bounds of a node as a whole. */

/** Channels of one peer, as many as its gossip takes. A further join is refused. */
export const CHANNELS_MAX = 1_000;
