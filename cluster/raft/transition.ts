/** The changes of role, and of the term and vote that go with them (Raft figure 4). */
import { assert } from "../../src/kernel/assert.ts";
import { Progress } from "./progress.ts";
import { ReadQueue } from "./read-queue.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";
import { drawElectionTimeout } from "./state.ts";
import type { StepDownReason } from "./trace.ts";

/** Follows `leaderId`, or nobody yet, in `term`, which is never below the current one. */
export function becomeFollower(
  state: RaftState,
  term: number,
  leaderId: number | undefined,
  reason: StepDownReason,
): void {
  assert(term >= state.term, "a node's term never falls");
  if (term > state.term) enterTerm(state, term, undefined);
  restartElectionTimer(state);
  state.role = { type: "follower", leaderId };
  state.outbox.trace({ type: "becameFollower", term, leaderId, reason });
}

/** A follower learns who leads its term. */
export function followLeader(state: RaftState, leaderId: number): void {
  state.role = { type: "follower", leaderId };
  state.outbox.trace({ type: "leaderFound", term: state.term, leaderId });
}

/** Forgets its leader: otherwise it would refuse to vote for the next one. */
export function becomePreCandidate(state: RaftState): void {
  restartElectionTimer(state);
  state.role = { type: "preCandidate", votes: new Map([[state.id, true]]), givesWay: false };
  state.outbox.trace({ type: "becamePreCandidate", term: state.term });
}

/** Votes for itself in the next term. The vote counts once it is durable. */
export function becomeCandidate(state: RaftState, isTransfer: boolean): void {
  enterTerm(state, state.term + 1, state.id);
  restartElectionTimer(state);
  state.role = { type: "candidate", votes: new Map(), isTransfer };
  state.outbox.trace({ type: "becameCandidate", term: state.term, isTransfer });
}

/** Leads the term it was elected in. Its empty entry is the next one of the log. */
export function becomeLeader(state: RaftState): LeaderRole {
  assert(state.votedFor === state.id, "a leader voted for itself");
  const noOpIndex = state.log.last.index + 1;
  const role: LeaderRole = {
    type: "leader",
    progress: initialProgress(state, noOpIndex),
    departed: new Map(),
    reads: new ReadQueue(),
    noOpIndex,
    // There may be a change before, which the log would have to be searched for.
    pendingConfIndex: state.log.last.index,
    heartbeatElapsed: 0,
    transfer: undefined,
  };
  restartElectionTimer(state);
  state.role = role;
  state.outbox.trace({ type: "becameLeader", term: state.term, noOpIndex });
  return role;
}

function initialProgress(state: RaftState, next: number): Map<number, Progress> {
  const progress = new Map<number, Progress>();
  for (const peer of state.peers()) {
    const isLearner = state.membership.isLearner(peer);
    progress.set(peer, new Progress({ next, isLearner, memberSince: 0 }, state.options));
  }
  return progress;
}

function enterTerm(state: RaftState, term: number, votedFor: number | undefined): void {
  state.term = term;
  state.votedFor = votedFor;
  state.matchedIndex = 0;
}

function restartElectionTimer(state: RaftState): void {
  state.electionElapsed = 0;
  state.electionTimeout = drawElectionTimeout(state.options);
}
