import type { Profile } from "./faults/profile.ts";
import type { Schedule } from "./faults/schedule.ts";

/** What one run says about its seed. */
export interface RunReport {
  readonly seed: number;
  readonly profile: Profile;
  readonly schedule: Schedule;
  /** Lines of the trace. */
  readonly events: number;
  readonly messages: number;
  /** Equal for equal runs. */
  readonly traceHash: string;
  readonly simulatedMs: number;
  readonly cpuMs: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  /** Of the longest ledger. */
  readonly blocks: number;
  /** Empty: nothing was found. */
  readonly violations: readonly string[];
  /** States that were reached, and how often. */
  readonly sometimes: Readonly<Record<string, number>>;
  /** Nothing was committed: the run shows nothing. */
  readonly isVoid: boolean;
}
