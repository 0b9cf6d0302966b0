/** Hunts bugs planted into any part of a node with a whole network, in a thread of its own: `workerData` names the bound. */
import { parentPort, workerData } from "node:worker_threads";
import { runNetwork } from "../whole/short-run.ts";
import { huntInSeeds } from "./hunt-in-seeds.ts";

const { seedsMax } = workerData as { readonly seedsMax: number };

parentPort?.postMessage(await huntInSeeds(seedsMax, runNetwork));
