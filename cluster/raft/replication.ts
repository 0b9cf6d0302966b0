/** A leader sends its log to its followers and finds out what is committed (Raft §5.3, §5.4.2). */
import { assert } from "../../src/kernel/assert.ts";
import { entriesBytes } from "./entry.ts";
import type { Progress } from "./progress.ts";
import { committedIndex } from "./quorum.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";

/** `withEntries`: send only if there are entries to send. `always`: also to probe, or to tell the commit index. */
export type AppendOccasion = "withEntries" | "always";

/** Sends the next append to `peer` unless its progress is paused. Returns whether one was sent. */
export function maybeSendAppend(
  state: RaftState,
  peer: number,
  progress: Progress,
  occasion: AppendOccasion,
): boolean {
  if (progress.isPaused) return false;
  const prevIndex = progress.next - 1;
  const prevTerm = state.log.termAt(prevIndex);
  if (prevTerm === undefined) {
    reportBehindLog(state, peer, progress);
    return false;
  }
  const entries = progress.canSendEntries()
    ? state.log.sliceForAppend(progress.next, state.options.messageBytesMax)
    : [];
  if (entries.length === 0 && occasion === "withEntries") return false;
  const commit = state.log.committed;
  const header = { from: state.id, to: peer, term: state.term };
  state.outbox.sendNow({ type: "append", ...header, prevIndex, prevTerm, entries, commit });
  progress.sent(entries.length, entriesBytes(entries));
  return true;
}

// Paused until a heartbeat is answered, so that it is reported once per heartbeat and not per proposal.
function reportBehindLog(state: RaftState, peer: number, progress: Progress): void {
  progress.becomeProbe();
  progress.sent(0, 0);
  state.outbox.trace({ type: "followerBehindLog", follower: peer, nextIndex: progress.next });
}

/** Sends everything that `peer` may take now: several appends if they do not fit into one. */
export function sendAppends(state: RaftState, peer: number, progress: Progress): void {
  // Ends: each append moves `next` towards the end of the log, fills the window or pauses the probe.
  while (maybeSendAppend(state, peer, progress, "withEntries"));
}

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
  for (const [peer, progress] of role.progress) {
    const commit = Math.min(progress.match, state.log.committed);
    state.outbox.sendNow({
      type: "heartbeat",
      from: state.id,
      to: peer,
      term: state.term,
      commit,
    });
  }
}

/**
 * Commits what a majority holds durably, this node included only for what its own disk holds. Returns whether the
 * commit index moved. Only an entry of the own term is committed by counting; earlier ones with it (Raft §5.4.2).
 */
export function maybeCommit(state: RaftState, role: LeaderRole): boolean {
  const index = committedIndex(state.voters, (voter) =>
    voter === state.id ? state.persistQueue.durable : role.progress.get(voter)?.match,
  );
  assert(Number.isFinite(index), "a leader was elected by voters");
  if (state.log.termAt(index) !== state.term || !state.log.maybeCommit(index)) return false;
  state.outbox.trace({ type: "committed", index });
  return true;
}
