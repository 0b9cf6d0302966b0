import type { Progress } from "./progress.ts";
import type { ReadQueue } from "./read-queue.ts";

/** Follows `leaderId`, or waits for one. */
export interface FollowerRole {
  readonly type: "follower";
  readonly leaderId: number | undefined;
}

/** Asks whether an election could be won, without disturbing anyone's term. */
export interface PreCandidateRole {
  readonly type: "preCandidate";
  /** Answers by voter: a second answer of one voter does not count. */
  readonly votes: Map<number, boolean>;
  /** Another one asks at the same time and goes first, until the next time that this node asks. */
  givesWay: boolean;
}

/** Stands for election in the current term. */
export interface CandidateRole {
  readonly type: "candidate";
  /** As above. The own vote is in it once it is durable. */
  readonly votes: Map<number, boolean>;
  /** The leader asked for it. */
  readonly isTransfer: boolean;
}

/** A member that this leader has removed. */
export interface Departed {
  /** Its log is known to equal the leader's up to here. */
  match: number;
  /** Index of the entry that removed it. */
  readonly removedAt: number;
  /** In ticks, since then. */
  elapsed: number;
}

/** Leads the current term. */
export interface LeaderRole {
  readonly type: "leader";
  /** Every member but this node. */
  readonly progress: Map<number, Progress>;
  /** Members that were removed a moment ago and may not know it yet. */
  readonly departed: Map<number, Departed>;
  readonly reads: ReadQueue;
  /** Index of the empty entry that opened this leadership. */
  readonly noOpIndex: number;
  heartbeatElapsed: number;
  /**
   * No change of the configuration is in the log after this index. At most one may be there and not applied: until this
   * index is applied no other is taken (thesis §4.1).
   */
  pendingConfIndex: number;
  /** Whom leadership is being handed to, and since how many ticks. */
  transfer: { readonly to: number; elapsed: number } | undefined;
}

export type Role = FollowerRole | PreCandidateRole | CandidateRole | LeaderRole;

export type RoleType = Role["type"];
