/**
 * The Raft algorithm as a pure core: elections with pre-vote and check-quorum, replication, commitment, leadership
 * transfer.
 *
 * Owns the rules and the log in memory. Does not own time (ticks are events), the disk and the network (effects), what
 * entries mean, nor the change of voters and snapshots: the voters are fixed at construction.
 *
 * Guarantees, after the Raft paper's figure 3: Election Safety, Leader Append-Only, Log Matching, Leader Completeness
 * and State Machine Safety, provided that the driver keeps the order written at `RaftEffects` and the disk keeps what
 * was flushed.
 */
export { Raft } from "./raft.ts";
export type { RaftErrorCode } from "./errors.ts";
export type { RaftOptions } from "./options.ts";
export type { RaftEvent } from "./event.ts";
export type { PersistToken, RaftEffects } from "./effects.ts";
export { isIdle } from "./effects.ts";
export type { Entry, EntryId, EntryType } from "./entry.ts";
export type { HardState } from "./hard-state.ts";
export type { RestoredState } from "./restored-state.ts";
export type { ProposeResult } from "./leader.ts";
export type { FollowerStatus, RaftStatus } from "./status.ts";
export type { RoleType } from "./role.ts";
export type { ProgressState } from "./progress.ts";
export type { ProposalRefusal, RaftTrace, StepDownReason } from "./trace.ts";
export type {
  AppendAcceptedMessage,
  AppendMessage,
  AppendRejectedMessage,
  HeartbeatAnswerMessage,
  HeartbeatMessage,
  PreVoteAnswerMessage,
  PreVoteMessage,
  RaftMessage,
  RaftMessageType,
  TimeoutNowMessage,
  VoteAnswerMessage,
  VoteMessage,
} from "./message.ts";
