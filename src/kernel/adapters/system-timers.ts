import type { Timer, Timers } from "../ports/timers.ts";

export const systemTimers: Timers = {
  after(delayMs: number, run: () => void): Timer {
    const handle = setTimeout(run, delayMs);
    return {
      cancel: () => {
        clearTimeout(handle);
      },
    };
  },
  every(intervalMs: number, run: () => void): Timer {
    const handle = setInterval(run, intervalMs);
    return {
      cancel: () => {
        clearInterval(handle);
      },
    };
  },
};
