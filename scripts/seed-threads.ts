/** Threads that run one seed after the other, as long as there is one. */
import { Worker, type ResourceLimits } from "node:worker_threads";

export interface SeedWork<Order, Found> {
  /** What a thread runs: it takes an order as a message, and answers with what it found. */
  readonly script: URL;
  readonly threads: number;
  readonly resourceLimits?: ResourceLimits;
  /** The next order; undefined: there is none any more. */
  readonly next: () => Order | undefined;
  /** Takes what a thread has found. Answers whether its order is done with it. */
  readonly take: (found: Found) => boolean;
}

/** Resolves when every order is done; rejects with what ended a thread. */
export async function runSeeds<Order, Found>(work: SeedWork<Order, Found>): Promise<void> {
  await Promise.all(Array.from({ length: work.threads }, () => runThread(work)));
}

function runThread<Order, Found>(work: SeedWork<Order, Found>): Promise<void> {
  const { script, resourceLimits = {} } = work;
  const worker = new Worker(script, { resourceLimits });
  return new Promise((resolve, reject) => {
    const order = (): void => {
      const next = work.next();
      if (next !== undefined) {
        worker.postMessage(next);
        return;
      }
      void worker.terminate();
      resolve();
    };
    worker.on("message", (found: Found) => {
      if (work.take(found)) order();
    });
    worker.once("error", reject);
    order();
  });
}

/** Calls `end` at the first Ctrl-C; the second ends the process as ever. */
export function onInterrupt(end: () => void): void {
  process.once("SIGINT", end);
}
