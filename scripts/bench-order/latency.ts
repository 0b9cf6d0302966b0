import { round } from "./options.ts";

export interface LatencyFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Of `sortedMs`; 0 of none. */
export function latencyOf(sortedMs: readonly number[]): LatencyFigures {
  const at = (share: number): number => round(sortedMs[Math.floor(sortedMs.length * share)] ?? 0);
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
