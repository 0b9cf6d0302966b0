import type { RaftConsenter } from "../../../src/channel/index.ts";
import { equalBytes } from "../../../src/kernel/bytes.ts";

/** Who the consenters are to Raft. */
export interface Membership {
  /** Raft ids, in the order of the consenters of the configuration. */
  readonly consenterIds: readonly number[];
  /** What the next new consenter will be; no id is given twice. */
  readonly nextConsenterId: number;
}

/** What a configuration does to the members of the group. A rotation gives a member's id to a new certificate. */
export type MembershipChange =
  | { readonly type: "none" }
  | { readonly type: "add" | "remove" | "rotate"; readonly raftId: number };

export type MembershipOutcome =
  | { readonly ok: true; readonly membership: Membership; readonly change: MembershipChange }
  | { readonly ok: false; readonly reason: string };

/** The members that a channel begins with. Fabric: raft ids are the places in the consenter list, from 1. */
export function firstMembership(consenterCount: number): Membership {
  const consenterIds = Array.from({ length: consenterCount }, (_, place) => place + 1);
  return { consenterIds, nextConsenterId: consenterCount + 1 };
}

/**
 * What `next` makes of the members, who are `current` to the configuration. Fabric: consenters are compared by the bytes of
 * their TLS client certificates; one may come, or go, or both, which is a new certificate for the same member.
 */
export function changedMembership(
  membership: Membership,
  current: readonly RaftConsenter[],
  next: readonly RaftConsenter[],
): MembershipOutcome {
  const ids = next.map((consenter) => {
    const place = current.findIndex((each) => isSameConsenter(each, consenter));
    return membership.consenterIds[place];
  });
  const added = ids.filter((id) => id === undefined).length;
  const removed = membership.consenterIds.filter((id) => !ids.includes(id));
  const [removedId] = removed;
  if (added > 1 || removed.length > 1) {
    return {
      ok: false,
      reason: `update of more than one consenter at a time is not supported, requested changes: add ${added} node(s), remove ${removed.length} node(s)`,
    };
  }
  const change = changeOf(added, removedId, membership.nextConsenterId);
  const newId = change.type === "none" ? 0 : change.raftId;
  const nextConsenterId = membership.nextConsenterId + (change.type === "add" ? 1 : 0);
  const consenterIds = ids.map((id) => id ?? newId);
  return { ok: true, membership: { consenterIds, nextConsenterId }, change };
}

function changeOf(added: number, removedId: number | undefined, nextId: number): MembershipChange {
  if (added > 0) {
    return removedId === undefined
      ? { type: "add", raftId: nextId }
      : { type: "rotate", raftId: removedId };
  }
  return removedId === undefined ? { type: "none" } : { type: "remove", raftId: removedId };
}

function isSameConsenter(a: RaftConsenter, b: RaftConsenter): boolean {
  return equalBytes(a.clientTlsCertPem, b.clientTlsCertPem);
}

/**
 * Why the change would leave too few members that answer, of those that answer now; `undefined` when it would not. Fabric:
 * a group that could lose nobody anyway, of one or two, may grow and change certificates regardless.
 */
export function quorumFault(
  { consenterIds }: Membership,
  change: MembershipChange,
  activeIds: readonly number[],
): string | undefined {
  const needed = Math.floor(consenterIds.length / 2) + 1;
  const remaining = activeIds.filter((id) => {
    return change.type === "none" || change.type === "add" || id !== change.raftId;
  });
  const isRegardless =
    change.type === "none" || (change.type !== "remove" && consenterIds.length <= 2);
  if (isRegardless || remaining.length >= needed) return undefined;
  const before = consenterIds.length + sizeChange(change);
  return (
    `${activeIds.length} out of ${before} nodes are alive, configuration will result in quorum loss: ` +
    `${remaining.length} of ${consenterIds.length} would be reachable, needs ${needed}`
  );
}

function sizeChange({ type }: MembershipChange): number {
  if (type === "add") return -1;
  return type === "remove" ? 1 : 0;
}
