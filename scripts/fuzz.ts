/**
 * `npm run fuzz [-- OPTIONS]`: gives hostile inputs to every place where the program takes others' bytes: valid messages, files and
 * texts with a few changes, in their structure or in their bytes. Each must be accepted or refused by the errors that production
 * handles at that place, and within a bound of time. Every input that something is wrong with is kept as a file.
 *
 * Exit code 0: nothing was found; 1: something was; 2: wrong arguments.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { processCpuMs } from "../src/kernel/adapters/process-time.ts";
import { allEntries } from "../test/fuzz/all-entries.ts";
import { runInput, type Finding } from "../test/fuzz/run-inputs.ts";
import { parsed, positiveNumber, refuse, wholeNumber } from "./command-line.ts";
import type { FuzzFound, FuzzOrder } from "./fuzz/messages.ts";
import { fuzzOrders } from "./fuzz/plan.ts";
import { FuzzTally } from "./fuzz/tally.ts";
import { onInterrupt, runSeeds } from "./seed-threads.ts";

const PROGRESS_MS = 10_000;
const BAR_WIDTH = 24;

const { values } = parsed(() =>
  parseArgs({
    options: {
      inputs: { type: "string", default: "1000000" },
      minutes: { type: "string" },
      entry: { type: "string" },
      seed: { type: "string", default: "1" },
      file: { type: "string" },
      folder: { type: "string", default: "fuzz-failures" },
      workers: { type: "string", default: "2" },
      list: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }),
);
if (values.help) {
  console.log(`Usage: npm run fuzz [-- OPTIONS]
  --inputs 1000000        how many inputs, over all entries
  --minutes COUNT         how long, however many inputs
  --entry NAME            one entry only
  --seed 1                another seed makes other inputs
  --file PATH             give this file to the entry, in place of inputs that are made
  --folder fuzz-failures  where inputs are kept that something is wrong with
  --workers 2             threads
  --list                  names the entries
  --json                  one JSON document instead of the table

Ctrl-C ends it with the figures so far.

Examples:
  npm run fuzz -- --inputs 10000000
  npm run fuzz -- --entry "block file" --minutes 5 --seed 7
  npm run fuzz -- --entry identity --file fuzz-failures/identity-1-4711.bin`);
  process.exit(0);
}

const { entry: only } = values;
const entries = (await allEntries()).filter(({ name }) => only === undefined || name === only);
if (entries.length === 0) refuse(`there is no entry "${only ?? ""}": --list names them`);
if (values.list) {
  for (const { name, form } of entries) console.log(`${name} (${form})`);
  process.exit(0);
}
if (values.file !== undefined) await takeFile(values.file);

const seed = wholeNumber("--seed", values.seed, 0);
const threads = wholeNumber("--workers", values.workers, 1);
const minutes =
  values.minutes === undefined ? Infinity : positiveNumber("--minutes", values.minutes);
const inputs = values.minutes === undefined ? wholeNumber("--inputs", values.inputs, 1) : Infinity;
const startMs = Date.now();
let endMs = startMs + minutes * 60_000;
onInterrupt(() => {
  endMs = 0;
});

const tally = new FuzzTally();
const orders = fuzzOrders(entries, { seed, inputs });
const progress = setInterval(() => {
  console.error(progressText());
}, PROGRESS_MS);
await runSeeds<FuzzOrder, FuzzFound>({
  script: new URL("./fuzz/worker.js", import.meta.url),
  threads,
  next: () => {
    const order = Date.now() < endMs ? orders.next() : undefined;
    return order?.done === false ? order.value : undefined;
  },
  take: (found) => {
    tally.add(found);
    report(found);
    return found.kind === "range";
  },
});
clearInterval(progress);
console.log(values.json ? JSON.stringify(document(), undefined, 2) : tally.summary());
process.exitCode = tally.faults > 0 ? 1 : 0;

function report(found: FuzzFound): void {
  if (found.kind === "stray") console.error(found.what);
  else found.result.findings.forEach(keep);
}

function keep({ entry, number, what, input }: Finding): void {
  mkdirSync(values.folder, { recursive: true });
  const path = join(values.folder, `${entry.replaceAll(" ", "-")}-${seed}-${number}.bin`);
  writeFileSync(path, input);
  console.error(`${entry}: ${what}\n  again: npm run fuzz -- --entry "${entry}" --file ${path}`);
}

async function takeFile(path: string): Promise<never> {
  const [entry] = entries;
  if (entry === undefined || only === undefined) refuse("--file goes with --entry");
  let input: Uint8Array;
  try {
    input = new Uint8Array(readFileSync(path));
  } catch (error) {
    refuse(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { isAccepted, ms, what } = await runInput(entry, input);
  console.log(`${what ?? (isAccepted ? "accepted" : "refused")}, ${ms.toFixed(1)} ms`);
  process.exit(what === undefined ? 0 : 1);
}

function progressText(): string {
  const passed = (Date.now() - startMs) / (minutes * 60_000);
  const share = Math.min(1, minutes === Infinity ? tally.inputs / inputs : passed);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = `${"█".repeat(filled)}${"·".repeat(BAR_WIDTH - filled)}`;
  const leftSeconds = Math.round(((Date.now() - startMs) * (1 / share - 1)) / 1_000);
  const left = Number.isFinite(leftSeconds) ? `, about ${leftSeconds} s left` : "";
  return `[${bar}] ${tally.inputs.toLocaleString("en")} inputs, ${tally.faults} findings${left}`;
}

function document(): object {
  const { findings, strays } = tally;
  return {
    at: new Date().toISOString(),
    seed,
    inputs: tally.inputs,
    slowestMs: tally.slowestMs,
    cpuSeconds: processCpuMs() / 1_000,
    entries: Object.fromEntries(tally.entries),
    findings: findings.map(({ entry, number, what }) => ({ entry, number, what })),
    strays,
  };
}
