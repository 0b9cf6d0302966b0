import type { RunResult } from "../../test/sim/raft/world.ts";

/** What the search asks of a thread. */
export interface RaftOrder {
  readonly seed: number;
  readonly chaosMs: number;
}

/** What a thread answers: what the run was, or what was violated in it and how to run it again. */
export type RaftFound =
  | { readonly kind: "run"; readonly result: RunResult }
  | { readonly kind: "violation"; readonly text: string };
