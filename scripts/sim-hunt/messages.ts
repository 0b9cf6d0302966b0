import type { RunReport } from "../../src/sim/index.ts";

/** What the hunt asks of a worker: one seed after the other. */
export interface Order {
  readonly seed: number;
  readonly chaosMs: number;
}

/** What of a run a campaign adds up. */
export type CountedRun = Pick<
  RunReport,
  | "seed"
  | "events"
  | "simulatedMs"
  | "cpuMs"
  | "acknowledged"
  | "refused"
  | "unknown"
  | "blocks"
  | "isVoid"
  | "sometimes"
> & { readonly violationCount: number };

/** A failing seed with a schedule as small as it could be made. */
export type Failure = Pick<
  RunReport,
  "seed" | "signatures" | "violations" | "events" | "profile" | "schedule"
> & { readonly shrinkRuns: number };

/** What a worker answers: a failure where there was one, then the run. */
export type Found =
  | { readonly kind: "run"; readonly run: CountedRun }
  | { readonly kind: "failure"; readonly failure: Failure };
