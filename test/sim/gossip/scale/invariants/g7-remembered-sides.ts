import type { MeshWorld } from "../mesh-world.ts";

/** G7: each side of a partition holds its own for alive and remembers all others as dead. Answers who does not. */
export function forgetful(world: MeshWorld, sideOf: (index: number) => number): readonly string[] {
  const { up } = world;
  return up.flatMap(({ index, mesh }) => {
    const sideCount = up.filter((other) => sideOf(other.index) === sideOf(index)).length;
    const isRight =
      mesh.alive().length === sideCount - 1 && mesh.deadCount === up.length - sideCount;
    return isRight ? [] : [`peer ${index}: ${mesh.alive().length} alive, ${mesh.deadCount} dead`];
  });
}
