/** The rules of a leader (Raft figure 2, "leaders"). */
import { EMPTY_BYTES } from "../../src/kernel/bytes.ts";
import type { Entry } from "./entry.ts";
import { ENTRIES_PER_PROPOSAL_MAX } from "./limits.ts";
import type { AppendAcceptedMessage, AppendRejectedMessage, RaftMessage } from "./message.ts";
import type { Progress } from "./progress.ts";
import {
  broadcastAppend,
  broadcastHeartbeat,
  maybeCommit,
  maybeSendAppend,
  sendAppends,
} from "./replication.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";
import type { ProposalRefusal } from "./trace.ts";
import { becomeFollower, becomeLeader } from "./transition.ts";

/**
 * The answer to a proposal. Accepted is not committed: it is once an entry with this index and term is applied, and
 * never if another term's entry is applied there.
 */
export type ProposeResult =
  | {
      readonly accepted: true;
      /** Index of the proposal's last entry. */
      readonly index: number;
      readonly term: number;
    }
  | {
      readonly accepted: false;
      readonly reason: ProposalRefusal;
      readonly leaderId: number | undefined;
    };

/** An election is won: open the term with an empty entry, which commits what earlier terms left (Raft §8). */
export function takeOffice(state: RaftState): void {
  const role = becomeLeader(state);
  appendOwn(state, [EMPTY_BYTES]);
  broadcastAppend(state, role, "always");
}

export function tickLeader(state: RaftState, role: LeaderRole): void {
  if (maybeStepDownForDisk(state)) return;
  state.electionElapsed += 1;
  if (state.electionElapsed >= state.options.electionTicks) {
    state.electionElapsed = 0;
    if (maybeStepDownWithoutQuorum(state, role)) return;
  }
  tickTransfer(state, role);
  role.heartbeatElapsed += 1;
  if (role.heartbeatElapsed < state.options.heartbeatTicks) return;
  role.heartbeatElapsed = 0;
  broadcastHeartbeat(state, role);
}

/** Takes `data`, one entry each and none of them empty, unless there is a reason against it. */
export function proposeAsLeader(
  state: RaftState,
  role: LeaderRole,
  data: readonly Uint8Array[],
): ProposeResult {
  const reason = refusal(state, role, data);
  if (reason !== undefined) return { accepted: false, reason, leaderId: state.id };
  appendOwn(state, data);
  broadcastAppend(state, role, "withEntries");
  return { accepted: true, index: state.log.last.index, term: state.term };
}

function refusal(
  state: RaftState,
  role: LeaderRole,
  data: readonly Uint8Array[],
): ProposalRefusal | undefined {
  if (data.length > ENTRIES_PER_PROPOSAL_MAX) return "too large";
  if (role.transfer !== undefined) return "transferring";
  // Whatever its size, one proposal passes while less than the bound waits: no size is refused for ever.
  return state.log.uncommittedBytes >= state.options.pendingBytesMax ? "busy" : undefined;
}

function appendOwn(state: RaftState, data: readonly Uint8Array[]): void {
  const { term, log } = state;
  const nextIndex = log.last.index + 1;
  const entries = data.map((bytes, position): Entry => {
    return { index: nextIndex + position, term, type: "normal", data: bytes };
  });
  log.append(entries);
  state.outbox.trace({
    type: "appended",
    first: idOf(entries[0] ?? log.last),
    last: idOf(log.last),
  });
}

function idOf({ index, term }: { index: number; term: number }): { index: number; term: number } {
  return { index, term };
}

/** Messages of the leader's own term. Those that only a leader sends prove a fault elsewhere and are left alone. */
export function receiveAsLeader(state: RaftState, role: LeaderRole, message: RaftMessage): void {
  const progress = role.progress.get(message.from);
  if (progress === undefined) return;
  switch (message.type) {
    case "appendAccepted":
      receiveAccepted(state, role, progress, message);
      return;
    case "appendRejected":
      receiveRejected(state, progress, message);
      return;
    case "heartbeatAnswer":
      receiveHeartbeatAnswer(state, message.from, progress);
      return;
    case "append":
    case "heartbeat":
    case "timeoutNow":
    case "preVote":
    case "preVoteAnswer":
    case "vote":
    case "voteAnswer":
      return;
  }
}

