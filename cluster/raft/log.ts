import { assert } from "../../src/kernel/assert.ts";
import { firstIndexWhere } from "../../src/kernel/first-index.ts";
import type { Entry, EntryId } from "./entry.ts";
import { entriesBytes, entryBytes } from "./entry.ts";
import { ENTRIES_PER_APPEND_MAX } from "./limits.ts";

/** What came of a leader's append. */
export type ReconcileResult =
  | {
      readonly type: "accepted";
      readonly lastIndex: number;
      readonly truncatedFrom: number | undefined;
    }
  | { readonly type: "rejected"; readonly hint: EntryId };

/**
 * The replicated log in memory, and how far it is committed.
 *
 *     prefix ≤ committed ≤ last
 *       │          └ on a majority (Raft §5.3): never changes again
 *       └ the place before the first entry held: everything up to it is committed, and in a snapshot
 *
 * What is durable and what is applied are kept apart (PersistQueue, ApplyQueue).
 */
export class RaftLog {
  #prefix: EntryId;
  // Invariant: entry i has index prefix.index + 1 + i, and terms never fall.
  readonly #entries: Entry[];
  #committed: number;
  #uncommittedBytes: number;

  /** `entries` follow `prefix`; `prefix.index` ≤ `committed` ≤ the last entry's index. */
  constructor(prefix: EntryId, entries: readonly Entry[], committed: number) {
    this.#prefix = { index: prefix.index, term: prefix.term };
    this.#entries = [...entries];
    this.#committed = committed;
    this.#uncommittedBytes = entriesBytes(this.slice(committed, this.last.index));
  }

  /** Index of the oldest entry held, or of the next one if there is none. */
  get firstIndex(): number {
    return this.#prefix.index + 1;
  }

  get last(): EntryId {
    return this.#entries.at(-1) ?? this.#prefix;
  }

  get committed(): number {
    return this.#committed;
  }

