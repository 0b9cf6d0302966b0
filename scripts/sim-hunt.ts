/**
 * `npm run sim:hunt [-- OPTIONS]`: runs one seed after the other on all cores, each with its own world and its own faults. Every failing
 * seed is kept as a file with its schedule made smaller, to be run again by `npm run sim -- --replay FILE`; `smallest.json` is the one with the
 * fewest events.
 *
 * Exit code 0: nothing was found; 1: something was violated; 2: wrong arguments, or nothing was committed, so that nothing is shown.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { parsed, positiveNumber, wholeNumber } from "./command-line.ts";
import { Campaign } from "./sim-hunt/campaign.ts";
import { failureText } from "./sim-hunt/failure-file.ts";
import type { Found, Order } from "./sim-hunt/messages.ts";

const PROGRESS_MS = 10_000;
/** Nearly all that a run makes is soon garbage: with more room it is collected less often, and less of it is copied. */
const YOUNG_MEBIBYTES = 192;

const { values } = parsed(() =>
  parseArgs({
    options: {
      minutes: { type: "string" },
      from: { type: "string", default: "1" },
      seeds: { type: "string" },
      "chaos-minutes": { type: "string", default: "1" },
      workers: { type: "string", default: "2" },
      folder: { type: "string", default: "sim-failures" },
      help: { type: "boolean", default: false },
    },
  }),
);
if (values.help) {
  console.log(`Usage: npm run sim:hunt [-- OPTIONS]
  --minutes 5            how long; for ever where --seeds is given
  --seeds COUNT          how many seeds
  --from 1               the first seed
  --chaos-minutes 1      simulated minutes for which a seed has faults
  --workers 2            threads
  --folder sim-failures  where failing runs are kept

Examples:
  npm run sim:hunt -- --minutes 30
  npm run sim:hunt -- --seeds 2000 --chaos-minutes 10
  npm run sim -- --replay sim-failures/smallest.json --trace`);
  process.exit(0);
}
const seedCount = values.seeds === undefined ? Infinity : wholeNumber("--seeds", values.seeds, 1);
const minutesWithout = values.seeds === undefined ? 5 : Infinity;
const minutes =
  values.minutes === undefined ? minutesWithout : positiveNumber("--minutes", values.minutes);
const workers = wholeNumber("--workers", values.workers, 1);
const chaosMs = positiveNumber("--chaos-minutes", values["chaos-minutes"]) * 60_000;

const campaign = new Campaign();
const startMs = Date.now();
const endMs = startMs + minutes * 60_000;
let nextSeed = wholeNumber("--from", values.from, 0);
const endSeed = nextSeed + seedCount;
let smallestEvents = Infinity;

function keep(found: Found & { readonly kind: "failure" }): void {
  mkdirSync(values.folder, { recursive: true });
  const text = failureText(found.failure);
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
await Promise.all(Array.from({ length: workers }, hunt));
clearInterval(progress);
console.log(campaign.summary());
console.log(`${Math.round((Date.now() - startMs) / 1_000)} s in all`);
process.exitCode = campaign.exitCode;
