/** Hunts bugs planted into gossip's cores, in a thread of its own: `workerData` names the bound. */
import { parentPort, workerData } from "node:worker_threads";
import { runGossip } from "../gossip/hunt/run.ts";
import { huntInSeeds } from "./hunt-in-seeds.ts";

const { seedsMax } = workerData as { readonly seedsMax: number };

parentPort?.postMessage(await huntInSeeds(seedsMax, runGossip));
