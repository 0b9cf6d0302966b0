import type { MeshObserver } from "../mesh-peer.ts";
import type { MeshWorld } from "../mesh-world.ts";

/** G4: who answers is not even suspected where nothing is lost, though one path may be broken. Answers the violations, as they happen. */
export function watchSuspicions(world: MeshWorld): readonly string[] {
  const violations: string[] = [];
  const before: MeshObserver = world.observer;
  world.observer = {
    ...before,
    suspected: (observer, subject, nowMs) => {
      before.suspected?.(observer, subject, nowMs);
      if (!world.peers[subject]!.isUp) return;
      violations.push(`peer ${observer.index} suspects ${subject} at ${nowMs} ms`);
    },
  };
  return violations;
}
