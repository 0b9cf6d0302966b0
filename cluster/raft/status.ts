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
  readonly inflightCount: number;
  /** Heard from since the leader last counted its followers. */
  readonly isActive: boolean;
}

/** A snapshot for metrics, operators and tests. */
export interface RaftStatus {
  readonly id: number;
  readonly role: RoleType;
  readonly term: number;
  readonly votedFor: number | undefined;
  readonly leaderId: number | undefined;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly durableIndex: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly uncommittedBytes: number;
  /** Whom leadership is being handed to. */
  readonly transferTo: number | undefined;
  readonly voters: readonly number[];
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
    lastIndex: log.last.index,
    lastTerm: log.last.term,
    durableIndex: state.persistQueue.durable,
    commitIndex: log.committed,
    appliedIndex: state.applyQueue.applied,
    uncommittedBytes: log.uncommittedBytes,
    transferTo: role.type === "leader" ? role.transfer?.to : undefined,
    voters: [...state.voters],
    followers: followersOf(state),
  };
}

function followersOf({ role }: RaftState): readonly FollowerStatus[] {
  if (role.type !== "leader") return [];
  return Array.from(role.progress, ([id, progress]) => ({
    id,
    match: progress.match,
    next: progress.next,
    state: progress.state,
    inflightCount: progress.inflightCount,
    isActive: progress.isActive,
  }));
}
