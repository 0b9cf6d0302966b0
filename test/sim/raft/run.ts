import type { Sabotage } from "./sabotage.ts";
import type { RunResult } from "./world.ts";
import { World } from "./world.ts";

/** Virtual time under faults in one run, where nobody says otherwise. */
export const CHAOS_MS = 20_000;

/** One run from chaos to calm. Whatever it throws names the seed and the command that replays it. */
export function runSeed(seed: number, chaosMs: number = CHAOS_MS): RunResult {
  const world = new World(seed, "none");
  try {
    world.runChaos(chaosMs);
    world.runCalm();
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const replay = `npm run sim:raft -- --from ${seed} --seeds 1 --chaos-seconds ${chaosMs / 1_000}`;
    const profile = JSON.stringify(world.result().profile);
    throw new Error(`seed ${seed}: ${what}\n  replay: ${replay}\n  profile: ${profile}`, {
      cause: error,
    });
  }
  return world.result();
}

/** The first seed from 1 to `seedsMax` in whose chaos a planted bug is caught, and how it showed. */
export function findSabotage(
  sabotage: Sabotage,
  seedsMax: number,
): { readonly seed: number; readonly violation: string } | undefined {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    try {
      new World(seed, sabotage).runChaos(CHAOS_MS);
    } catch (error) {
      return { seed, violation: error instanceof Error ? error.message : String(error) };
    }
  }
  return undefined;
}
