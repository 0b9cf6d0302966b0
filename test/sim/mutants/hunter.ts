import { Worker } from "node:worker_threads";
import { CompiledFiles, MutatedCopy } from "./mutated-copy.ts";
import type { Catch, Edit, Hunt } from "./mutation.ts";

/** A hunt that takes longer has caught nothing. */
const HUNT_MS_MAX = 240_000;

const PROGRAMS: Record<Hunt, string> = {
  script: "hunt.ts",
  group: "hunt.ts",
  membership: "hunt.ts",
  log: "hunt.ts",
  ledger: "ledger-hunt.ts",
  orderers: "orderers-hunt.ts",
};

/** Runs a hunt's program with bugs planted. */
export class Hunter {
  readonly #cache = new CompiledFiles();

  /** The first violation that the code with `edits` leads to; `undefined` if there is none. */
  async hunt(edits: readonly Edit[], hunt: Hunt, seedsMax: number): Promise<Catch | undefined> {
    const copy = new MutatedCopy(`test/sim/mutants/${PROGRAMS[hunt]}`, edits, this.#cache);
    try {
      return await this.#run(copy.program, hunt, seedsMax);
    } finally {
      copy.remove();
    }
  }

  #run(program: string, hunt: Hunt, seedsMax: number): Promise<Catch | undefined> {
    const worker = new Worker(program, { workerData: { hunt, seedsMax } });
    return new Promise((resolve) => {
      const end = (caught: Catch | undefined): void => {
        clearTimeout(timer);
        void worker.terminate();
        resolve(caught);
      };
      const timer = setTimeout(() => {
        end(undefined);
      }, HUNT_MS_MAX);
      worker.once("message", end);
      worker.once("error", (error) => {
        end({ by: "the program", violation: error instanceof Error ? error.message : "?" });
      });
    });
  }
}
