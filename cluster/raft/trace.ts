import type { RaftConfiguration } from "./configuration.ts";
import type { EntryId } from "./entry.ts";
import type { RaftMessageType } from "./message.ts";

/** Why a leader gave up, or a candidate did not win. */
export type StepDownReason =
  | "higher term"
  | "leader found"
  | "no quorum"
  | "disk stalled"
  | "election lost"
  | "change to apply"
  | "no longer a voter";

/**
 * Why a proposal was not taken. `busy`: too much is uncommitted. `transferring`: leadership is being handed over.
 * `not a member`: the leader was removed and waits for its successor. `configuration change pending`: an earlier one may
 * not yet be applied. `configuration change impossible`: the members in force do not allow it.
 */
export type ProposalRefusal =
  | "not leader"
  | "busy"
  | "transferring"
  | "too large"
  | "not a member"
  | "configuration change pending"
  | "configuration change impossible";

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
  /** The follower needs entries that this log no longer begins with. */
  | { readonly type: "snapshotSent"; readonly to: number; readonly index: number }
  | { readonly type: "snapshotReceived"; readonly from: number; readonly index: number }
  | { readonly type: "snapshotRefused"; readonly from: number; readonly reason: string }
  | { readonly type: "compacted"; readonly snapshotIndex: number; readonly firstIndex: number }
  /** The entry at `index` was applied, or a snapshot up to it was received. */
  | {
      readonly type: "configurationChanged";
      readonly index: number;
      readonly configuration: RaftConfiguration;
    }
  /** The change in the entry at `index` does not fit the configuration in force, on any node: nothing changes. */
  | { readonly type: "configurationUnchanged"; readonly index: number; readonly reason: string }
  | { readonly type: "campaignRefused"; readonly reason: string }
  | { readonly type: "leaderForgotten"; readonly leaderId: number }
  | { readonly type: "readRefused"; readonly reason: string }
  /** This node may vote again: see `RaftOptions.mayVote`. */
  | { readonly type: "readmitted"; readonly index: number }
  | {
      readonly type: "messageIgnored";
      readonly from: number;
      readonly message: RaftMessageType;
      readonly reason: string;
    };
