import { MESSAGE_BYTES_MAX, TICK_INTERVAL_MS_MAX, TICK_INTERVAL_MS_MIN } from "./limits.ts";

/** Times and sizes that come from the channel's configuration and change with it. */
export interface ReplicaTuning {
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

/** How one member of one channel's group runs. */
export interface RaftReplicaOptions extends ReplicaTuning {
  readonly channelId: string;
  /** This member. Fabric: an id is given once. */
  readonly raftId: number;
  /** Of the group now. A new group has the ids 1 to N: the places in the consenter list of the genesis block. */
  readonly voters: readonly number[];
  /** Of the write-ahead log. */
  readonly directory: string;
  /** Size of a segment of the log, a multiple of 512. Default `SEGMENT_BYTES`. */
  readonly segmentBytes?: number;
  /** Free bytes of the disk below which nothing new is ordered; 0: they are not watched. Default `DISK_FREE_BYTES_MIN`. */
  readonly diskFreeBytesMin?: number;
}

/** The same within the bounds of limits.ts: a configuration may say anything that is not zero. */
export function boundedTuning<T extends ReplicaTuning>(tuning: T): T {
  const { tickIntervalMs, messageBytesMax } = tuning;
  return {
    ...tuning,
    tickIntervalMs: Math.min(TICK_INTERVAL_MS_MAX, Math.max(TICK_INTERVAL_MS_MIN, tickIntervalMs)),
    messageBytesMax: Math.min(MESSAGE_BYTES_MAX, messageBytesMax),
  };
}
