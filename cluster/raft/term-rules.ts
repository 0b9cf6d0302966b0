/** What a message's term does before its content counts (Raft §5.1). */
import { isInLease } from "./election.ts";
import type { RaftMessage } from "./message.ts";
import type { RaftState } from "./state.ts";
import { toldCommit } from "./told-commit.ts";
import { becomeFollower } from "./transition.ts";

/** Returns whether `message` is to be received: afterwards it is of the current term, or is about a pre-vote. */
export function admitTerm(state: RaftState, message: RaftMessage): boolean {
  // etcd's library leaves the term out of what it forwards to the leader.
  if (message.type === "readIndex" && message.term === 0) return true;
  if (message.term > state.term) return admitLaterTerm(state, message);
  if (message.term < state.term) {
    answerEarlierTerm(state, message);
    return false;
  }
  return true;
}

function admitLaterTerm(state: RaftState, message: RaftMessage): boolean {
  switch (message.type) {
    case "preVote":
      return !isInLease(state);
    case "preVoteAnswer":
      // A grant carries the term that was asked about, which nobody is in yet.
      if (message.isGranted) return true;
      break;
    case "vote":
      if (!message.isTransfer && isInLease(state)) return false;
      break;
    case "append":
    case "heartbeat":
    case "snapshot":
      becomeFollower(state, message.term, message.from, "leader found");
      return true;
    case "appendAccepted":
    case "appendRejected":
    case "heartbeatAnswer":
    case "voteAnswer":
    case "timeoutNow":
    case "readIndex":
    case "readIndexAnswer":
      break;
  }
  becomeFollower(state, message.term, undefined, "higher term");
  return true;
}

// A leader or a pre-candidate of an earlier term would never learn of this one: votes are ignored while a leader is
// heard, and a pre-candidate's term does not rise. Everything else of an earlier term is old and needs no answer.
function answerEarlierTerm(state: RaftState, message: RaftMessage): void {
  const header = { from: state.id, to: message.from, term: state.term };
  const { preVote, checkQuorum } = state.options;
  if (message.type === "append" || message.type === "heartbeat") {
    // Without either, a vote for a later term is heard by every leader.
    if (!preVote && !checkQuorum) return;
    state.outbox.sendNow({ type: "heartbeatAnswer", ...header });
  } else if (message.type === "preVote") {
    state.outbox.sendNow({
      type: "preVoteAnswer",
      ...header,
      isGranted: false,
      ...toldCommit(state),
    });
  }
}
