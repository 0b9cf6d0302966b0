/** The rules of a node that stands for election, or asks whether it could (Raft §5.2). */
import { recordVote } from "./election.ts";
import { receiveAsFollower } from "./follower.ts";
import type { RaftMessage } from "./message.ts";
import type { CandidateRole, PreCandidateRole } from "./role.ts";
import type { RaftState } from "./state.ts";
import { becomeFollower } from "./transition.ts";

/** Messages of the current term, and granted pre-votes for the next one. */
export function receiveAsCandidate(
  state: RaftState,
  role: PreCandidateRole | CandidateRole,
  message: RaftMessage,
): void {
  switch (message.type) {
    case "append":
    case "heartbeat":
    case "snapshot":
      // The election of this term is over, and somebody else has won it.
      becomeFollower(state, state.term, message.from, "leader found");
      receiveAsFollower(state, message);
      return;
    case "preVoteAnswer": {
      // A grant names the term it is for: one for an earlier attempt says nothing about this one.
      const term = message.isGranted ? state.term + 1 : state.term;
      if (role.type !== "preCandidate" || message.term !== term) return;
      recordVote(state, role, message.from, message.isGranted);
      return;
    }
    case "voteAnswer":
      if (role.type === "candidate") recordVote(state, role, message.from, message.isGranted);
      return;
    case "appendAccepted":
    case "appendRejected":
    case "heartbeatAnswer":
    case "timeoutNow":
    case "preVote":
    case "vote":
    case "readIndex":
    case "readIndexAnswer":
      return;
  }
}
