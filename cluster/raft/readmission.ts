/**
 * The way back of a node that may have forgotten its votes and its log (`RaftOptions.mayVote`). Were it to vote, it
 * could vote twice in a term, or elect a leader that lacks what this node once acknowledged (Raft §5.4.1).
 */
import type { Entry } from "./entry.ts";
import { changeOf } from "./conf-change-rules.ts";

export type Readmission =
  /** It votes. */
  | { readonly type: "none" }
  /** It has not heard a leader since its start. */
  | { readonly type: "awaitsLeader" }
  /** A leader had committed up to `afterIndex` when it was first heard. A change before it may be of former days. */
  | { readonly type: "awaitsChange"; readonly afterIndex: number };

/** A leader's append or snapshot says that it has committed up to `commit`. */
export function afterContact(readmission: Readmission, commit: number): Readmission {
  if (readmission.type !== "awaitsLeader") return readmission;
  return { type: "awaitsChange", afterIndex: commit };
}

/** Whether the applied `entry` lets node `id` vote again: the group has dealt with it since its start. */
export function isReadmittedBy(readmission: Readmission, id: number, entry: Entry): boolean {
  if (readmission.type !== "awaitsChange" || entry.index <= readmission.afterIndex) return false;
  const ops = changeOf(entry)?.ops ?? [];
  return ops.some((op) => op.id === id && op.type !== "remove");
}
