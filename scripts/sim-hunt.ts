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
import { parsed, positiveNumber, wholeNumber } from "./command-line.ts";
import { Campaign } from "./sim-hunt/campaign.ts";
import { failureText } from "./sim-hunt/failure-file.ts";
import type { Found, Order } from "./sim-hunt/messages.ts";
import { onInterrupt, runSeeds } from "./seed-threads.ts";

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

Ctrl-C ends it, once the seeds that run are done, with the figures so far.

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
const threads = wholeNumber("--workers", values.workers, 1);
const chaosMs = positiveNumber("--chaos-minutes", values["chaos-minutes"]) * 60_000;

const campaign = new Campaign();
const startMs = Date.now();
const endMs = startMs + minutes * 60_000;
let nextSeed = wholeNumber("--from", values.from, 0);
let endSeed = nextSeed + seedCount;
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

function nextOrder(): Order | undefined {
  if (Date.now() >= endMs || nextSeed >= endSeed) return undefined;
  nextSeed += 1;
  return { seed: nextSeed - 1, chaosMs };
}

function take(found: Found): boolean {
  if (found.kind === "failure") keep(found);
  else campaign.add(found.run);
  return found.kind === "run";
}

onInterrupt(() => {
  endSeed = nextSeed;
});
const progress = setInterval(() => {
  console.log(campaign.progress());
}, PROGRESS_MS);
await runSeeds<Order, Found>({
  script: new URL("./sim-hunt/worker.js", import.meta.url),
  threads,
  resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEBIBYTES },
  next: nextOrder,
  take,
});
clearInterval(progress);
console.log(campaign.summary());
console.log(`${Math.round((Date.now() - startMs) / 1_000)} s in all`);
process.exitCode = campaign.exitCode;
