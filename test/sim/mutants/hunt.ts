/** The program that runs with a planted bug, in a thread of its own: `workerData` names the hunt and its bound. */
import { parentPort, workerData } from "node:worker_threads";
import { World } from "../raft/world.ts";
import { CHAOS_MS } from "../raft/run.ts";
import { runMembership } from "../../scenarios/raft/membership-run.ts";
import { huntInSeeds } from "./hunt-in-seeds.ts";
import { runLog } from "./log-run.ts";
import type { Catch, Hunt } from "./mutation.ts";
import { SCRIPTS } from "./scripts.ts";

const { hunt, seedsMax } = workerData as { readonly hunt: Hunt; readonly seedsMax: number };

function huntInScripts(): Catch | undefined {
  for (const [name, run] of Object.entries(SCRIPTS)) {
    try {
      run();
    } catch (error) {
      const violation = error instanceof Error ? error.message : String(error);
      return { seed: undefined, by: name, violation };
    }
  }
  return undefined;
}

function runGroup(seed: number): void {
  const world = new World(seed, "none");
  world.runChaos(CHAOS_MS);
  world.runCalm();
}

const RUNS: Partial<Record<Hunt, (seed: number) => unknown>> = {
  group: runGroup,
  membership: runMembership,
  log: runLog,
};

const run = RUNS[hunt];
const caught = run === undefined ? huntInScripts() : await huntInSeeds(seedsMax, run);
parentPort?.postMessage(caught);
