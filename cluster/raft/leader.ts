/** The rules of a leader (Raft figure 2, "leaders"). */
import { maybeAdvanceCommit } from "./commitment.ts";
import { acceptedByDeparted, sayFarewells } from "./farewell.ts";
import { SNAPSHOT_WAIT_ELECTIONS } from "./limits.ts";
import type {
  AppendAcceptedMessage,
  AppendRejectedMessage,
  HeartbeatAnswerMessage,
  RaftMessage,
} from "./message.ts";
import type { Progress } from "./progress.ts";
import { appendOpening } from "./proposal.ts";
import { tickQuorum } from "./quorum-watch.ts";
import { readAcknowledged, readForFollower } from "./read-index.ts";
import {
  broadcastAppend,
  broadcastHeartbeat,
  maybeSendAppend,
  sendAppends,
} from "./replication.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";
import { maybeHandOver, nameSuccessor, tickTransfer } from "./transfer.ts";
import { becomeFollower, becomeLeader } from "./transition.ts";

/** An election is won: open the term with an empty entry, which commits what earlier terms left (Raft §8). */
export function takeOffice(state: RaftState): void {
  const role = becomeLeader(state);
  appendOpening(state);
  broadcastAppend(state, role, "always");
}

export function tickLeader(state: RaftState, role: LeaderRole): void {
  if (maybeStepDownForDisk(state, role)) return;
  if (tickQuorum(state, role)) return;
  tickTransfer(state, role);
  tickSnapshots(state, role);
  role.heartbeatElapsed += 1;
  if (role.heartbeatElapsed < state.options.heartbeatTicks) return;
  role.heartbeatElapsed = 0;
  broadcastHeartbeat(state, role);
  sayFarewells(state, role);
}

/** Messages of the leader's own term. Those that only a leader sends prove a fault elsewhere and are left alone. */
export function receiveAsLeader(state: RaftState, role: LeaderRole, message: RaftMessage): void {
  const progress = role.progress.get(message.from);
  if (progress === undefined) {
    if (message.type === "appendAccepted") acceptedByDeparted(state, role, message);
    return;
  }
  switch (message.type) {
    case "appendAccepted":
      receiveAccepted(state, role, progress, message);
      return;
    case "appendRejected":
      receiveRejected(state, progress, message);
      return;
    case "heartbeatAnswer":
      receiveHeartbeatAnswer(state, role, progress, message);
      return;
    case "readIndex":
      readForFollower(state, role, message);
      return;
    case "append":
    case "heartbeat":
    case "snapshot":
    case "timeoutNow":
    case "preVote":
    case "preVoteAnswer":
    case "vote":
    case "voteAnswer":
    case "readIndexAnswer":
      return;
  }
}

function receiveAccepted(
  state: RaftState,
  role: LeaderRole,
  progress: Progress,
  message: AppendAcceptedMessage,
): void {
  const { log } = state;
  // A follower cannot hold what this leader never had.
  if (message.index > log.last.index) return;
  progress.markActive();
  if (!progress.maybeAccept(message.index, log.firstIndex)) return;
  if (!maybeAdvanceCommit(state, role) && progress.canBumpCommit(log.committed)) {
    // It may have missed the commit index while it was paused. Sooner than the next heartbeat tells it.
    maybeSendAppend(state, message.from, progress, "always");
  }
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
function receiveHeartbeatAnswer(
  state: RaftState,
  role: LeaderRole,
  progress: Progress,
  { from, context }: HeartbeatAnswerMessage,
): void {
  progress.markActive();
  progress.resume();
  if (progress.match < state.log.last.index || progress.state === "probe") {
    maybeSendAppend(state, from, progress, "always");
  }
  if (context !== undefined) readAcknowledged(state, role, from, context);
}

/** The leader's own disk caught up: its share of a majority may commit entries. */
export function persistedAsLeader(state: RaftState, role: LeaderRole): void {
  maybeAdvanceCommit(state, role);
}

/** The transport could not reach `peer`: what was on its way is probably lost. */
export function unreachableAsLeader(role: LeaderRole, peer: number): void {
  const progress = role.progress.get(peer);
  if (progress?.state === "replicate") progress.becomeProbe();
}

/** The transport tells what became of a snapshot message. */
export function snapshotReportedAsLeader(role: LeaderRole, peer: number, ok: boolean): void {
  role.progress.get(peer)?.snapshotReported(ok);
}

// Without a report and an acknowledgement a snapshot is lost at some time: nothing else would ever be sent to its
// receiver again.
function tickSnapshots({ options }: RaftState, role: LeaderRole): void {
  const ticksMax = SNAPSHOT_WAIT_ELECTIONS * options.electionTicks;
  for (const progress of role.progress.values()) {
    if (progress.tickSnapshot(ticksMax)) progress.snapshotReported(false);
  }
}

// A leader with a dead disk still sends heartbeats and so prevents its own replacement, while nothing it leads can be
// applied here. It cannot be elected again before its vote is durable.
function maybeStepDownForDisk(state: RaftState, role: LeaderRole): boolean {
  if (state.persistQueue.waitingTicks < state.options.electionTicks) return false;
  if (state.membership.isSoleVoter(state.id)) return false;
  // The others have heard this node until now, and would wait an election timeout for it.
  nameSuccessor(state, role);
  becomeFollower(state, state.term, undefined, "disk stalled");
  return true;
}
