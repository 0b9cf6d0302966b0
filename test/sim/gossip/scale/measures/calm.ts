/** Who is found dead while everybody runs. */
import { watchFalseDeaths } from "../invariants/g4-no-false-death.ts";
import { MeshWorld } from "../mesh-world.ts";

export interface CalmPlan {
  readonly size: number;
  readonly seeds: readonly number[];
  readonly lossRate: number;
  readonly seconds: number;
}

export interface Calm {
  readonly seeds: number;
  readonly falseDeaths: number;
  /** Simulated. */
  readonly nodeHours: number;
}

export function measureCalm({ size, seeds, lossRate, seconds }: CalmPlan): Calm {
  let falseDeaths = 0;
  for (const seed of seeds) {
    const world = new MeshWorld({ seed, size, isWarm: true });
    world.links.lossRate = lossRate;
    const found = watchFalseDeaths(world);
    world.run(seconds * 1_000);
    falseDeaths += found.length;
  }
  return {
    seeds: seeds.length,
    falseDeaths,
    nodeHours: (size * seeds.length * seconds) / 3_600,
  };
}
