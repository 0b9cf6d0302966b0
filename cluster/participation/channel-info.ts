/** Fabric: this orderer's part in the channel's consensus. A follower is not among the consenters. */
export type ConsensusRelation = "consenter" | "follower" | "config-tracker" | "other";

/** Fabric: `onboarding` until the block it was joined with is here, `inactive` once halted, `failed` for what stopped. */
export type ChannelStatus = "active" | "onboarding" | "inactive" | "failed";

/** What an administrator is told of one channel. */
export interface ChannelInfo {
  readonly name: string;
  readonly consensusRelation: ConsensusRelation;
  readonly status: ChannelStatus;
  /** Number of blocks. */
  readonly height: number;
}
