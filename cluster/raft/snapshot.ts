import type { RaftConfiguration } from "./configuration.ts";
import { configurationOf } from "./configuration.ts";
import type { EntryId } from "./entry.ts";
import { EMPTY_BYTES } from "../../src/kernel/bytes.ts";

/** Stands for the log up to a place in it, all of it committed (Raft §7). Immutable once made. */
export interface Snapshot extends EntryId {
  /** In force after the entry at `index`. */
  readonly configuration: RaftConfiguration;
  /** What the application made of the log, or where it can be had. Opaque to Raft. */
  readonly data: Uint8Array;
}

/** Before the first entry of a group that `voters` begin. */
export function initialSnapshot(voters: readonly number[]): Snapshot {
  return { index: 0, term: 0, configuration: configurationOf(voters), data: EMPTY_BYTES };
}
