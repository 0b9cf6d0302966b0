import type { Timer, Timers } from "../../../src/kernel/ports/timers.ts";
import type { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";

/** Timers that die with their process. */
export class MortalTimers implements Timers {
  readonly #time: SimulatedTime;
  readonly #alive = new Set<Timer>();
  #isDead = false;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#mortal((fired) =>
      this.#time.after(delayMs, () => {
        fired();
        run();
      }),
    );
  }

  every(intervalMs: number, run: () => void): Timer {
    return this.#mortal(() => this.#time.every(intervalMs, run));
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(): void {
    this.#isDead = true;
    for (const timer of this.#alive) timer.cancel();
    this.#alive.clear();
  }

  #mortal(make: (fired: () => void) => Timer): Timer {
    if (this.#isDead) return { cancel: () => undefined };
    const timer = make(() => this.#alive.delete(timer));
    this.#alive.add(timer);
    return {
      cancel: (): void => {
        timer.cancel();
        this.#alive.delete(timer);
      },
    };
  }
}
