/** Elections: when they start, who may vote for whom, and who has won (Raft §5.2, §5.4.1; thesis §9.6). */
import { changeOf } from "./conf-change-rules.ts";
import { takeOffice } from "./leader.ts";
import type { PreVoteMessage, VoteMessage } from "./message.ts";
import { jointVoteResult } from "./quorum.ts";
import type { CandidateRole, PreCandidateRole } from "./role.ts";
import type { RaftState } from "./state.ts";
import { toldCommit } from "./told-commit.ts";
import { becomeCandidate, becomeFollower, becomePreCandidate } from "./transition.ts";

/** One tick without a leader's message, at a node that does not lead. */
export function tickElection(state: RaftState): void {
  state.electionElapsed += 1;
  if (state.electionElapsed < state.electionTimeout) {
    maybeAskAgain(state);
    return;
  }
  // One that may not campaign leaves its time run on, or it would take a leader for alive that it has long not heard.
  if (campaignFault(state) !== undefined) return;
  state.electionElapsed = 0;
  campaign(state);
}

/** Campaigns without waiting for the timeout. */
export function campaign(state: RaftState): void {
  const fault = campaignFault(state);
  if (fault !== undefined) state.outbox.trace({ type: "campaignRefused", reason: fault });
  else if (state.options.preVote) startPreVote(state);
  else startVote(state, false);
}

/** Campaigns because the leader asked for it: no pre-vote, since the leader is known to be ready to go. */
export function campaignNow(state: RaftState): void {
  const fault = campaignFault(state);
  if (fault !== undefined) state.outbox.trace({ type: "campaignRefused", reason: fault });
  else startVote(state, true);
}

// Why this node must not stand for election. A committed change that is not applied could make it count its votes in a
// configuration that the others have left two changes ago (etcd-io/etcd#7625).
function campaignFault(state: RaftState): string | undefined {
  const { membership, snapshots, readmission, log, applyQueue } = state;
  if (!membership.isVoter(state.id)) return "not a voter";
  if (readmission.type !== "none") return "its votes may be forgotten";
  if (snapshots.installingIndex !== undefined) return "a snapshot is being installed";
  const unapplied = log.slice(applyQueue.applied, log.committed);
  if (unapplied.some((entry) => changeOf(entry) !== undefined)) {
    return "a committed configuration change is not applied";
  }
  return undefined;
}

/** Gives up an election that it would not begin now. */
export function reconsiderCampaign(state: RaftState): void {
  const { role, term } = state;
  if (role.type !== "preCandidate" && role.type !== "candidate") return;
  if (campaignFault(state) === undefined) return;
  becomeFollower(state, term, undefined, "change to apply");
}

/** Asks whether an election could be won (thesis §9.6). */
function startPreVote(state: RaftState): void {
  becomePreCandidate(state);
  askBefore(state, rivals(state));
  countVotes(state);
}

function askBefore(state: RaftState, voters: readonly number[]): void {
  const { index: lastIndex, term: lastTerm } = state.log.last;
  for (const to of voters) {
    const header = { from: state.id, to, term: state.term + 1 };
    state.outbox.sendNow({ type: "preVote", ...header, lastIndex, lastTerm });
  }
}

/** Stands for election in the next term. `isTransfer`: the leader asked for it. */
function startVote(state: RaftState, isTransfer: boolean): void {
  becomeCandidate(state, isTransfer);
  askForVotes(state, rivals(state), isTransfer);
}

function askForVotes(state: RaftState, voters: readonly number[], isTransfer: boolean): void {
  const { index: lastIndex, term: lastTerm } = state.log.last;
  for (const to of voters) {
    // After persistence, unlike a pre-vote: were the term or the end of the log lost in a crash, this node could stand
    // again in the same term with a shorter log, and votes given to the longer one would count for it.
    const header = { from: state.id, to, term: state.term };
    state.outbox.sendAfterPersist({ type: "vote", ...header, lastIndex, lastTerm, isTransfer });
  }
}

