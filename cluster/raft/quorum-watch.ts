/** How a leader finds out that it does not hear a majority any more (thesis §6.2). */
import type { Progress } from "./progress.ts";
import { jointVoteResult } from "./quorum.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";
import { nameSuccessor } from "./transfer.ts";
import { becomeFollower } from "./transition.ts";

/**
 * Counts a tick. A leader cut off from a majority must not go on as if it led: it follows, and the answer is true.
 *
 * With `hastensElections` it does so as soon as the silence is as long as an election timeout, and names a successor: those
 * who hear it all the same would otherwise wait for another election timeout. Without, as in etcd, it asks at the end of
 * each election timeout who has answered in it.
 */
export function tickQuorum(state: RaftState, role: LeaderRole): boolean {
  const { checkQuorum, electionTicks, hastensElections } = state.options;
  const progresses = [...role.progress.values()];
  state.electionElapsed += 1;
  const isRoundOver = state.electionElapsed >= electionTicks;
  if (isRoundOver) state.electionElapsed = 0;
  for (const progress of progresses) progress.tickSilence();
  if (!checkQuorum) return false;
  const isCutOff = hastensElections
    ? !hearsMajority(state, role, ({ silentTicks }) => silentTicks < electionTicks)
    : isRoundOver && !hearsMajority(state, role, ({ isActive }) => isActive);
  if (isRoundOver) for (const progress of progresses) progress.markInactive();
  if (!isCutOff) return false;
  if (hastensElections) nameSuccessor(state, role);
  becomeFollower(state, state.term, undefined, "no quorum");
  return true;
}

function hearsMajority(
  state: RaftState,
  role: LeaderRole,
  isHeard: (progress: Progress) => boolean,
): boolean {
  const heard = new Map([[state.id, true]]);
  for (const [peer, progress] of role.progress) heard.set(peer, isHeard(progress));
  return jointVoteResult(state.membership, heard) === "won";
}
