/** Bounds of endorsement. */

/** Proposals of remote callers processed at a time. A further one fails at once with RESOURCE_EXHAUSTED. */
export const PROPOSALS_MAX = 2_500;

/** Largest difference between a proposal's timestamp and the peer's clock. Beyond it the proposal is rejected. */
export const PROPOSAL_TIME_WINDOW_MS: number = 15 * 60 * 1_000;
