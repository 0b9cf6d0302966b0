/**
 * `npm run sim:hunt -- [--minutes M] [--from SEED] [--seeds COUNT] [--chaos-minutes M] [--workers N]
 * [--folder PATH]`: runs one seed after the other on all cores for so long, or until so many have been run; each has
 * faults for `--chaos-minutes` of simulated time. Every failing seed is kept as a file with its schedule made smaller; `smallest.json` is the one with the
 * fewest events. Ends with 1 when something was violated, and with 2 when the campaign shows nothing.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Campaign } from "./sim-hunt/campaign.ts";
import type { Found, Order } from "./sim-hunt/messages.ts";

const PROGRESS_MS = 10_000;
/** Nearly all that a run makes is soon garbage: with more room it is collected less often, and less of it is copied. */
const YOUNG_MEBIBYTES = 192;

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    from: { type: "string", default: "1" },
    seeds: { type: "string" },
    "chaos-minutes": { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
    folder: { type: "string", default: "sim-failures" },
  },
});

const campaign = new Campaign();
// A number of seeds is an end of its own.
const minutes = values.minutes ?? (values.seeds === undefined ? "5" : "Infinity");
const startMs = Date.now();
const endMs = startMs + Number(minutes) * 60_000;
let nextSeed = Number(values.from);
const endSeed = nextSeed + Number(values.seeds ?? "Infinity");
const chaosMs = Number(values["chaos-minutes"]) * 60_000;
let smallestEvents = Infinity;

function keep(found: Found & { readonly kind: "failure" }): void {
  mkdirSync(values.folder, { recursive: true });
  const text = `${JSON.stringify(found.failure, undefined, 2)}\n`;
  writeFileSync(join(values.folder, `seed-${found.failure.seed}.json`), text);
  console.log(`seed ${found.failure.seed}: ${found.failure.violations.join("; ")}`);
  if (found.failure.events >= smallestEvents) return;
  smallestEvents = found.failure.events;
  writeFileSync(join(values.folder, "smallest.json"), text);
}

function hunt(): Promise<void> {
  const worker = new Worker(new URL("./sim-hunt/worker.js", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEBIBYTES },
  });
  const order = (): boolean => {
    if (Date.now() >= endMs || nextSeed >= endSeed) return false;
    worker.postMessage({ seed: nextSeed, chaosMs } satisfies Order);
    nextSeed += 1;
    return true;
  };
  return new Promise((resolve, reject) => {
    const end = (): void => {
      void worker.terminate();
      resolve();
    };
    worker.on("message", (found: Found) => {
      if (found.kind === "failure") keep(found);
      else {
        campaign.add(found.run);
        if (!order()) end();
      }
    });
    worker.once("error", reject);
    if (!order()) end();
  });
}

const progress = setInterval(() => {
  console.log(campaign.progress());
}, PROGRESS_MS);
await Promise.all(Array.from({ length: Number(values.workers) }, hunt));
clearInterval(progress);
console.log(campaign.summary());
console.log(`${Math.round((Date.now() - startMs) / 1_000)} s in all`);
process.exitCode = campaign.exitCode;
