/**
 * `npm run sim:hunt -- [--minutes M] [--from SEED] [--workers N] [--folder PATH]`: runs one seed after the other on all
 * cores for so long. Every failing seed is kept as a file with its schedule made smaller; `smallest.json` is the one with the
 * fewest events. Ends with 1 when something was violated, and with 2 when the campaign shows nothing.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Campaign } from "./sim-hunt/campaign.ts";
import type { Found, Order } from "./sim-hunt/messages.ts";

const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    from: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
    folder: { type: "string", default: "sim-failures" },
  },
});

const campaign = new Campaign();
const endMs = Date.now() + Number(values.minutes) * 60_000;
let nextSeed = Number(values.from);
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
  const worker = new Worker(new URL("./sim-hunt/worker.js", import.meta.url));
  const order = (): boolean => {
    if (Date.now() >= endMs) return false;
    worker.postMessage({ seed: nextSeed } satisfies Order);
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
process.exitCode = campaign.exitCode;
