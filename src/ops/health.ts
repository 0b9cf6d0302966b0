import { errorMessage } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Timers } from "../kernel/ports/timers.ts";

/** Resolves when the component is well; rejects with the reason when it is not. */
export type HealthCheck = () => Promise<void>;

export interface HealthReport {
  readonly status: "OK" | "Service Unavailable";
  readonly time: string;
  readonly failed_checks?: readonly { readonly component: string; readonly reason: string }[];
}

/** A checker that takes longer counts as failed. */
const CHECK_TIMEOUT_MS = 5_000;

/** The checks of one node. */
export class Health {
  readonly #checks = new Map<string, HealthCheck>();
  readonly #clock: Clock;
  readonly #timers: Timers;

  constructor(deps: { readonly clock: Clock; readonly timers: Timers }) {
    this.#clock = deps.clock;
    this.#timers = deps.timers;
  }

  /** One check per component; registering again replaces it. */
  register(component: string, check: HealthCheck): void {
    this.#checks.set(component, check);
  }

  async report(): Promise<HealthReport> {
    const failed: { component: string; reason: string }[] = [];
    await Promise.all(
      Array.from(this.#checks, async ([component, check]) => {
        const reason = await this.#failureOf(check);
        if (reason !== undefined) failed.push({ component, reason });
      }),
    );
    const time = new Date(this.#clock.wallMs()).toISOString();
    if (failed.length === 0) return { status: "OK", time };
    return { status: "Service Unavailable", time, failed_checks: failed };
  }

  #failureOf(check: HealthCheck): Promise<string | undefined> {
    return new Promise((resolve) => {
      const timeout = this.#timers.after(CHECK_TIMEOUT_MS, () => {
        resolve(`no answer within ${CHECK_TIMEOUT_MS} ms`);
      });
      check().then(
        () => {
          timeout.cancel();
          resolve(undefined);
        },
        (error: unknown) => {
          timeout.cancel();
          resolve(errorMessage(error));
        },
      );
    });
  }
}