// A request or its answer may be lost, or the voter may have heard a leader a moment too recently to answer at all.
function maybeAskAgain(state: RaftState): void {
  const { role, options } = state;
  if (!options.hastensElections || state.electionElapsed % options.heartbeatTicks !== 0) return;
  if (role.type !== "preCandidate" && role.type !== "candidate") return;
  // Before the own vote is durable the first requests have not left either.
  if (!role.votes.has(state.id)) return;
  const silent = rivals(state).filter((voter) => !role.votes.has(voter));
  if (role.type === "candidate") {
    askForVotes(state, silent, role.isTransfer);
    return;
  }
  askBefore(state, silent);
  role.givesWay = false;
  countVotes(state);
}

// Two that ask at one time grant each other the pre-vote, stand both, and split the votes. So that with the longer log or,
// if they are equal, the higher id goes first; the other one stands a heartbeat later, should that have come to nothing.
function maybeGiveWay(state: RaftState, { term, from, lastIndex, lastTerm }: PreVoteMessage): void {
  const { role, log, options } = state;
  if (!options.hastensElections || role.type !== "preCandidate" || term !== state.term + 1) return;
  const isEqual = lastIndex === log.last.index && lastTerm === log.last.term;
  if (!isEqual || from > state.id) role.givesWay = true;
}

// Whose votes count besides the own: of both halves of a joint configuration (Raft §6).
function rivals({ membership, id }: RaftState): readonly number[] {
  return membership.electorate.filter((voter) => voter !== id);
}

/** The own vote counts once it is durable: a crash must not leave a second one to give. */
export function persistedAsCandidate(state: RaftState, role: CandidateRole): void {
  const { term, votedFor } = state.persistQueue.durableHardState;
  if (term !== state.term || votedFor !== state.id) return;
  recordVote(state, role, state.id, true);
}

/** A voter's first answer counts, later ones do not. */
export function recordVote(
  state: RaftState,
  role: PreCandidateRole | CandidateRole,
  voter: number,
  isGranted: boolean,
): void {
  if (!state.membership.isVoter(voter) || role.votes.has(voter)) return;
  role.votes.set(voter, isGranted);
  countVotes(state);
}

function countVotes(state: RaftState): void {
  const { role } = state;
  if (role.type !== "preCandidate" && role.type !== "candidate") return;
  const result = jointVoteResult(state.membership, role.votes);
  if (result === "pending") return;
  if (result === "lost") becomeFollower(state, state.term, undefined, "election lost");
  else if (role.type === "candidate") takeOffice(state);
  else if (!role.givesWay) startVote(state, false);
}

/**
 * True while a live leader is heard: votes for later terms are then not even considered, so that a node that was cut
 * off cannot depose it (thesis §4.2.3, §6.4.1).
 */
export function isInLease(state: RaftState): boolean {
  if (!state.options.checkQuorum) return false;
  return state.leaderId !== undefined && state.electionElapsed < state.options.electionTicks;
}

/**
 * Answers a request in the current term, or a pre-vote for the current term or a later one. Whoever asks, and also at a
 * node that is no voter as far as it knows: it may have become one without having heard of it.
 */
export function answerVoteRequest(state: RaftState, message: PreVoteMessage | VoteMessage): void {
  const candidateLast = { index: message.lastIndex, term: message.lastTerm };
  const isGranted = mayVote(state, message) && state.log.isUpToDate(candidateLast);
  const type = isGranted ? "voteGranted" : "voteRefused";
  state.outbox.trace({ type, term: message.term, to: message.from });
  const header = { from: state.id, to: message.from, ...toldCommit(state) };
  if (message.type === "preVote") {
    if (isGranted) maybeGiveWay(state, message);
    const term = isGranted ? message.term : state.term;
    state.outbox.sendNow({ type: "preVoteAnswer", ...header, term, isGranted });
  } else if (isGranted) {
    // Once: one that asks again and hears no answer must not hold everybody up.
    if (state.votedFor !== message.from) state.electionElapsed = 0;
    state.votedFor = message.from;
    state.outbox.sendAfterPersist({ type: "voteAnswer", ...header, term: state.term, isGranted });
  } else {
    state.outbox.sendNow({ type: "voteAnswer", ...header, term: state.term, isGranted });
  }
}

// One vote a term, repeated to the same candidate if asked again. A pre-vote for a later term spends none.
function mayVote(state: RaftState, message: PreVoteMessage | VoteMessage): boolean {
  if (state.readmission.type !== "none") return false;
  if (message.type === "preVote" && message.term > state.term) return true;
  if (state.votedFor === message.from) return true;
  return state.votedFor === undefined && state.leaderId === undefined;
}
