import type { PersistToken } from "./effects.ts";
import type { RaftMessage } from "./message.ts";

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
  /** The application holds every entry up to `index`. */
  | { readonly type: "applied"; readonly index: number }
  /** Ask for an election now, without waiting for the timeout. */
  | { readonly type: "campaign" }
  /** Hand leadership over. At a node that does not lead it is refused in the trace. */
  | { readonly type: "transfer"; readonly to: number }
  /** The transport lost its connection to `id`. */
  | { readonly type: "unreachable"; readonly id: number };
