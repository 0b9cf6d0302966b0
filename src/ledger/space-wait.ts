import { errorMessage } from "../kernel/error.ts";
import { isNoSpace } from "../kernel/no-space.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { sleep } from "../kernel/sleep.ts";
import { SPACE_RETRY_MS } from "./limits.ts";

export interface SpaceWaitDeps {
  readonly timers: Timers;
  readonly logger: Logger;
  /** Told when something begins to wait, and when it goes on. */
  readonly onFull?: (isFull: boolean) => void;
}

/** Waits for space on a disk that is full, so that what a writer was about to do is late and not lost. */
export class SpaceWait {
  readonly #deps: SpaceWaitDeps;
  readonly #place: string;
  readonly #stopping = new AbortController();
  #isWaiting = false;

  /** `place` is for the log: what is written, or where. */
  constructor(deps: SpaceWaitDeps, place: string) {
    this.#deps = deps;
    this.#place = place;
  }

  /** True while something waits for space. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /**
   * Runs `step` again every second as long as it rejects for want of space. A step must bear repetition: it may have been done in
   * part, and it must not contain a flush, after whose failure nothing may be repeated. One step at a time.
   */
  async run<T>(step: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await step();
        this.#end();
        return result;
      } catch (error) {
        if (!isNoSpace(error) || this.#stopping.signal.aborted) {
          this.#become(false);
          throw error;
        }
        this.#begin(error);
      }
      await sleep(this.#deps.timers, SPACE_RETRY_MS, this.#stopping.signal);
    }
  }

  /** Waits no longer: what finds no space rejects. Idempotent. */
  stop(): void {
    this.#stopping.abort();
  }

  #begin(error: unknown): void {
    if (this.#isWaiting) return;
    this.#become(true);
    this.#deps.logger.error("the disk is full: waits until there is space, and keeps what it has", {
      place: this.#place,
      reason: errorMessage(error),
    });
  }

  #end(): void {
    if (!this.#isWaiting) return;
    this.#become(false);
    this.#deps.logger.info("the disk has space again", { place: this.#place });
  }

  #become(isWaiting: boolean): void {
    if (this.#isWaiting === isWaiting) return;
    this.#isWaiting = isWaiting;
    this.#deps.onFull?.(isWaiting);
  }
}
