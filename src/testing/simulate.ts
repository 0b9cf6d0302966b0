import type { Contract } from "../contract/index.ts";
import { outlastClocks, processCpuMs } from "../kernel/adapters/process-time.ts";
import { Simulator, type Profile, type RunReport, type Workload } from "../sim/index.ts";

export interface SimulateOptions {
  /** Default 1. The same seed gives the same run, event for event. */
  readonly seed?: number;
  /** Simulated time for which there are faults, where no profile says it. Default: a minute. */
  readonly chaosMs?: number;
  /** In place of the sizes, the load and the kinds of faults that the seed draws. */
  readonly profile?: Profile;
  /** `keyed`: a hash; `real`: ECDSA, in place of what the seed draws: real ones in one world of twenty. */
  readonly signatures?: "keyed" | "real";
  /** Contracts as functions, by their names; `bank` is the simulation's own. */
  readonly contracts?: Readonly<Record<string, Contract>>;
  /** What clients call, in place of the bank, and what is promised about the contracts' state. */
  readonly workload?: Workload;
  /** Sees every event, one line each. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a whole network in simulated time under faults that the seed chooses, heals it, and judges what it did: `violations` is
 * empty for a sound run, and `isVoid` true for one that shows nothing. Touches no disk and no network.
 */
export function simulate(options: SimulateOptions = {}): Promise<RunReport> {
  const { seed = 1, contracts, ...rest } = options;
  return new Simulator(contracts, outlastClocks).run(seed, { cpuMs: processCpuMs, ...rest });
}
