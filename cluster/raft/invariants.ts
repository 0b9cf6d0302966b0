import { assert } from "../../src/kernel/assert.ts";
import type { RaftState } from "./state.ts";

/** Throws `InvariantViolation` if one node's state contradicts itself. What holds between nodes only a test can see. */
export function checkStateInvariants(state: RaftState): void {
  state.log.checkInvariants();
  checkPointers(state);
  checkTerm(state);
  checkLeader(state);
  checkSnapshot(state);
}

// applied ≤ handedOut ≤ min(committed, durable); durable ≤ emitted ≤ last.
function checkPointers({ log, persistQueue, applyQueue }: RaftState): void {
  const { durable, emitted } = persistQueue;
  assert(applyQueue.applied <= applyQueue.handedOut, "only what was handed out is applied");
  assert(applyQueue.handedOut <= log.committed, "only what is committed is handed out");
  assert(applyQueue.handedOut <= durable, "only what is durable is handed out");
  assert(durable <= emitted, "only what was handed out becomes durable");
  assert(emitted <= log.last.index, "only what is in the log is handed out");
}

function checkTerm({ log, term, matchedIndex, options, electionTimeout }: RaftState): void {
  assert(log.last.term <= term, "no entry is of a later term");
  assert(matchedIndex <= log.last.index, "only what is held can match");
  assert(
    electionTimeout >= options.electionTicks && electionTimeout < 2 * options.electionTicks,
    "the election timeout is drawn from its range",
  );
}

// Raft §7: what the log no longer holds is in the snapshot, and the snapshot is of what is applied or on its way there.
function checkSnapshot({ log, snapshots, applyQueue }: RaftState): void {
  const { latest, installingIndex } = snapshots;
  assert(log.firstIndex <= latest.index + 1, "the snapshot and the log leave no gap");
  assert(
    latest.index <= (installingIndex ?? applyQueue.applied),
    "a snapshot is of what is applied or being installed",
  );
}

function checkLeader(state: RaftState): void {
  const { role, log, term, votedFor, id, membership } = state;
  if (role.type === "candidate") assert(votedFor === id, "a candidate votes for itself");
  if (role.type !== "leader") return;
  assert(votedFor === id, "a leader voted for itself");
  assert(
    role.noOpIndex < log.firstIndex || log.termAt(role.noOpIndex) === term,
    "a leader never overwrites what it appended",
  );
  assert(role.pendingConfIndex <= log.last.index, "a pending change is in the log");
  const followers = [...role.progress.keys()].sort((a, b) => a - b);
  assert(String(followers) === String(state.peers()), "a leader follows the members' progress");
  assert(
    followers.every((peer) => role.progress.get(peer)?.isLearner === membership.isLearner(peer)),
    "a leader knows the learners",
  );
  for (const progress of role.progress.values()) progress.checkInvariants(log.last.index);
}
