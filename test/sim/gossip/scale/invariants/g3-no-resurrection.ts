import type { AliveClaim } from "../../../../../gossip/core/index.ts";
import type { MeshObserver, MeshPeer } from "../mesh-peer.ts";
import type { MeshWorld } from "../mesh-world.ts";
import { peerName } from "../peer-name.ts";

/** G3: nobody takes a peer that stopped for alive again before it runs again. Answers the violations, as they happen. */
export function watchResurrections(world: MeshWorld): readonly string[] {
  const violations: string[] = [];
  const buried = new Set<string>();
  const before: MeshObserver = world.observer;
  world.observer = {
    ...before,
    died: (observer, subject, nowMs) => {
      before.died?.(observer, subject, nowMs);
      buried.add(`${observer.index} ${subject}`);
    },
    joined: (observer, subject, nowMs) => {
      before.joined?.(observer, subject, nowMs);
      if (world.peers[subject]!.isUp || !buried.has(`${observer.index} ${subject}`)) return;
      violations.push(`peer ${observer.index} took ${subject} for alive again at ${nowMs} ms`);
    },
  };
  return violations;
}

/**
 * G3 where there are partitions, in which word of what a peer said before it stopped may come late: what was heard of a peer before it was
 * found dead brings it back to nobody. Answers the violations, as they happen.
 */
export function watchOldNews(world: MeshWorld): readonly string[] {
  const violations: string[] = [];
  const buried = new Map<string, AliveClaim>();
  const before: MeshObserver = world.observer;
  // What one run of a peer has buried, the next one knows nothing of.
  const keyOf = ({ index, incarnation }: MeshPeer, subject: number): string =>
    `${index} ${incarnation} ${subject}`;
  world.observer = {
    ...before,
    died: (observer, subject, nowMs) => {
      before.died?.(observer, subject, nowMs);
      buried.set(keyOf(observer, subject), observer.mesh.claimOf(peerName(subject))!);
    },
    joined: (observer, subject, nowMs) => {
      before.joined?.(observer, subject, nowMs);
      const last = buried.get(keyOf(observer, subject));
      const claim = observer.mesh.claimOf(peerName(subject))!;
      if (last === undefined || isLater(claim, last)) return;
      violations.push(
        `peer ${observer.index} took ${subject} for alive by old news at ${nowMs} ms`,
      );
    },
  };
  return violations;
}

function isLater(claim: AliveClaim, last: AliveClaim): boolean {
  if (claim.time.incarnation !== last.time.incarnation) {
    return claim.time.incarnation > last.time.incarnation;
  }
  return (claim.rebuttals ?? 0) > (last.rebuttals ?? 0);
}
