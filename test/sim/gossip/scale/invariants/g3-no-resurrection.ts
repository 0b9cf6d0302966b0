import type { MeshObserver } from "../mesh-peer.ts";
import type { MeshWorld } from "../mesh-world.ts";

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
