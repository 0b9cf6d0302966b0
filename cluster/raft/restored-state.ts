import { assert } from "../../src/kernel/assert.ts";
import type { Entry, EntryId } from "./entry.ts";
import { RaftError } from "./errors.ts";
import type { HardState } from "./hard-state.ts";
import { VOTERS_MAX } from "./limits.ts";

/** What a node starts from: read back from its log store, or empty for a new group. */
export interface RestoredState {
  readonly hardState: HardState;
  /** The place before entries[0]: { index: 0, term: 0 } while the log was never compacted. */
  readonly prefix: EntryId;
  readonly entries: readonly Entry[];
  /** Ids of the voters. Without this node among them it votes and follows but never campaigns. */
  readonly voters: readonly number[];
  /** Last entry whose effect the application holds; the ones after it are handed out again. */
  readonly appliedIndex: number;
}

/** The state of a node that has never run, in a group of `voters`. */
export function emptyState(voters: readonly number[]): RestoredState {
  return {
    hardState: { term: 0, votedFor: undefined, commit: 0 },
    prefix: { index: 0, term: 0 },
    entries: [],
    voters,
    appliedIndex: 0,
  };
}

/** Throws `RaftError` when the parts contradict each other, as after a damaged or partly replaced store. */
export function checkRestored(restored: RestoredState): void {
  const { hardState, prefix, entries, voters, appliedIndex } = restored;
  assert(voters.length <= VOTERS_MAX, "the configuration bounds the number of voters");
  const last = checkEntries(prefix, entries);
  if (hardState.term < last.term) {
    throw inconsistent(
      `the log reaches term ${last.term} but the stored term is ${hardState.term}`,
    );
  }
  if (hardState.commit > last.index) {
    throw inconsistent(`entry ${hardState.commit} was committed but the log ends at ${last.index}`);
  }
  if (appliedIndex > last.index || appliedIndex < prefix.index) {
    throw inconsistent(
      `entry ${appliedIndex} is applied but the log holds ${prefix.index + 1} to ${last.index}`,
    );
  }
}

function checkEntries(prefix: EntryId, entries: readonly Entry[]): EntryId {
  let last = prefix;
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
