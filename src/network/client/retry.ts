import type { Clock } from "../../kernel/ports/clock.ts";
import type { Timers } from "../../kernel/ports/timers.ts";
import { sleep } from "../../kernel/sleep.ts";

/** What waiting takes. */
export interface Pace {
  readonly clock: Clock;
  readonly timers: Timers;
}

const RETRY_PAUSE_MS = 50;

/** Attempts again and again, until `timeoutMs` have passed or a failure is not `isWorthIt`; rejects with the last one. */
export async function retry<T>(
  pace: Pace,
  attempt: () => Promise<T>,
  options: { readonly timeoutMs: number; readonly isWorthIt: (error: unknown) => boolean },
): Promise<T> {
  const endMs = pace.clock.monotonicMs() + options.timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!options.isWorthIt(error) || pace.clock.monotonicMs() >= endMs) throw error;
    }
    await sleep(pace.timers, RETRY_PAUSE_MS);
  }
}
