import type { Entry, HardState } from "../../../cluster/raft/index.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";

type WriteRecord =
  | { readonly type: "hardState"; readonly hardState: HardState }
  | { readonly type: "entry"; readonly entry: Entry };

/** How a sabotaged disk misbehaves. */
export interface DiskFlaws {
  /** An overwritten tail comes back after the entries that replaced its beginning. */
  readonly keepsTruncated: boolean;
}

/** A log store with crash semantics: what is not flushed is lost, except for a prefix of it. */
export class SimDisk {
  readonly #flaws: DiskFlaws;
  #hardState: HardState = { term: 0, votedFor: undefined, commit: 0 };
  // Entry i has index i + 1.
  readonly #entries: Entry[] = [];
  readonly #unflushed: WriteRecord[] = [];
  #writtenCount = 0;
  #flushedCount = 0;

  constructor(flaws: DiskFlaws) {
    this.#flaws = flaws;
  }

  /** What a restart would find. */
  get hardState(): HardState {
    return this.#hardState;
  }

  /** What a restart would find, from index 1. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Returns the position to flush up to for this write to be durable. */
  write(hardState: HardState | undefined, append: readonly Entry[]): number {
    if (hardState !== undefined) this.#push({ type: "hardState", hardState });
    for (const entry of append) this.#push({ type: "entry", entry });
    return this.#writtenCount;
  }

  flushTo(position: number): void {
    this.#keep(position - this.#flushedCount);
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
      if (record.type === "hardState") this.#hardState = record.hardState;
      else this.#replaceFrom(record.entry);
    }
  }

  #replaceFrom(entry: Entry): void {
    if (this.#flaws.keepsTruncated) this.#entries[entry.index - 1] = entry;
    else this.#entries.splice(entry.index - 1, Infinity, entry);
  }
}
