/** What the log holds. */
import type { ConfChange } from "./configuration.ts";

/** `confChange` and `confChangeV2`: a change of the members, in one of the two forms that etcd's library writes. */
export type EntryType = "normal" | "confChange" | "confChangeV2";

/** A place in the log and the term of what is there. By Log Matching (Raft §5.3) it stands for the whole log up to it. */
export interface EntryId {
  /** From 1; 0 is the place before the first entry. */
  readonly index: number;
  /** From 1; 0 at index 0 only. */
  readonly term: number;
}

/** One entry of the replicated log. Immutable once made: its `data` is shared by log, messages and effects. */
export interface Entry extends EntryId {
  readonly type: EntryType;
  /** Opaque to Raft. Empty only in entries that a leader appends by itself. */
  readonly data: Uint8Array;
  /** What `data` says, decoded by the driver. Without it an entry of a configuration change changes nothing. */
  readonly change?: ConfChange;
}

// Counted for each entry besides its data, so that a flood of empty entries is not free.
const ENTRY_OVERHEAD_BYTES = 16;

/** What `entry` counts for against every byte bound. */
export function entryBytes(entry: Entry): number {
  return ENTRY_OVERHEAD_BYTES + entry.data.length;
}

/** Sum of `entryBytes`. */
export function entriesBytes(entries: readonly Entry[]): number {
  let total = 0;
  for (const entry of entries) total += entryBytes(entry);
  return total;
}
