import type { Entry, HardState, Snapshot } from "../raft/index.ts";
import { withChange } from "./configuration-codec.ts";
import type { WalRecord } from "./wal-record.ts";

/** What a log held when it was opened. */
export interface RecoveredLog {
  /** The log has no record: at most its first segment was made. */
  readonly isNew: boolean;
  readonly hardState: HardState | undefined;
  /** The newest. `undefined`: the log goes back to the group's beginning. */
  readonly snapshot: Snapshot | undefined;
  /** Consecutive, from the one after the snapshot on. */
  readonly entries: readonly Entry[];
  /** Why what this member once promised is not known: see `WalRecord`. */
  readonly forgotten: string | undefined;
  /** This member was added to a group that ran, with blocks of entries up to here. */
  readonly joinedIndex: number | undefined;
  /** Bytes cut off the end because a crash had left them incomplete. */
  readonly tornBytes: number;
}

/** The state that a log's records, in their order, add up to. */
export class WalContent {
  #entries: Entry[] = [];
  #hardState: HardState | undefined;
  #snapshot: Snapshot | undefined;
  #forgotten: string | undefined;
  #joinedIndex: number | undefined;
  readonly #isFromStart: boolean;

  /** `isFromStart`: no segment was removed before the first record. */
  constructor(isFromStart: boolean) {
    this.#isFromStart = isFromStart;
  }

  /** Takes the next record, or answers why it cannot follow those before it. */
  take(record: WalRecord): string | undefined {
    switch (record.type) {
      case "hardState":
        this.#hardState = record.hardState;
        return undefined;
      case "forgotten":
        this.#forgotten = record.reason;
        return undefined;
      case "joined":
        this.#joinedIndex = record.index;
        return undefined;
      case "snapshot":
        return this.#takeSnapshot(record.snapshot, record.origin === "received");
      case "entry":
        return this.#takeEntry(record.entry);
    }
  }

  /** Why the records, read to their end, are not a whole log. */
  fault(): string | undefined {
    const first = this.#entries[0]?.index;
    const expected = (this.#snapshot?.index ?? 0) + 1;
    if (first !== undefined && first !== expected) {
      return `entries ${expected} to ${first - 1} are missing`;
    }
    return this.#isFromStart || this.#snapshot !== undefined
      ? undefined
      : "the segments before it are missing";
  }

  recovered(isNew: boolean, tornBytes: number): RecoveredLog {
    return {
      isNew,
      hardState: this.#hardState,
      snapshot: this.#snapshot,
      entries: this.#entries.map(withChange),
      forgotten: this.#forgotten,
      joinedIndex: this.#joinedIndex,
      tornBytes,
    };
  }

  #takeSnapshot(snapshot: Snapshot, isReceived: boolean): string | undefined {
    if (snapshot.index < (this.#snapshot?.index ?? 0)) {
      return `snapshot ${snapshot.index} is older than the one before it`;
    }
    this.#snapshot = snapshot;
    this.#entries = isReceived ? [] : this.#entries.filter((entry) => entry.index > snapshot.index);
    return undefined;
  }

  // An entry replaces the one at its index and all after it: the suffix of another leader (Raft §5.3).
  #takeEntry(entry: Entry): string | undefined {
    const start = this.#snapshot === undefined ? entry.index : this.#snapshot.index + 1;
    const first = this.#entries[0]?.index ?? start;
    const position = entry.index - first;
    const isGap = position < 0 || position > this.#entries.length;
    if (isGap && !this.#isFromStart) {
      // What it follows was removed on the strength of a snapshot that comes later, or `fault` tells.
      this.#entries = [entry];
      return undefined;
    }
    if (isGap) return `entry ${entry.index} does not follow the entries before it`;
    this.#entries.length = position;
    this.#entries.push(entry);
    return undefined;
  }
}
