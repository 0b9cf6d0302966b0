import { HEALTH_SCORE_MAX } from "./limits.ts";

/**
 * How far this peer can trust its own ears (Lifeguard §4.1): 0 when all is well; every missed answer and every time that this process was
 * late raise it, every answer in time lowers it. Timeouts are `factor` times as long.
 */
export class LocalHealth {
  #score = 0;

  get score(): number {
    return this.#score;
  }

  get factor(): number {
    return this.#score + 1;
  }

  change(by: number): void {
    this.#score = Math.min(HEALTH_SCORE_MAX, Math.max(0, this.#score + by));
  }
}
