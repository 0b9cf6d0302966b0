import type { Entry, EntryId } from "./entry.ts";
import type { Snapshot } from "./snapshot.ts";

/** On every message: who to whom, in the sender's term except where a kind says otherwise. */
interface Addressed {
  readonly from: number;
  readonly to: number;
  readonly term: number;
}

/** Leader to follower: entries that follow (prevIndex, prevTerm); none to probe or to tell the commit index (Raft §5.3). */
export interface AppendMessage extends Addressed {
  readonly type: "append";
  readonly prevIndex: number;
  readonly prevTerm: number;
  /** Consecutive from prevIndex + 1. */
  readonly entries: readonly Entry[];
  readonly commit: number;
}

/** The follower's log equals the leader's up to `index`, and that is durable. */
export interface AppendAcceptedMessage extends Addressed {
  readonly type: "appendAccepted";
  readonly index: number;
}

/** The follower has no (rejectedIndex, prevTerm); everything after (hintIndex, hintTerm) is known not to match. */
export interface AppendRejectedMessage extends Addressed {
  readonly type: "appendRejected";
  readonly rejectedIndex: number;
  readonly hintIndex: number;
  readonly hintTerm: number;
}

/** Leader to follower: I live. `commit` is at most what the follower is known to hold. */
export interface HeartbeatMessage extends Addressed {
  readonly type: "heartbeat";
  readonly commit: number;
  /** Present while reads wait for the answer, which repeats it. Opaque to the follower. */
  readonly context?: Uint8Array;
}

/** I live, and my term is this. Promises nothing. */
export interface HeartbeatAnswerMessage extends Addressed {
  readonly type: "heartbeatAnswer";
  /** As in the heartbeat. */
  readonly context?: Uint8Array;
}

/** Would you vote for me in `term`, the one after mine? (Ongaro's thesis §9.6) */
export interface PreVoteMessage extends Addressed {
  readonly type: "preVote";
  readonly lastIndex: number;
  readonly lastTerm: number;
}

/** Granted: `term` is the one asked about. Refused: the voter's own. */
export interface PreVoteAnswerMessage extends Addressed {
  readonly type: "preVoteAnswer";
  readonly isGranted: boolean;
  /** What the voter knows to be committed. etcd's library neither sends nor reads it. */
  readonly committed?: EntryId;
}

/** Vote for me in `term` (Raft §5.2). */
export interface VoteMessage extends Addressed {
  readonly type: "vote";
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** The leader asked for this election, so voters need not protect it (thesis §3.10, §4.2.3). */
  readonly isTransfer: boolean;
}

/** A granted vote is durable at the voter. */
export interface VoteAnswerMessage extends Addressed {
  readonly type: "voteAnswer";
  readonly isGranted: boolean;
  /** As in the answer to a pre-vote. */
  readonly committed?: EntryId;
}

/** Leader to the follower it hands over to: campaign at once (thesis §3.10). */
export interface TimeoutNowMessage extends Addressed {
  readonly type: "timeoutNow";
}

/** Leader to a follower that needs entries which the leader's log no longer holds (Raft §7, "InstallSnapshot"). */
export interface SnapshotMessage extends Addressed {
  readonly type: "snapshot";
  readonly snapshot: Snapshot;
}

/** Follower to leader: a read that waits there (thesis §6.4). `term` may be 0, which etcd's library sends. */
export interface ReadIndexMessage extends Addressed {
  readonly type: "readIndex";
  readonly context: Uint8Array;
}

/** Leader to follower: `index` must be applied before the read of `context`. */
export interface ReadIndexAnswerMessage extends Addressed {
  readonly type: "readIndexAnswer";
  readonly context: Uint8Array;
  readonly index: number;
}

export type RaftMessage =
  | AppendMessage
  | AppendAcceptedMessage
  | AppendRejectedMessage
  | HeartbeatMessage
  | HeartbeatAnswerMessage
  | PreVoteMessage
  | PreVoteAnswerMessage
  | VoteMessage
  | VoteAnswerMessage
  | TimeoutNowMessage
  | SnapshotMessage
  | ReadIndexMessage
  | ReadIndexAnswerMessage;

export type RaftMessageType = RaftMessage["type"];
