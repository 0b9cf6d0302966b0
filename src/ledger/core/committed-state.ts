import type { StateEntry } from "./state-entry.ts";
import type { StateVersion } from "./version.ts";

export interface StateRow {
  readonly key: string;
  readonly version: StateVersion;
}

/** The state as the last block left it, as far as validation needs it. */
export interface CommittedState {
  publicEntry(namespace: string, key: string): StateEntry | undefined;
  hashedEntry(namespace: string, collection: string, keyHash: Uint8Array): StateEntry | undefined;
  /** Rows from `start` on, below `end` (empty: open), in byte order of keys. */
  publicRows(namespace: string, start: string, end: string): IterableIterator<StateRow>;
}
