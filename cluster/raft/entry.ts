/** What the log holds. */

/** `confChange`: a change of the voters, which this version carries and hands to the application but does not act on. */
export type EntryType = "normal" | "confChange";

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
  /** Opaque to Raft. Empty only in the entry that a new leader appends by itself. */
  readonly data: Uint8Array;
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
