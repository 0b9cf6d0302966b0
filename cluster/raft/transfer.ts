/** Handing leadership over (thesis §3.10): bring a follower level, then tell it to campaign. */
import type { Progress } from "./progress.ts";
import { maybeSendAppend } from "./replication.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";

/** Begins to hand over to `to`, a voter other than this node. Proposals are refused meanwhile. */
export function transferAsLeader(state: RaftState, role: LeaderRole, to: number): void {
  const progress = role.progress.get(to);
  if (progress === undefined || !state.membership.isVoter(to)) {
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

/** `peer` acknowledged something: if it is the successor and level, it campaigns now. */
export function maybeHandOver(state: RaftState, role: LeaderRole, peer: number): void {
  if (role.transfer?.to !== peer || role.progress.get(peer)?.match !== state.log.last.index) return;
  state.outbox.sendNow({ type: "timeoutNow", from: state.id, to: peer, term: state.term });
}

/**
 * Tells a voter to campaign, level or not, since this node can go on no more: one that is heard before one that is not, and
 * of those the one that is known to hold most. It is safe whoever it is: it needs the votes of a majority.
 */
export function nameSuccessor(state: RaftState, role: LeaderRole): void {
  const isHeard = ({ silentTicks }: Progress): number =>
    silentTicks < state.options.electionTicks ? 1 : 0;
  const voters = [...role.progress].filter(([peer]) => state.membership.isVoter(peer));
  const [best] = voters.sort(([, a], [, b]) => isHeard(b) - isHeard(a) || b.match - a.match);
  if (best === undefined) return;
  const [to] = best;
  state.outbox.sendNow({ type: "timeoutNow", from: state.id, to, term: state.term });
}

/** Without a successor within an election timeout, proposals are welcome again. */
export function tickTransfer(state: RaftState, role: LeaderRole): void {
  if (role.transfer === undefined) return;
  role.transfer.elapsed += 1;
  if (role.transfer.elapsed >= state.options.electionTicks) abortTransfer(state, role);
}

/** One that may no longer lead is no successor. */
export function checkTransfer(state: RaftState, role: LeaderRole): void {
  if (role.transfer === undefined || state.membership.isVoter(role.transfer.to)) return;
  abortTransfer(state, role);
}

function abortTransfer(state: RaftState, role: LeaderRole): void {
  if (role.transfer === undefined) return;
  state.outbox.trace({ type: "transferAborted", to: role.transfer.to });
  role.transfer = undefined;
}
