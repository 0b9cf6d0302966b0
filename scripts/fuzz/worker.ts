/** Gives inputs to entries in a thread of its own. */
import { setImmediate } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import { errorMessage } from "../../src/kernel/error.ts";
import { allEntries } from "../../test/fuzz/all-entries.ts";
import { runInputs } from "../../test/fuzz/run-inputs.ts";
import type { FuzzFound, FuzzOrder } from "./messages.ts";

const entries = new Map((await allEntries()).map((entry) => [entry.name, entry]));
let current = "nothing";
const NOTHING = { inputs: 0, accepted: 0, slowestMs: 0, findings: [] };

function tell(found: FuzzFound): void {
  parentPort?.postMessage(found);
}

function stray(kind: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : errorMessage(error);
  tell({ kind: "stray", what: `${kind} while ${current}: ${text}` });
}

process.on("unhandledRejection", (error) => {
  stray("a rejection that nobody handled", error);
});
process.on("uncaughtException", (error) => {
  stray("an error that nobody caught", error);
});

async function run({ entry: name, ...range }: FuzzOrder): Promise<void> {
  const entry = entries.get(name);
  if (entry === undefined) throw new Error(`there is no entry ${name}`);
  current = `"${name}" took inputs ${range.from} to ${range.from + range.count - 1}`;
  const result = await runInputs(entry, range);
  // What was left behind shows itself before the next ones begin.
  await setImmediate();
  tell({ kind: "range", entry: name, result });
}

parentPort?.on("message", (order: FuzzOrder) => {
  run(order).catch((error: unknown) => {
    stray("the search failed", error);
    tell({ kind: "range", entry: order.entry, result: NOTHING });
  });
});
