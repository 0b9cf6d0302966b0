/** The program that runs with a planted bug, in a thread of its own: `workerData` names the hunt and its bound. */
import { parentPort, workerData } from "node:worker_threads";
import { World } from "../raft/world.ts";
import { CHAOS_MS } from "../raft/run.ts";
import { runMembership } from "../../scenarios/raft/membership-run.ts";
import { runLog } from "./log-run.ts";
import type { Catch, CoreHunt } from "./mutation.ts";
import { SCRIPTS } from "./scripts.ts";

const { hunt, seedsMax } = workerData as { readonly hunt: CoreHunt; readonly seedsMax: number };

function huntInGroup(): Catch | undefined {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const world = new World(seed, "none");
    const violation = violationOf(() => {
      world.runChaos(CHAOS_MS);
      world.runCalm();
    });
    if (violation !== undefined) return { by: `seed ${seed}`, violation };
  }
  return undefined;
}

function huntInMembership(): Catch | undefined {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const violation = violationOf(() => {
      runMembership(seed);
    });
    if (violation !== undefined) return { by: `seed ${seed}`, violation };
  }
  return undefined;
}

async function huntInLog(): Promise<Catch | undefined> {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    try {
      await runLog(seed);
    } catch (error) {
      return { by: `seed ${seed}`, violation: String(error) };
    }
  }
  return undefined;
}

function huntInScripts(): Catch | undefined {
  for (const [name, run] of Object.entries(SCRIPTS)) {
    const violation = violationOf(run);
    if (violation !== undefined) return { by: name, violation };
  }
  return undefined;
}

function violationOf(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const hunts: Record<CoreHunt, () => Catch | undefined | Promise<Catch | undefined>> = {
  log: huntInLog,
  script: huntInScripts,
  group: huntInGroup,
  membership: huntInMembership,
};

parentPort?.postMessage(await hunts[hunt]());
