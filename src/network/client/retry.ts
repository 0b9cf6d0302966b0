import pRetry from "p-retry";
import type { Clock } from "../../kernel/ports/clock.ts";
import type { Timers } from "../../kernel/ports/timers.ts";
import { sleep } from "../../kernel/sleep.ts";

const RETRY_PAUSE_MS = 50;

export interface RetryOptions {
  /** No further attempt begins after it. */
  readonly timeoutMs: number;
  readonly isWorthIt: (error: unknown) => boolean;
}

/** Attempts again and again while that is worth it and there is time; rejects with the last failure. */
export type Retry = <T>(attempt: () => Promise<T>, options: RetryOptions) => Promise<T>;

/** By this machine's clock. */
export const retry: Retry = (attempt, { timeoutMs, isWorthIt }) =>
  pRetry(attempt, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: RETRY_PAUSE_MS,
    factor: 1,
    maxRetryTime: timeoutMs,
    shouldRetry: ({ error }) => isWorthIt(error),
  });

/** By a clock of its own, for a network in simulated time. */
export function retryBy({
  clock,
  timers,
}: {
  readonly clock: Clock;
  readonly timers: Timers;
}): Retry {
  return async (attempt, { timeoutMs, isWorthIt }) => {
    const endMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!isWorthIt(error) || clock.monotonicMs() >= endMs) throw error;
      }
      await sleep(timers, RETRY_PAUSE_MS);
    }
  };
}
