import type { Entry, HardState, Snapshot } from "../../../cluster/raft/index.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";

type WriteRecord =
  | { readonly type: "hardState"; readonly hardState: HardState }
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }
  | { readonly type: "entry"; readonly entry: Entry };

/** How a sabotaged disk misbehaves. */
export interface DiskFlaws {
  /** An overwritten tail comes back after the entries that replaced its beginning. */
  readonly keepsTruncated: boolean;
}

/** What one batch of effects writes. */
export interface DiskWrite {
  readonly hardState: HardState | undefined;
  readonly installSnapshot: Snapshot | undefined;
  readonly append: readonly Entry[];
}

/** A log store with crash semantics: what is not flushed is lost, except for a prefix of it. */
export class SimDisk {
  readonly #flaws: DiskFlaws;
  #hardState: HardState = { term: 0, votedFor: undefined, commit: 0 };
  #snapshot: Snapshot;
  // Entry i has index snapshot.index + 1 + i.
  readonly #entries: Entry[] = [];
  readonly #unflushed: WriteRecord[] = [];
  #longestIndex = 0;
  #writtenCount = 0;
  #flushedCount = 0;

  constructor(initial: Snapshot, flaws: DiskFlaws) {
    this.#snapshot = initial;
    this.#flaws = flaws;
  }

  /** What a restart would find. */
  get hardState(): HardState {
    return this.#hardState;
  }

  /** What a restart would find. */
  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** What a restart would find, from after the snapshot. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get lastIndex(): number {
    return this.#snapshot.index + this.#entries.length;
  }

  /** The last index that was ever durable here, replaced since or not. */
  get longestIndex(): number {
    return this.#longestIndex;
  }

  /** `undefined` for what the snapshot stands for, and beyond the end. */
  entryAt(index: number): Entry | undefined {
    return this.#entries[index - this.#snapshot.index - 1];
  }

  /** Returns the position to flush up to for this write to be durable. */
  write({ hardState, installSnapshot, append }: DiskWrite): number {
    if (hardState !== undefined) this.#push({ type: "hardState", hardState });
    if (installSnapshot !== undefined) {
      this.#push({ type: "snapshot", snapshot: installSnapshot });
    }
    for (const entry of append) this.#push({ type: "entry", entry });
    return this.#writtenCount;
  }

  flushTo(position: number): void {
    this.#keep(position - this.#flushedCount);
  }

  /** Puts a snapshot of applied entries in their place, at once and durably. */
  compact(snapshot: Snapshot): void {
    if (snapshot.index <= this.#snapshot.index) return;
    this.#entries.splice(0, snapshot.index - this.#snapshot.index);
    this.#snapshot = snapshot;
  }

  /** Loses what is not flushed, except for a prefix of random length. */
  crash(random: Random): void {
    this.#keep(random.below(this.#unflushed.length + 1));
    this.#flushedCount += this.#unflushed.length;
    this.#unflushed.length = 0;
  }

  #push(record: WriteRecord): void {
    this.#unflushed.push(record);
    this.#writtenCount += 1;
  }

  #keep(count: number): void {
    for (const record of this.#unflushed.splice(0, count)) {
      this.#flushedCount += 1;
      switch (record.type) {
        case "hardState":
          this.#hardState = record.hardState;
          break;
        case "snapshot":
          this.#snapshot = record.snapshot;
          this.#entries.length = 0;
          break;
        case "entry":
          this.#replaceFrom(record.entry);
      }
      this.#longestIndex = Math.max(this.#longestIndex, this.lastIndex);
    }
  }

  #replaceFrom(entry: Entry): void {
    const position = entry.index - this.#snapshot.index - 1;
    if (this.#flaws.keepsTruncated) this.#entries[position] = entry;
    else this.#entries.splice(position, Infinity, entry);
  }
}
