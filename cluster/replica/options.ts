/** How one member of one channel's group runs. Times and sizes come from the channel's configuration. */
export interface RaftReplicaOptions {
  readonly channelId: string;
  /** This member, one of `voters`. */
  readonly raftId: number;
  /** 1 to N: the places in the consenter list of the genesis block. */
  readonly voters: readonly number[];
  /** Of the write-ahead log. */
  readonly directory: string;
  /** Fabric's default is 500. */
  readonly tickIntervalMs: number;
  /** Ticks without a leader until an election, from 2; Fabric's default is 10. */
  readonly electionTicks: number;
  /** Ticks between heartbeats, less than `electionTicks`; Fabric's default is 1. */
  readonly heartbeatTicks: number;
  /** Bytes of entries in one message: Fabric takes the preferred size of a block. */
  readonly messageBytesMax: number;
  /** Messages with entries on their way to one member; Fabric's default is 5. */
  readonly inflightMessagesMax: number;
}
