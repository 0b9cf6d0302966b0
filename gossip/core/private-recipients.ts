import type { Random } from "../../src/kernel/ports/random.ts";
import type { PeerId } from "./claims.ts";
import { sample } from "./sampling.ts";

/** A living peer that may hold a collection's private values. */
export interface EligiblePeer {
  readonly peer: PeerId;
  readonly mspId: string;
}

/**
 * Whom to send private values to, at most `countMax`: Fabric: one peer of each organisation first, so that the loss of one
 * organisation is none of the values, then any others.
 */
export function chooseRecipients(
  eligible: readonly EligiblePeer[],
  countMax: number,
  random: Random,
): readonly PeerId[] {
  const shuffled = sample(eligible, eligible.length, random);
  const organizations = new Set<string>();
  const firsts: PeerId[] = [];
  const others: PeerId[] = [];
  for (const { peer, mspId } of shuffled) {
    (organizations.has(mspId) ? others : firsts).push(peer);
    organizations.add(mspId);
  }
  return [...firsts, ...others].slice(0, Math.max(0, countMax));
}
