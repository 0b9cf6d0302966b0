/**
 * The Raft algorithm as a pure core: elections with pre-vote and check-quorum, replication, commitment, leadership
 * transfer, changes of the members with learners and joint configurations, log compaction with snapshots, and reads
 * without an entry in the log.
 *
 * Owns the rules and the log in memory. Does not own time (ticks are events), the disk and the network (effects), what
 * entries and snapshots mean, nor their encoding: the driver decodes the configuration change of an entry.
 *
 * A change of the configuration is in force at a node when its application has applied the entry, not when it is in the
 * log as in Raft §6: then a truncated log takes nothing back. It is safe because a leader takes the next change only
 * after it has applied the last one, and because a node does not campaign while a committed change is not applied.
 *
 * Guarantees, after the Raft paper's figure 3: Election Safety, Leader Append-Only, Log Matching, Leader Completeness
 * and State Machine Safety, provided that the driver keeps the order written at `RaftEffects` and the disk keeps what
 * was flushed.
 */
export { Raft } from "./raft.ts";
export type { RaftErrorCode } from "./errors.ts";
export type { RaftOptions, RaftTuning } from "./options.ts";
export type { ConfChangeKind, RaftEvent } from "./event.ts";
export type { PersistToken, RaftEffects, ReadState } from "./effects.ts";
export { isIdle } from "./effects.ts";
export type { Entry, EntryId, EntryType } from "./entry.ts";
export type { HardState } from "./hard-state.ts";
export type { RestoredState } from "./restored-state.ts";
export { emptyState } from "./restored-state.ts";
export type { Snapshot } from "./snapshot.ts";
export { initialSnapshot } from "./snapshot.ts";
export { changeConfiguration } from "./conf-changer.ts";
export type { ConfChangeRefusal, ConfChangeResult } from "./conf-changer.ts";
export type { ConfChange, ConfChangeOp, RaftConfiguration } from "./configuration.ts";
export type { ProposeResult } from "./proposal.ts";
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
  ReadIndexAnswerMessage,
  ReadIndexMessage,
  SnapshotMessage,
  TimeoutNowMessage,
  VoteAnswerMessage,
  VoteMessage,
} from "./message.ts";
