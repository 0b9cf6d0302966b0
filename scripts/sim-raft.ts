/**
 * `npm run sim:raft [-- OPTIONS]`: groups of Raft cores alone, each with members, disks, links and faults of its own, one seed
 * after the other on all cores. Every safety property is checked after every step; then the faults end, and the group must
 * elect, commit and become level.
 *
 * Exit code 0: nothing was found; 1: something was violated; 2: wrong arguments, or nothing was committed, so that nothing is shown.
 */
import { parseArgs } from "node:util";
import { processCpuMs } from "../src/kernel/adapters/process-time.ts";
import { parsed, wholeNumber } from "./command-line.ts";
import { onInterrupt, runSeeds } from "./seed-threads.ts";
import type { RaftFound, RaftOrder } from "./sim-raft/messages.ts";
import { RaftTally } from "./sim-raft/tally.ts";

const PROGRESS_MS = 10_000;

const { values } = parsed(() =>
  parseArgs({
    options: {
      seeds: { type: "string", default: "10000" },
      from: { type: "string", default: "1" },
      "chaos-seconds": { type: "string", default: "60" },
      workers: { type: "string", default: "2" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }),
);
if (values.help) {
  console.log(`Usage: npm run sim:raft [-- OPTIONS]
  --seeds 10000       how many seeds
  --from 1            the first seed
  --chaos-seconds 60  simulated seconds for which a seed has faults; about 20 of calm follow
  --workers 2         threads
  --json              one JSON document instead of the lines

Ctrl-C ends it with the figures so far.

Examples:
  npm run sim:raft
  npm run sim:raft -- --from 117 --seeds 1`);
  process.exit(0);
}
const chaosMs = 1_000 * wholeNumber("--chaos-seconds", values["chaos-seconds"], 1);
const threads = wholeNumber("--workers", values.workers, 1);
let nextSeed = wholeNumber("--from", values.from, 0);
let endSeed = nextSeed + wholeNumber("--seeds", values.seeds, 1);
onInterrupt(() => {
  endSeed = nextSeed;
});

const tally = new RaftTally();
const progress = setInterval(() => {
  console.error(tally.progress());
}, PROGRESS_MS);
await runSeeds<RaftOrder, RaftFound>({
  script: new URL("./sim-raft/worker.js", import.meta.url),
  threads,
  next: () => {
    if (nextSeed >= endSeed) return undefined;
    nextSeed += 1;
    return { seed: nextSeed - 1, chaosMs };
  },
  take: (found) => {
    tally.add(found);
    if (found.kind === "violation") console.error(found.text);
    return true;
  },
});
clearInterval(progress);

const cpuSeconds = processCpuMs() / 1_000;
if (values.json) console.log(JSON.stringify(document(), undefined, 2));
else console.log(`${tally.summary()}\n${Math.round(cpuSeconds)} s of processor time: ${speed()}x`);
process.exitCode = tally.exitCode;

function speed(): number {
  return Math.round(tally.counts.simulatedMs / 1_000 / cpuSeconds);
}

function document(): object {
  const { seedCount, voidCount, violations, counts } = tally;
  return { at: new Date().toISOString(), seedCount, voidCount, ...counts, cpuSeconds, violations };
}
