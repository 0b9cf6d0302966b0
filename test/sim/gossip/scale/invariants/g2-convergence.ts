import type { MeshWorld } from "../mesh-world.ts";
import { peerNumber } from "../peer-name.ts";

/** G2: every running peer holds exactly the other running peers for alive. Answers who differs. */
export function divergent(world: MeshWorld): readonly string[] {
  const { up } = world;
  return up.flatMap(({ index, mesh }) => {
    const alive = mesh.alive();
    const ghosts = alive.filter(({ peer }) => !world.peers[peerNumber(peer)]!.isUp);
    if (alive.length === up.length - 1 && ghosts.length === 0) return [];
    return [
      `peer ${index} holds ${alive.length} of ${up.length - 1}, ${ghosts.length} of them dead`,
    ];
  });
}
