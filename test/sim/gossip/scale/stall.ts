import { SeededRandom } from "../seeded-random.ts";
import { watchFalseDeaths } from "./invariants/g4-no-false-death.ts";
import { MeshWorld } from "./mesh-world.ts";

export interface StallPlan {
  readonly seed: number;
  readonly size: number;
  readonly minutes: number;
  /** Default: gossip's. */
  readonly tickIntervalMs?: number;
}

export interface StallOutcome {
  /** Times that somebody found a peer dead. */
  readonly falseDeaths: number;
  readonly nodeHours: number;
}

/** A process that has stalled runs for so long before it stalls again: two stalls on end would be one longer than meant. */
const AWAKE_MS = 5_000;

/** One peer in twenty does nothing for 2 to 8 s, then another in its stead: who is lost by that? */
export function stallFor({ seed, size, minutes, tickIntervalMs }: StallPlan): StallOutcome {
  const options = tickIntervalMs === undefined ? {} : { tickIntervalMs };
  const world = new MeshWorld({ seed, size, isWarm: true, options });
  const random = new SeededRandom(seed);
  const falseDeaths = watchFalseDeaths(world);
  const stalledCount = Math.max(1, Math.round(size / 20));
  const wakeMs = Array.from({ length: stalledCount }, () => 0);
  const endMs = minutes * 60_000;
  while (world.nowMs < endMs) {
    wakeMs.forEach((atMs, slot) => {
      if (world.nowMs < atMs) return;
      const durationMs = 2_000 + random.below(6_001);
      const awake = world.peers.filter(
        ({ stalledUntilMs }) => stalledUntilMs + AWAKE_MS <= world.nowMs || stalledUntilMs === 0,
      );
      world.stall(awake[random.below(awake.length)]!, durationMs);
      wakeMs[slot] = world.nowMs + durationMs;
    });
    world.run(100);
  }
  return { falseDeaths: falseDeaths.length, nodeHours: (size * minutes) / 60 };
}
