import type { ConfChange } from "./configuration.ts";
import type { PersistToken } from "./effects.ts";
import type { RaftMessage } from "./message.ts";
import type { RaftTuning } from "./options.ts";
import type { Snapshot } from "./snapshot.ts";

/** Everything that can happen to a node. */
export type RaftEvent =
  /** Time passed. */
  | { readonly type: "tick" }
  /** From the network, in any state of disorder. */
  | { readonly type: "message"; readonly message: RaftMessage }
  /** As `Raft.propose`, for scripts that do not need the answer: a refusal is in the trace. */
  | { readonly type: "propose"; readonly data: readonly Uint8Array[] }
  /** The batch that was handed out with this token is durable. Batches are reported once each and in order. */
  | ({ readonly type: "persisted" } & PersistToken)
  /** As `Raft.proposeConfChange`, likewise. */
  | {
      readonly type: "proposeConfChange";
      readonly change: ConfChange;
      readonly data: Uint8Array;
      readonly kind: ConfChangeKind;
    }
  /**
   * The application holds every entry up to `index`, one that was handed out. The changes of the configuration among
   * them are now in force.
   */
  | { readonly type: "applied"; readonly index: number }
  /** Ask for an election now, without waiting for the timeout. */
  | { readonly type: "campaign" }
  /** Hand leadership over. At a node that does not lead it is refused in the trace. */
  | { readonly type: "transfer"; readonly to: number }
  /** The transport lost its connection to `id`. */
  | { readonly type: "unreachable"; readonly id: number }
  /** A snapshot message did, or did not, reach `id`. Without a report it is taken for lost after some time. */
  | { readonly type: "snapshotReport"; readonly id: number; readonly ok: boolean }
  /** The application holds the snapshot of `installSnapshot` with this index, and its batch was reported as durable. */
  | { readonly type: "snapshotInstalled"; readonly index: number }
  /**
   * `snapshot` is durable and stands for what is applied. The log before `keepFromIndex`, at most snapshot.index + 1, is
   * dropped from memory; a follower that needs it gets the snapshot. One older than the latest is ignored.
   */
  | { readonly type: "compact"; readonly snapshot: Snapshot; readonly keepFromIndex: number }
  /**
   * Asks which index must be applied here before a read sees everything that was committed before it was asked for
   * (thesis §6.4). The answer is in `RaftEffects.readStates`, or never comes when leadership changes: ask again then.
   * `context`, at most `READ_CONTEXT_BYTES_MAX`, tells the reads apart.
   */
  | { readonly type: "readIndex"; readonly context: Uint8Array }
  /** A follower gives up its leader, so that it may vote for another one before the election timeout. */
  | { readonly type: "forgetLeader" }
  /** From now on these options hold. Together with the others they must be such as a node may be made with. */
  | { readonly type: "configure"; readonly tuning: RaftTuning };

/** The form of a change's data: raftpb.ConfChange or raftpb.ConfChangeV2. */
export type ConfChangeKind = "v1" | "v2";
