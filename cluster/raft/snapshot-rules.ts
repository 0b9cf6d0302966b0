/** A leader's snapshot at a follower that lags behind the leader's log (Raft §7). */
import { assert } from "../../src/kernel/assert.ts";
import { adoptConfiguration } from "./membership-rules.ts";
import type { SnapshotMessage } from "./message.ts";
import { afterContact } from "./readmission.ts";
import type { Snapshot } from "./snapshot.ts";
import type { RaftState } from "./state.ts";

/**
 * Takes the snapshot of the current term's leader unless this log holds as much. Returns the index up to which the log
 * equals the leader's, which is to be acknowledged.
 */
export function receiveSnapshot(state: RaftState, { from, snapshot }: SnapshotMessage): number {
  const { log, outbox } = state;
  state.readmission = afterContact(state.readmission, snapshot.index);
  // Also one in which this node has no part yet: it was added by an entry after it, which follows.
  if (snapshot.index <= log.committed) {
    const reason = "it is older than what is committed here";
    outbox.trace({ type: "snapshotRefused", from, reason });
    return log.committed;
  }
  if (log.matches(snapshot)) {
    state.matchedIndex = Math.max(state.matchedIndex, snapshot.index);
    // Everything that the snapshot stands for is here: it is committed, and need not be installed.
    if (log.maybeCommit(snapshot.index)) outbox.trace({ type: "committed", index: snapshot.index });
    return log.committed;
  }
  restore(state, snapshot);
  outbox.trace({ type: "snapshotReceived", from, index: snapshot.index });
  return log.last.index;
}

/** The application holds the received snapshot of `index`. */
export function snapshotInstalled(state: RaftState, index: number): void {
  state.snapshots.installed(index);
  state.applyQueue.install(index);
}

/** The driver made a snapshot of what is applied, and it is durable. Ignored if a later one was received meanwhile. */
export function compact(state: RaftState, snapshot: Snapshot, keepFromIndex: number): void {
  if (snapshot.index < state.snapshots.latest.index) return;
  assert(snapshot.index <= state.applyQueue.applied, "a snapshot is of what is applied");
  assert(keepFromIndex <= snapshot.index + 1, "only what the snapshot stands for is dropped");
  const term = state.log.termAt(snapshot.index) ?? snapshot.term;
  assert(term === snapshot.term, "a snapshot names the term of its last entry");
  state.snapshots.made(snapshot);
  state.log.compact(keepFromIndex);
  const { firstIndex } = state.log;
  state.outbox.trace({ type: "compacted", snapshotIndex: snapshot.index, firstIndex });
}

function restore(state: RaftState, snapshot: Snapshot): void {
  state.persistQueue.restore(state.log.committed, snapshot.index);
  state.log.restore(snapshot);
  // Whatever a faulty leader confirmed before: nothing beyond is held now.
  state.matchedIndex = snapshot.index;
  state.snapshots.receive(snapshot);
  adoptConfiguration(state, snapshot.configuration, snapshot.index);
}
