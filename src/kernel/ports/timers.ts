export interface Timer {
  /** Idempotent; the callback does not run afterwards. */
  cancel(): void;
}

/** Runs a callback later. The simulated twin advances with the simulated clock. */
export interface Timers {
  after(delayMs: number, run: () => void): Timer;
  every(intervalMs: number, run: () => void): Timer;
}
