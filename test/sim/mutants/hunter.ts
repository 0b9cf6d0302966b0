import { Worker } from "node:worker_threads";
import { HUNTS } from "./hunts.ts";
import { CompiledFiles, MutatedCopy } from "./mutated-copy.ts";
import type { Catch, Edit, Hunt } from "./mutation.ts";

/** A hunt that takes longer has caught nothing. */
const HUNT_MS_MAX = 240_000;

/** Runs a hunt's program with bugs planted. */
export class Hunter {
  readonly #root: string;
  readonly #cache: CompiledFiles;

  /** `root`: of the repository, whose sources are compiled. */
  constructor(root: string) {
    this.#root = root;
    this.#cache = new CompiledFiles(root);
  }

  /** The first violation that the code with `edits` leads to; `undefined` if there is none. */
  async hunt(
    edits: readonly Edit[],
    hunt: Hunt,
    seedsMax: number = HUNTS[hunt].seedsMax,
  ): Promise<Catch | undefined> {
    const program = `test/sim/mutants/${HUNTS[hunt].program}`;
    const copy = new MutatedCopy({ root: this.#root, program, edits, cache: this.#cache });
    try {
      return await runProgram(copy.program, hunt, seedsMax);
    } finally {
      copy.remove();
    }
  }
}

function runProgram(program: string, hunt: Hunt, seedsMax: number): Promise<Catch | undefined> {
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
      const violation = error instanceof Error ? error.message : "?";
      end({ seed: undefined, by: "the program", violation });
    });
  });
}
