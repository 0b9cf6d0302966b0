import type { EntryId } from "./entry.ts";
import type { RaftMessageType } from "./message.ts";

/** Why a leader gave up, or a candidate did not win. */
export type StepDownReason =
  "higher term" | "leader found" | "no quorum" | "disk stalled" | "election lost";

/** Why a proposal was not taken. `busy`: too much is uncommitted. `transferring`: leadership is being handed over. */
export type ProposalRefusal = "not leader" | "busy" | "transferring" | "too large";

/** What happened, for logs, golden files and the determinism hash. Plain data; holds no entry's content. */
export type RaftTrace =
  | {
      readonly type: "becameFollower";
      readonly term: number;
      readonly leaderId: number | undefined;
      readonly reason: StepDownReason;
    }
  | { readonly type: "becamePreCandidate"; readonly term: number }
  | { readonly type: "becameCandidate"; readonly term: number; readonly isTransfer: boolean }
  | { readonly type: "becameLeader"; readonly term: number; readonly noOpIndex: number }
  | { readonly type: "leaderFound"; readonly term: number; readonly leaderId: number }
  | { readonly type: "voteGranted"; readonly term: number; readonly to: number }
  | { readonly type: "voteRefused"; readonly term: number; readonly to: number }
  | { readonly type: "appended"; readonly first: EntryId; readonly last: EntryId }
  | { readonly type: "truncated"; readonly fromIndex: number }
  | { readonly type: "committed"; readonly index: number }
  | { readonly type: "proposalRefused"; readonly reason: ProposalRefusal }
  | { readonly type: "transferStarted"; readonly to: number }
  | { readonly type: "transferRefused"; readonly to: number }
  | { readonly type: "transferAborted"; readonly to: number }
  /** The follower needs entries that this log no longer begins with: another channel must bring it forward. */
  | { readonly type: "followerBehindLog"; readonly follower: number; readonly nextIndex: number }
  | {
      readonly type: "messageIgnored";
      readonly from: number;
      readonly message: RaftMessageType;
      readonly reason: string;
    };
