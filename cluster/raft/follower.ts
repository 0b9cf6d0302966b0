/** The rules of a follower (Raft §5.3). */
import { campaignNow } from "./election.ts";
import type { AppendMessage, HeartbeatMessage, RaftMessage } from "./message.ts";
import { readAnswered } from "./read-index.ts";
import { afterContact } from "./readmission.ts";
import { receiveSnapshot } from "./snapshot-rules.ts";
import type { RaftState } from "./state.ts";
import { followLeader } from "./transition.ts";

const HEARTBEATS_AFTER_BREAK = 2;

/** Messages of the current term. */
export function receiveAsFollower(state: RaftState, message: RaftMessage): void {
  switch (message.type) {
    case "append":
      hearLeader(state, message.from);
      receiveAppend(state, message);
      return;
    case "heartbeat":
      hearLeader(state, message.from);
      receiveHeartbeat(state, message);
      return;
    case "snapshot":
      hearLeader(state, message.from);
      accept(state, message.from, receiveSnapshot(state, message));
      return;
    case "timeoutNow":
      if (message.from === state.leaderId) campaignNow(state);
      return;
    case "readIndexAnswer":
      readAnswered(state, message);
      return;
    case "appendAccepted":
    case "appendRejected":
    case "heartbeatAnswer":
    case "preVote":
    case "preVoteAnswer":
    case "vote":
    case "voteAnswer":
    case "readIndex":
      return;
  }
}

/** Gives up its leader, if it has one: it may vote for another at once. */
export function forgetLeader(state: RaftState): void {
  const { role, leaderId } = state;
  if (role.type !== "follower" || leaderId === undefined) return;
  state.role = { type: "follower", leaderId: undefined };
  state.outbox.trace({ type: "leaderForgotten", leaderId });
}

/**
 * The transport lost its connection to `peer`. If that leads, it may be gone: of the time in which a leader must be heard
 * only two heartbeats are left. One that is alive is heard before, and a pre-vote still needs a majority that hears none.
 */
export function unreachableAsFollower(state: RaftState, peer: number): void {
  if (state.leaderId !== peer) return;
  const { electionTicks, heartbeatTicks } = state.options;
  const leaseTicks = electionTicks - HEARTBEATS_AFTER_BREAK * heartbeatTicks;
  state.electionElapsed = Math.max(state.electionElapsed, leaseTicks);
}

// Only a leader of this term sends appends and heartbeats in it, and there is one at most (Election Safety).
function hearLeader(state: RaftState, from: number): void {
  state.electionElapsed = 0;
  if (state.leaderId !== from) followLeader(state, from);
}

function receiveHeartbeat(state: RaftState, message: HeartbeatMessage): void {
  commitMatched(state, message.commit);
  const header = { from: state.id, to: message.from, term: state.term };
  const { context } = message;
  const reads = context === undefined ? {} : { context };
  state.outbox.sendNow({ type: "heartbeatAnswer", ...header, ...reads });
}

function receiveAppend(state: RaftState, message: AppendMessage): void {
  const { log } = state;
  state.readmission = afterContact(state.readmission, message.commit);
  if (message.prevIndex < log.committed) {
    // An old or repeated append. What is committed is in every later leader's log (Leader Completeness).
    accept(state, message.from, log.committed);
    return;
  }
  if (isOverwhelmed(state, message)) return;
  const previous = { index: message.prevIndex, term: message.prevTerm };
  const result = log.reconcile(previous, message.entries);
  switch (result.type) {
    case "accepted":
      if (result.truncatedFrom !== undefined) {
        state.persistQueue.truncate(result.truncatedFrom);
        state.outbox.trace({ type: "truncated", fromIndex: result.truncatedFrom });
      }
      traceAppended(state, message);
      state.matchedIndex = Math.max(state.matchedIndex, result.lastIndex);
      commitMatched(state, message.commit);
      accept(state, message.from, result.lastIndex);
      return;
    case "rejected":
      reject(state, message, result.hint);
      return;
  }
}

// Entries are bounded while the disk does not keep up. The leader sends them again after a heartbeat.
function isOverwhelmed(state: RaftState, message: AppendMessage): boolean {
  const { log, persistQueue, options } = state;
  if (message.entries.length === 0 || persistQueue.durable === log.last.index) return false;
  if (log.bytesAfter(persistQueue.durable) < options.pendingBytesMax) return false;
  ignore(state, message, "too many entries wait for the disk");
  return true;
}

function traceAppended(state: RaftState, { entries }: AppendMessage): void {
  const first = entries[0];
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return;
  state.outbox.trace({
    type: "appended",
    first: { index: first.index, term: first.term },
    last: { index: last.index, term: last.term },
  });
}

/**
 * Raft figure 2: commit up to the leader's index, as far as the log is known to equal the leader's. It is up to the end
 * of what this leader's appends confirmed, and up to any entry of its own term, which only this leader can have made.
 * A heartbeat alone could otherwise commit entries that a former leader left here.
 */
function commitMatched(state: RaftState, leaderCommit: number): void {
  const { last } = state.log;
  const matchedIndex = last.term === state.term ? last.index : state.matchedIndex;
  const index = Math.min(leaderCommit, matchedIndex);
  if (state.log.maybeCommit(index)) state.outbox.trace({ type: "committed", index });
}

// The index is the end of what the append confirmed, not of this log, whose rest the leader may not have.
function accept(state: RaftState, to: number, index: number): void {
  state.outbox.sendAfterPersist({
    type: "appendAccepted",
    from: state.id,
    to,
    term: state.term,
    index,
  });
}

function reject(
  state: RaftState,
  message: AppendMessage,
  hint: { readonly index: number; readonly term: number },
): void {
  state.outbox.sendNow({
    type: "appendRejected",
    from: state.id,
    to: message.from,
    term: state.term,
    rejectedIndex: message.prevIndex,
    hintIndex: hint.index,
    hintTerm: hint.term,
  });
}

function ignore(state: RaftState, message: RaftMessage, reason: string): void {
  const { from, type } = message;
  state.outbox.trace({ type: "messageIgnored", from, message: type, reason });
}
