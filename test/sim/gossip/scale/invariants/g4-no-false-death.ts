import type { MeshObserver } from "../mesh-peer.ts";
import type { MeshWorld } from "../mesh-world.ts";

/** G4: without a fault nobody that runs is found dead. Answers the violations, as they happen. */
export function watchFalseDeaths(world: MeshWorld): readonly string[] {
  const violations: string[] = [];
  const before: MeshObserver = world.observer;
  world.observer = {
    ...before,
    died: (observer, subject, nowMs) => {
      before.died?.(observer, subject, nowMs);
      if (world.peers[subject]!.isUp) {
        violations.push(`peer ${observer.index} found ${subject} dead at ${nowMs} ms`);
      }
    },
  };
  return violations;
}
