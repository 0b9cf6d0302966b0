import { assert } from "../../src/kernel/assert.ts";
import type { Entry, EntryId } from "./entry.ts";
import { RaftError } from "./errors.ts";
import type { HardState } from "./hard-state.ts";
import { VOTERS_MAX } from "./limits.ts";
import { membersOf } from "./configuration.ts";
import type { Snapshot } from "./snapshot.ts";
import { initialSnapshot } from "./snapshot.ts";

/** What a node starts from: read back from its log store, or empty for a new group. */
export interface RestoredState {
  readonly hardState: HardState;
  /**
   * The latest durable one, or that of index 0 with the configuration that the group began with. The configuration at
   * the start is the snapshot's with the changes of `entries` up to `appliedIndex`. A node without a part in it votes
   * and follows but never campaigns.
   */
  readonly snapshot: Snapshot;
  /** Consecutive from `snapshot.index + 1`. */
  readonly entries: readonly Entry[];
  /**
   * Last entry whose effect the application holds, from `snapshot.index`: a driver hands a snapshot that its application
   * lacks to it before it starts the core. The entries after it are handed out again.
   */
  readonly appliedIndex: number;
}

/** The state of a node that has never run, in a group of `voters`. */
export function emptyState(voters: readonly number[]): RestoredState {
  return {
    hardState: { term: 0, votedFor: undefined, commit: 0 },
    snapshot: initialSnapshot(voters),
    entries: [],
    appliedIndex: 0,
  };
}

/** Throws `RaftError` when the parts contradict each other, as after a damaged or partly replaced store. */
export function checkRestored(restored: RestoredState): void {
  const { hardState, snapshot, entries, appliedIndex } = restored;
  const memberCount = membersOf(snapshot.configuration).length;
  assert(memberCount <= VOTERS_MAX, "the configuration bounds the number of members");
  const last = checkEntries(snapshot, entries);
  if (hardState.term < last.term) {
    throw inconsistent(
      `the log reaches term ${last.term} but the stored term is ${hardState.term}`,
    );
  }
  if (hardState.commit > last.index) {
    throw inconsistent(`entry ${hardState.commit} was committed but the log ends at ${last.index}`);
  }
  if (appliedIndex > last.index || appliedIndex < snapshot.index) {
    throw inconsistent(
      `entry ${appliedIndex} is applied but the log holds ${snapshot.index + 1} to ${last.index}`,
    );
  }
}

function checkEntries(start: EntryId, entries: readonly Entry[]): EntryId {
  let last = start;
  for (const entry of entries) {
    if (entry.index !== last.index + 1 || entry.term < last.term) {
      throw inconsistent(
        `entry ${entry.index} of term ${entry.term} follows entry ${last.index} of term ${last.term}`,
      );
    }
    last = entry;
  }
  return last;
}

function inconsistent(what: string): RaftError {
  return new RaftError(
    "restored_state_inconsistent",
    `${what}: the store lost or mixed records; restore all files of this channel from one backup taken after their last write`,
  );
}
