import type { Timers } from "./ports/timers.ts";

/** Resolves after `delayMs`, or at once when `signal` is aborted (also if it already is). Never rejects. */
export function sleep(timers: Timers, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = timers.after(delayMs, finish);
    signal?.addEventListener("abort", finish);
  });
}
