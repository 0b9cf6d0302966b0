import type { Invariant, NetworkView, PeerView } from "../contracts.ts";

/** When everything has healed, every peer knows every other one that runs, and nobody else. */
export class OneMembership implements Invariant {
  readonly name = "one membership";
  readonly isEventual = true;

  check(): undefined {
    return undefined;
  }

  atEnd({ peers }: NetworkView): string | undefined {
    return membershipFault(peers);
  }
}

/** Which of the peers that run does not know which other one; undefined: each knows all, and nobody else. */
export function membershipFault(peers: readonly PeerView[]): string | undefined {
  const up = peers.filter(({ isUp }) => isUp);
  for (const { name, livingMembers } of up) {
    const known = new Set(livingMembers).add(name);
    const missed = up.find((other) => !known.has(other.name));
    if (missed !== undefined) return `${name} does not see ${missed.name}`;
    const ghost = livingMembers.find((member) => !up.some((peer) => peer.name === member));
    if (ghost !== undefined) return `${name} sees ${ghost}, which does not run`;
  }
  return undefined;
}