  /** Bytes of the entries after `index`, as far as they are held. */
  bytesAfter(index: number): number {
    return entriesBytes(this.slice(Math.max(index, this.#prefix.index), this.last.index));
  }

  /** Bytes of the entries after `committed`. */
  get uncommittedBytes(): number {
    return this.#uncommittedBytes;
  }

  /** Term at `index`, or `undefined` outside [firstIndex - 1, last]. */
  termAt(index: number): number | undefined {
    return index === this.#prefix.index ? this.#prefix.term : this.#entryAt(index)?.term;
  }

  matches(id: EntryId): boolean {
    return this.termAt(id.index) === id.term;
  }

  /** Raft §5.4.1: a log is at least as up to date if its last term is later, or equal and it is not shorter. */
  isUpToDate(candidateLast: EntryId): boolean {
    const last = this.last;
    if (candidateLast.term !== last.term) return candidateLast.term > last.term;
    return candidateLast.index >= last.index;
  }

  /** Entries in (afterIndex, toIndex]. */
  slice(afterIndex: number, toIndex: number): readonly Entry[] {
    assert(afterIndex >= this.#prefix.index, "entries before the prefix are gone");
    return this.#entries.slice(afterIndex - this.#prefix.index, toIndex - this.#prefix.index);
  }

  /** Entries from `index` on for one append: at most `bytesMax`, but at least one if there is any. */
  sliceForAppend(index: number, bytesMax: number): readonly Entry[] {
    return this.sliceBytes(index - 1, index - 1 + ENTRIES_PER_APPEND_MAX, bytesMax);
  }

  /** Entries in (afterIndex, toIndex] of at most `bytesMax`, but at least one if there is any. */
  sliceBytes(afterIndex: number, toIndex: number, bytesMax: number): readonly Entry[] {
    let bytes = 0;
    let end = afterIndex;
    while (end < Math.min(toIndex, this.last.index)) {
      const entry = this.#entryAt(end + 1);
      assert(entry !== undefined, "every index up to the last has an entry");
      bytes += entryBytes(entry);
      if (bytes > bytesMax && end > afterIndex) break;
      end += 1;
    }
    return this.slice(afterIndex, end);
  }

  /** A leader's own entries, at the end: a leader never overwrites (Raft §5.3, Leader Append-Only). */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) this.#push(entry);
  }

  /**
   * Makes the log agree with a leader's append (Raft §5.3), touching nothing that already agrees. `previous` is not
   * before the commit index, so that nothing an append contains can take back what is committed.
   */
  reconcile(previous: EntryId, entries: readonly Entry[]): ReconcileResult {
    assert(previous.index >= this.#committed, "what is committed is not reconciled again");
    if (!this.matches(previous)) return { type: "rejected", hint: this.#hintFor(previous) };
    const lastIndex = previous.index + entries.length;
    // Entries that are there stay, and so does what follows them: the append may be an old or repeated one.
    const conflict = entries.find((entry) => !this.matches(entry));
    if (conflict === undefined) return { type: "accepted", lastIndex, truncatedFrom: undefined };
    const truncatedFrom = conflict.index <= this.last.index ? conflict.index : undefined;
    this.#truncate(conflict.index);
    this.append(entries.slice(conflict.index - previous.index - 1));
    return { type: "accepted", lastIndex, truncatedFrom };
  }

  /** Advances the commit index to `index`, which is at most the last. Returns whether it moved. */
  maybeCommit(index: number): boolean {
    if (index <= this.#committed) return false;
    assert(index <= this.last.index, "only what is in the log is committed");
    this.#uncommittedBytes -= entriesBytes(this.slice(this.#committed, index));
    this.#committed = index;
    return true;
  }

  /**
   * Largest index ≤ `index` whose term is ≤ `term`: above it, a log that has `term` at `index` cannot agree with this
   * one, because terms never fall. So a whole term is skipped at each refusal (Raft §5.3, last paragraphs).
   */
  latestNotAfter({ index, term }: EntryId): number {
    const first = this.#prefix.index;
    const end = Math.min(index, this.last.index) + 1;
    if (end <= first || this.#prefix.term > term) return Math.min(index, first);
    return firstIndexWhere(first + 1, end, (at) => (this.termAt(at) ?? 0) > term) - 1;
  }

  /** Drops every entry before `index`, which is at most one beyond the commit index. */
  compact(index: number): void {
    if (index <= this.firstIndex) return;
    assert(index <= this.#committed + 1, "only what is committed is dropped");
    const term = this.termAt(index - 1);
    assert(term !== undefined, "what is committed is in the log");
    this.#entries.splice(0, index - this.firstIndex);
    this.#prefix = { index: index - 1, term };
  }

  /** Begins anew after a leader's snapshot, which everything held is replaced by (Raft §7). */
  restore(snapshot: EntryId): void {
    assert(snapshot.index > this.#committed, "what is committed is never taken back");
    this.#prefix = { index: snapshot.index, term: snapshot.term };
    this.#entries.length = 0;
    this.#committed = snapshot.index;
    this.#uncommittedBytes = 0;
  }

  checkInvariants(): void {
    assert(this.#prefix.index <= this.#committed, "what the log no longer holds is committed");
    assert(this.#committed <= this.last.index, "what is committed is in the log");
    assert(this.#uncommittedBytes >= 0, "bytes are counted once");
    const beforeLast = this.#entries.at(-2) ?? this.#prefix;
    assert(beforeLast.term <= this.last.term, "terms in the log never fall");
  }

  #entryAt(index: number): Entry | undefined {
    return this.#entries[index - this.#prefix.index - 1];
  }

  #push(entry: Entry): void {
    assert(entry.index === this.last.index + 1, "the log has no gaps");
    this.#entries.push(entry);
    this.#uncommittedBytes += entryBytes(entry);
  }

  #truncate(index: number): void {
    assert(index > this.#committed, "what is committed is never taken back");
    this.#uncommittedBytes -= entriesBytes(this.slice(index - 1, this.last.index));
    this.#entries.length = index - this.#prefix.index - 1;
  }

  #hintFor(refused: EntryId): EntryId {
    const index = this.latestNotAfter(refused);
    return { index, term: this.termAt(index) ?? 0 };
  }
}
