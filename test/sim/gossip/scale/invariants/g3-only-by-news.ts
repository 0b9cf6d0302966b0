import type { AliveClaim } from "../../../../../gossip/core/index.ts";
import type { MeshObserver, MeshPeer } from "../mesh-peer.ts";
import type { MeshWorld } from "../mesh-world.ts";
import { peerName } from "../peer-name.ts";

/**
 * G3: who was found dead comes back by a claim of a later run alone, or by one that answers the finding. Holds under every fault, also
 * where old messages are heard again. Answers the violations, as they happen.
 */
export function watchReturns(world: MeshWorld): readonly string[] {
  const violations: string[] = [];
  const lastWords = new Map<string, AliveClaim>();
  const before: MeshObserver = world.observer;
  world.observer = {
    ...before,
    died: (observer, subject, nowMs) => {
      before.died?.(observer, subject, nowMs);
      const claim = observer.mesh.claimOf(peerName(subject));
      if (claim !== undefined) lastWords.set(keyOf(observer, subject), claim);
    },
    joined: (observer, subject, nowMs) => {
      before.joined?.(observer, subject, nowMs);
      const last = lastWords.get(keyOf(observer, subject));
      const claim = observer.mesh.claimOf(peerName(subject));
      if (last === undefined || claim === undefined || isLater(claim, last)) return;
      violations.push(`peer ${observer.index} took ${subject} back by old news at ${nowMs} ms`);
    },
  };
  return violations;
}

// Of this run of the observer: another one remembers nothing.
function keyOf({ index, incarnation }: MeshPeer, subject: number): string {
  return `${index} ${incarnation} ${subject}`;
}

function isLater(claim: AliveClaim, last: AliveClaim): boolean {
  if (claim.time.incarnation !== last.time.incarnation) {
    return claim.time.incarnation > last.time.incarnation;
  }
  if (claim.rebuttals === undefined || last.rebuttals === undefined) {
    return claim.time.sequence > last.time.sequence;
  }
  return claim.rebuttals > last.rebuttals;
}
