/** When an entry is committed (Raft §5.3, §5.4.2; §6 for joint configurations). */
import { assert } from "../../src/kernel/assert.ts";
import { jointCommittedIndex } from "./quorum.ts";
import { releasePostponedReads } from "./read-index.ts";
import { broadcastAppend } from "./replication.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";

/** Commits what can be and, if that is news, tells everybody. Returns whether it was. */
export function maybeAdvanceCommit(state: RaftState, role: LeaderRole): boolean {
  if (!maybeCommit(state, role)) return false;
  releasePostponedReads(state, role);
  broadcastAppend(state, role, "always");
  return true;
}

/**
 * Commits what a majority of each half holds durably, this node included only for what its own disk holds. Returns
 * whether the commit index moved. Only an entry of the own term is committed by counting; earlier ones with it.
 */
function maybeCommit(state: RaftState, role: LeaderRole): boolean {
  const index = jointCommittedIndex(state.membership, (voter) =>
    voter === state.id ? state.persistQueue.durable : role.progress.get(voter)?.match,
  );
  assert(Number.isFinite(index), "a configuration has voters");
  if (state.log.termAt(index) !== state.term || !state.log.maybeCommit(index)) return false;
  state.outbox.trace({ type: "committed", index });
  return true;
}
