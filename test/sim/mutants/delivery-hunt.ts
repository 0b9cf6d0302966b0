/** Hunts bugs planted into how blocks come in, in a thread of its own: `workerData` names the bound. */
import { parentPort, workerData } from "node:worker_threads";
import { runDelivery } from "../delivery/run.ts";
import { huntInSeeds } from "./hunt-in-seeds.ts";

const { seedsMax } = workerData as { readonly seedsMax: number };

parentPort?.postMessage(await huntInSeeds(seedsMax, runDelivery));
