/** A leader sends its log to its followers (Raft §5.3), or a snapshot in place of what it no longer holds (§7). */
import { entriesBytes } from "./entry.ts";
import type { Progress } from "./progress.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";
import { commitFor } from "./unapplied-change.ts";

/** `withEntries`: send only if there are entries to send. `always`: also to probe, or to tell the commit index. */
export type AppendOccasion = "withEntries" | "always";

/** Sends the next append or a snapshot to `peer` unless its progress is paused. Returns whether one was sent. */
export function maybeSendAppend(
  state: RaftState,
  peer: number,
  progress: Progress,
  occasion: AppendOccasion,
): boolean {
  if (progress.isPaused) return false;
  const prevIndex = progress.next - 1;
  const prevTerm = state.log.termAt(prevIndex);
  if (prevTerm === undefined) return maybeSendSnapshot(state, peer, progress);
  const entries = progress.canSendEntries()
    ? state.log.sliceForAppend(progress.next, state.options.messageBytesMax)
    : [];
  if (entries.length === 0 && occasion === "withEntries") return false;
  const commit = commitFor(state, peer);
  const header = { from: state.id, to: peer, term: state.term };
  state.outbox.sendNow({ type: "append", ...header, prevIndex, prevTerm, entries, commit });
  progress.sent(entries.length, entriesBytes(entries));
  progress.sentCommit(commit);
  return true;
}

// Only to one that was heard lately: a snapshot is large.
function maybeSendSnapshot(state: RaftState, peer: number, progress: Progress): boolean {
  if (!progress.isActive) return false;
  const snapshot = state.snapshots.latest;
  progress.becomeSnapshot(snapshot.index);
  const header = { from: state.id, to: peer, term: state.term };
  state.outbox.sendNow({ type: "snapshot", ...header, snapshot });
  state.outbox.trace({ type: "snapshotSent", to: peer, index: snapshot.index });
  return true;
}

/** Sends everything that `peer` may take now: several appends if they do not fit into one. */
export function sendAppends(state: RaftState, peer: number, progress: Progress): void {
  // Ends: each append moves `next` towards the end of the log, fills the window or pauses the probe.
  while (maybeSendAppend(state, peer, progress, "withEntries"));
}

/** One append to each member that may take one. */
export function broadcastAppend(
  state: RaftState,
  role: LeaderRole,
  occasion: AppendOccasion,
): void {
  for (const [peer, progress] of role.progress) {
    maybeSendAppend(state, peer, progress, occasion);
  }
}

/** Each heartbeat carries no more of the commit index than its receiver is known to hold. */
export function broadcastHeartbeat(state: RaftState, role: LeaderRole): void {
  const context = role.reads.context();
  const reads = context === undefined ? {} : { context };
  for (const [peer, progress] of role.progress) {
    const commit = Math.min(progress.match, commitFor(state, peer));
    const header = { from: state.id, to: peer, term: state.term };
    state.outbox.sendNow({ type: "heartbeat", ...header, commit, ...reads });
    progress.sentCommit(commit);
  }
}
