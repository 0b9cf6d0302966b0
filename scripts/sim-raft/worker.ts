/** Runs Raft groups in a thread of its own. */
import { parentPort } from "node:worker_threads";
import { errorMessage } from "../../src/kernel/error.ts";
import { runSeed } from "../../test/sim/raft/run.ts";
import type { RaftFound, RaftOrder } from "./messages.ts";

function run({ seed, chaosMs }: RaftOrder): RaftFound {
  try {
    return { kind: "run", result: runSeed(seed, chaosMs) };
  } catch (error) {
    return { kind: "violation", text: errorMessage(error) };
  }
}

parentPort?.on("message", (order: RaftOrder) => {
  parentPort?.postMessage(run(order));
});
