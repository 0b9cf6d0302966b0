/** Hunts bugs planted into ordering, in a thread of its own: `workerData` names the bound. */
import { parentPort, workerData } from "node:worker_threads";
import { runSeed } from "../replica/run.ts";
import { huntInSeeds } from "./hunt-in-seeds.ts";

const { seedsMax } = workerData as { readonly seedsMax: number };

parentPort?.postMessage(await huntInSeeds(seedsMax, runSeed));
