import type { RaftConfiguration } from "./configuration.ts";
import { isJoint, membersOf } from "./configuration.ts";
import { NUMBER_FROM_PEER_MAX, VOTERS_MAX } from "./limits.ts";

/**
 * Why `configuration` breaks an invariant of `RaftConfiguration`, or `undefined`. For what was read from disk or came
 * from a peer; the time is bounded by the length of the lists, which their decoder bounds.
 */
export function configurationFault(configuration: RaftConfiguration): string | undefined {
  const { voters, votersOutgoing, learners, learnersNext } = configuration;
  for (const ids of [voters, votersOutgoing, learners, learnersNext]) {
    if (!isAscending(ids)) return "ids are not ascending integers from 1";
  }
  if (membersOf(configuration).length > VOTERS_MAX) return "too many members";
  const isVoter = new Set([...voters, ...votersOutgoing]);
  if (learners.some((id) => isVoter.has(id))) return "a learner is a voter too";
  const isOutgoing = new Set(votersOutgoing);
  if (learnersNext.some((id) => !isOutgoing.has(id))) return "a later learner is no outgoing voter";
  const isVoting = new Set(voters);
  if (learnersNext.some((id) => isVoting.has(id))) return "a later learner stays a voter";
  if (isJoint(configuration)) return voters.length === 0 ? "a half has no voters" : undefined;
  return configuration.autoLeave ? "what is not joint cannot be left" : undefined;
}

function isAscending(ids: readonly number[]): boolean {
  return ids.every((id, position) => {
    return Number.isInteger(id) && id > (ids[position - 1] ?? 0) && id <= NUMBER_FROM_PEER_MAX;
  });
}
