/** Reads without an entry in the log (thesis §6.4): which index sees everything that was committed before. */
import type { ReadIndexAnswerMessage, ReadIndexMessage } from "./message.ts";
import type { ReadRequest } from "./read-queue.ts";
import { broadcastHeartbeat } from "./replication.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";

/** A read of this node's own application. */
export function readHere(state: RaftState, context: Uint8Array): void {
  const { role, id, outbox } = state;
  if (role.type === "leader") {
    readAsLeader(state, role, { from: id, context });
  } else if (role.type === "follower" && role.leaderId !== undefined) {
    const header = { from: id, to: role.leaderId, term: state.term };
    outbox.sendNow({ type: "readIndex", ...header, context });
  } else {
    outbox.trace({ type: "readRefused", reason: "no leader is known" });
  }
}

/** A follower's read. */
export function readForFollower(
  state: RaftState,
  role: LeaderRole,
  { from, context }: ReadIndexMessage,
): void {
  readAsLeader(state, role, { from, context });
}

/** The leader's answer to this follower's read. */
export function readAnswered(state: RaftState, message: ReadIndexAnswerMessage): void {
  if (message.from !== state.leaderId) return;
  state.outbox.read({ context: message.context, index: message.index });
}

/** Goes on with what waited for the term's first commit. */
export function releasePostponedReads(state: RaftState, role: LeaderRole): void {
  if (!hasCommittedInTerm(state)) return;
  const reads = role.reads.takePostponed();
  if (reads.length === 0) return;
  for (const read of reads) role.reads.add(read, state.log.committed);
  confirm(state, role);
}

/** `from` answered a heartbeat of this leader, which was therefore still the leader when the heartbeat was sent. */
export function readAcknowledged(
  state: RaftState,
  role: LeaderRole,
  from: number,
  context: Uint8Array,
): void {
  role.reads.acknowledge(from, context);
  answerConfirmedReads(state, role);
}

function readAsLeader(state: RaftState, role: LeaderRole, read: ReadRequest): void {
  if (role.reads.isFull()) {
    state.outbox.trace({ type: "readRefused", reason: "too many reads wait" });
  } else if (hasCommittedInTerm(state)) {
    role.reads.add(read, state.log.committed);
    confirm(state, role);
  } else {
    role.reads.postpone(read);
  }
}

// A new leader may not know yet how far its predecessors committed (thesis §6.4, step 1; Raft §8).
function hasCommittedInTerm({ log, term }: RaftState): boolean {
  return log.termAt(log.committed) === term;
}

function confirm(state: RaftState, role: LeaderRole): void {
  answerConfirmedReads(state, role);
  if (role.reads.context() !== undefined) broadcastHeartbeat(state, role);
}

/** Answers every read that a majority has confirmed. */
export function answerConfirmedReads(state: RaftState, role: LeaderRole): void {
  for (const { from, context, index } of role.reads.takeConfirmed(state.membership, state.id)) {
    if (from === state.id) {
      state.outbox.read({ context, index });
    } else {
      const header = { from: state.id, to: from, term: state.term };
      state.outbox.sendNow({ type: "readIndexAnswer", ...header, context, index });
    }
  }
}
