import type { RaftConfiguration } from "./configuration.ts";
import type { ProgressState } from "./progress.ts";
import type { RoleType } from "./role.ts";
import type { RaftState } from "./state.ts";

/** A leader's view of one follower. */
export interface FollowerStatus {
  readonly id: number;
  /** Last index known to be durable there. */
  readonly match: number;
  readonly next: number;
  readonly state: ProgressState;
  readonly isLearner: boolean;
  /** Index of the snapshot on its way; 0 in the other states. */
  readonly pendingSnapshot: number;
  readonly inflightCount: number;
  /** No append is sent before an answer comes. */
  readonly isPaused: boolean;
  /** Heard from since the leader last counted its followers. */
  readonly isActive: boolean;
}

/** A view for metrics, operators and tests. */
export interface RaftStatus {
  readonly id: number;
  readonly role: RoleType;
  readonly term: number;
  readonly votedFor: number | undefined;
  readonly leaderId: number | undefined;
  /** Where the log in memory begins. */
  readonly firstIndex: number;
  /** Of the latest snapshot, made here or received; 0 before the first. */
  readonly snapshotIndex: number;
  /** Of the received snapshot that the application does not hold yet. */
  readonly installingIndex: number | undefined;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly durableIndex: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly uncommittedBytes: number;
  /** Whom leadership is being handed to. */
  readonly transferTo: number | undefined;
  /** In force: after the last applied change, or that of the last snapshot received. */
  readonly configuration: RaftConfiguration;
  /** At a leader: no configuration change is in its log after this index, and none is taken until it is applied. */
  readonly pendingConfIndex: number | undefined;
  /** False while `RaftOptions.mayVote` holds this node back. */
  readonly mayVote: boolean;
  /** In ascending order of id; empty unless leader. */
  readonly followers: readonly FollowerStatus[];
}

/** What `state` looks like from outside. */
export function statusOf(state: RaftState): RaftStatus {
  const { id, term, votedFor, leaderId, log, role } = state;
  return {
    id,
    role: role.type,
    term,
    votedFor,
    leaderId,
    firstIndex: log.firstIndex,
    snapshotIndex: state.snapshots.latest.index,
    installingIndex: state.snapshots.installingIndex,
    lastIndex: log.last.index,
    lastTerm: log.last.term,
    durableIndex: state.persistQueue.durable,
    commitIndex: log.committed,
    appliedIndex: state.applyQueue.applied,
    uncommittedBytes: log.uncommittedBytes,
    transferTo: role.type === "leader" ? role.transfer?.to : undefined,
    configuration: state.membership.configuration,
    pendingConfIndex: role.type === "leader" ? role.pendingConfIndex : undefined,
    mayVote: state.readmission.type === "none",
    followers: followersOf(state),
  };
}

function followersOf({ role }: RaftState): readonly FollowerStatus[] {
  if (role.type !== "leader") return [];
  const inOrder = [...role.progress].sort(([a], [b]) => a - b);
  return inOrder.map(([id, progress]) => ({
    id,
    match: progress.match,
    next: progress.next,
    state: progress.state,
    isLearner: progress.isLearner,
    pendingSnapshot: progress.pendingSnapshot,
    inflightCount: progress.inflightCount,
    isPaused: progress.isPaused,
    isActive: progress.isActive,
  }));
}
