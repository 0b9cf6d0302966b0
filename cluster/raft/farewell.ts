/**
 * What a leader still owes to a member that was removed: the commit of its removal. The change is in force, and the member
 * gone, at the very moment at which it is committed, so that nothing else would ever tell it; and one that does not know
 * that it is released goes on asking for votes, and must: the others may still count on its own.
 */
import type { AppendAcceptedMessage } from "./message.ts";
import type { Progress } from "./progress.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";

/** Member `peer`, of which the leader knows `progress`, was removed by the entry at `index`. */
export function beginFarewell(
  state: RaftState,
  role: LeaderRole,
  peer: number,
  { progress, index }: { readonly progress: Progress; readonly index: number },
): void {
  if (!state.options.tellsRemoved) return;
  role.departed.set(peer, { match: progress.match, removedAt: index, elapsed: 0 });
  sayFarewell(state, role, peer);
}

/** With each heartbeat, for one election timeout: messages may be lost, and there is no answer that would say enough. */
export function sayFarewells(state: RaftState, role: LeaderRole): void {
  const { electionTicks, heartbeatTicks } = state.options;
  for (const [peer, departed] of role.departed) {
    departed.elapsed += heartbeatTicks;
    if (departed.elapsed >= electionTicks) role.departed.delete(peer);
    else sayFarewell(state, role, peer);
  }
}

/** It has the entry now, perhaps. It gets no others. */
export function acceptedByDeparted(
  state: RaftState,
  role: LeaderRole,
  { from, index }: AppendAcceptedMessage,
): void {
  const departed = role.departed.get(from);
  if (departed === undefined || index > state.log.last.index || index <= departed.match) return;
  departed.match = index;
  sayFarewell(state, role, from);
}

// No more of the commit index than it is known to hold, as in any heartbeat. One that lacks the entry is not told to wait.
function sayFarewell(state: RaftState, role: LeaderRole, to: number): void {
  const departed = role.departed.get(to);
  if (departed === undefined || departed.match < departed.removedAt) return;
  const commit = Math.min(departed.match, state.log.committed);
  state.outbox.sendNow({ type: "heartbeat", from: state.id, to, term: state.term, commit });
}
