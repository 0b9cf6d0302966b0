import type { Clock } from "../kernel/ports/clock.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import type { Faults } from "./faults.ts";

/** What a link with faults needs. */
export interface LinkDeps {
  readonly faults: Faults;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}
