import type { Membership } from "./membership.ts";

/** The voters of a Raft configuration. */
export interface VoterSet {
  readonly voters: readonly number[];
}

/** The next step from Raft's members to those of the channel's configuration. */
export interface MembershipStep {
  readonly type: "addVoter" | "remove";
  readonly raftId: number;
}

/**
 * The step that is due, or `undefined` when Raft has the members that the configuration names. Follows from the two alone,
 * so that a new leader goes on where the one before stopped. A removal comes first: it needs nobody new.
 */
export function membershipStep(
  { voters }: VoterSet,
  { consenterIds }: Membership,
): MembershipStep | undefined {
  const gone = voters.find((id) => !consenterIds.includes(id));
  if (gone !== undefined) return { type: "remove", raftId: gone };
  const added = consenterIds.find((id) => !voters.includes(id));
  return added === undefined ? undefined : { type: "addVoter", raftId: added };
}