function receiveAccepted(
  state: RaftState,
  role: LeaderRole,
  progress: Progress,
  message: AppendAcceptedMessage,
): void {
  // A follower cannot hold what this leader never had.
  if (message.index > state.log.last.index) return;
  progress.markActive();
  const wasPaused = progress.isPaused;
  if (!progress.maybeAccept(message.index)) return;
  if (maybeCommit(state, role)) broadcastAppend(state, role, "always");
  // It was not told the commit index while it was paused.
  else if (wasPaused) maybeSendAppend(state, message.from, progress, "always");
  sendAppends(state, message.from, progress);
  maybeHandOver(state, role, message.from);
}

function receiveRejected(
  state: RaftState,
  progress: Progress,
  message: AppendRejectedMessage,
): void {
  progress.markActive();
  const hint = { index: message.hintIndex, term: message.hintTerm };
  const agreedIndex = hint.term > 0 ? state.log.latestNotAfter(hint) : hint.index;
  if (progress.maybeReject(message.rejectedIndex, agreedIndex)) {
    maybeSendAppend(state, message.from, progress, "always");
  }
}

// An answered heartbeat while an append is not: the append may be lost, so one more may go.
function receiveHeartbeatAnswer(state: RaftState, from: number, progress: Progress): void {
  progress.markActive();
  progress.resume();
  if (progress.match < state.log.last.index || progress.state === "probe") {
    maybeSendAppend(state, from, progress, "always");
  }
}

/** The leader's own disk caught up: its share of a majority may commit entries. */
export function persistedAsLeader(state: RaftState, role: LeaderRole): void {
  if (maybeCommit(state, role)) broadcastAppend(state, role, "always");
}

/** Hands leadership to `to` (thesis §3.10): bring it level, then tell it to campaign. */
export function transferAsLeader(state: RaftState, role: LeaderRole, to: number): void {
  const progress = role.progress.get(to);
  if (progress === undefined) {
    state.outbox.trace({ type: "transferRefused", to });
    return;
  }
  if (role.transfer?.to === to) return;
  abortTransfer(state, role);
  role.transfer = { to, elapsed: 0 };
  state.outbox.trace({ type: "transferStarted", to });
  if (progress.match < state.log.last.index) maybeSendAppend(state, to, progress, "always");
  maybeHandOver(state, role, to);
}

function maybeHandOver(state: RaftState, role: LeaderRole, peer: number): void {
  if (role.transfer?.to !== peer || role.progress.get(peer)?.match !== state.log.last.index) return;
  state.outbox.sendNow({ type: "timeoutNow", from: state.id, to: peer, term: state.term });
}

// Without a successor within an election timeout, proposals are welcome again.
function tickTransfer(state: RaftState, role: LeaderRole): void {
  if (role.transfer === undefined) return;
  role.transfer.elapsed += 1;
  if (role.transfer.elapsed >= state.options.electionTicks) abortTransfer(state, role);
}

function abortTransfer(state: RaftState, role: LeaderRole): void {
  if (role.transfer === undefined) return;
  state.outbox.trace({ type: "transferAborted", to: role.transfer.to });
  role.transfer = undefined;
}

/** The transport could not reach `peer`: what was on its way is probably lost. */
export function unreachableAsLeader(role: LeaderRole, peer: number): void {
  const progress = role.progress.get(peer);
  if (progress?.state === "replicate") progress.becomeProbe();
}

// Thesis §6.2: a leader cut off from a majority must not go on as if it led.
function maybeStepDownWithoutQuorum(state: RaftState, role: LeaderRole): boolean {
  let activeCount = 1;
  for (const progress of role.progress.values()) {
    if (progress.isActive) activeCount += 1;
    progress.markInactive();
  }
  if (activeCount * 2 > state.voters.size) return false;
  becomeFollower(state, state.term, undefined, "no quorum");
  return true;
}

// A leader with a dead disk still sends heartbeats and so prevents its own replacement, while nothing it leads can be
// applied here. It cannot be elected again before its vote is durable.
function maybeStepDownForDisk(state: RaftState): boolean {
  if (state.persistQueue.waitingTicks < state.options.electionTicks) return false;
  if (state.voters.size === 1) return false;
  becomeFollower(state, state.term, undefined, "disk stalled");
  return true;
}
