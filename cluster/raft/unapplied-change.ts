/**
 * Committed changes of the configuration that are not in force here yet. One that removes a member is told to that member
 * only when it is in force here, and in force only when its commit is on disk: the member takes its vote with it, and a
 * node that forgot the commit in a crash would wait for that vote for good.
 */
import { changeOf } from "./conf-change-rules.ts";
import { changeConfiguration } from "./conf-changer.ts";
import { membersOf } from "./configuration.ts";
import type { Entry } from "./entry.ts";
import type { RaftState } from "./state.ts";

/** Index of the first change that is committed, and may be forgotten to be; `undefined` when there is none. */
export function volatileChangeIndex(state: RaftState): number | undefined {
  if (!state.options.tellsRemoved) return undefined;
  const { commit } = state.persistQueue.durableHardState;
  return firstChange(state, Math.max(commit, state.applyQueue.handedOut))?.index;
}

/** How much of the commit index a leader tells `peer`. */
export function commitFor(state: RaftState, peer: number): number {
  const { role, log, applyQueue, membership, options } = state;
  const mayBePending = role.type === "leader" && role.pendingConfIndex > applyQueue.applied;
  if (!options.tellsRemoved || !mayBePending) return log.committed;
  const entry = firstChange(state, applyQueue.applied);
  const change = entry && changeOf(entry);
  if (entry === undefined || change === undefined) return log.committed;
  const result = changeConfiguration(membership.configuration, change);
  const isRemoved = result.ok && !membersOf(result.configuration).includes(peer);
  return isRemoved ? entry.index - 1 : log.committed;
}

function firstChange({ log }: RaftState, afterIndex: number): Entry | undefined {
  const from = Math.max(afterIndex, log.firstIndex - 1);
  if (from >= log.committed) return undefined;
  return log.slice(from, log.committed).find((entry) => changeOf(entry) !== undefined);
}
