/** Fabric: this orderer's part in the channel's consensus. A follower is not among the consenters. */
export type ConsensusRelation = "consenter" | "follower" | "config-tracker" | "other";

/** Fabric: `onboarding` until the block it was joined with is here, `inactive` once halted and
 * while this node takes no part in the group that it belongs to, `failed` for what stopped. */
export type ChannelStatus = "active" | "onboarding" | "inactive" | "failed";

/** What an administrator is told of one channel. */
export interface ChannelInfo {
  readonly name: string;
  readonly consensusRelation: ConsensusRelation;
  readonly status: ChannelStatus;
  /** Number of blocks. */
  readonly height: number;
  /** What keeps the channel from being served here as it should, and what helps; absent when nothing does. */
  readonly complaint?: string;
}
