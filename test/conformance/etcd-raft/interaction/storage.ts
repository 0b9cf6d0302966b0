import type { RaftConfiguration } from "../../../../cluster/raft/configuration.ts";
import type { Entry, HardState, Snapshot } from "../../../../cluster/raft/index.ts";

/** What a node's writes have left on its disk, and what its application made of the entries: their data, one after another. */
export class ScriptedStorage {
  #firstIndex: number;
  #entries: Entry[] = [];
  /** Of everything applied, newest last. */
  #latest: Snapshot;

  constructor(start: Snapshot) {
    this.#firstIndex = start.index + 1;
    this.#latest = start;
  }

  get latestSnapshot(): Snapshot {
    return this.#latest;
  }

  get firstIndex(): number {
    return this.#firstIndex;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  append(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    this.#entries.length = first.index - this.#firstIndex;
    this.#entries.push(...entries);
  }

  install(snapshot: Snapshot): void {
    this.#firstIndex = snapshot.index + 1;
    this.#entries = [];
    this.#latest = snapshot;
  }

  /** `configuration` is in force once `entry` is applied. */
  apply(entry: Entry, configuration: RaftConfiguration): void {
    const { index, term, data } = entry;
    const isNormal = entry.type === "normal";
    const all = new Uint8Array([...this.#latest.data, ...(isNormal ? data : [])]);
    this.#latest = { index, term, configuration, data: all };
  }

  compactTo(index: number): void {
    this.#entries = this.#entries.filter((entry) => entry.index > index);
    this.#firstIndex = index + 1;
  }
}

/** Whether a script would print both the same way. */
export function isSameHardState(a: HardState, b: HardState): boolean {
  return a.term === b.term && a.votedFor === b.votedFor && a.commit === b.commit;
}
