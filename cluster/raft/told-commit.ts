/**
 * What is committed, told in the answers to candidates. A change of the members is in force where it is applied: a node that has its
 * entry and has not heard of its commit counts votes in the configuration before. Should those be gone whose votes that takes, or have
 * longer logs and stand no more themselves, then nobody could be elected for good.
 */
import type { EntryId } from "./entry.ts";
import type { RaftState } from "./state.ts";

/** The field of an answer; none where nothing is committed. */
export function toldCommit({ log, options }: RaftState): { readonly committed?: EntryId } {
  const { committed: index } = log;
  const term = log.termAt(index);
  if (!options.tellsCommit || index === 0 || term === undefined) return {};
  return { committed: { index, term } };
}

/**
 * Commits what another node knows to be committed, if it is in this log: two logs with one entry are the same up to it (Raft §5.3). Returns
 * whether that was news. A leader commits by counting.
 */
export function hearCommit(state: RaftState, committed: EntryId | undefined): boolean {
  const { log, role, options, outbox } = state;
  if (!options.tellsCommit || committed === undefined || role.type === "leader") return false;
  const { index, term } = committed;
  if (index > log.last.index || log.termAt(index) !== term) return false;
  if (!log.maybeCommit(index)) return false;
  outbox.trace({ type: "committed", index });
  return true;
}
