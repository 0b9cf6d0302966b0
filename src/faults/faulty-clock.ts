import type { Clock } from "../kernel/ports/clock.ts";
import type { Faults } from "./faults.ts";

/** `clock`, whose time of day is off by what it is told. It measures durations rightly, as machines do. */
export function faultyClock({
  clock,
  faults,
}: {
  readonly clock: Clock;
  readonly faults: Faults;
}): Clock {
  return {
    monotonicMs: () => clock.monotonicMs(),
    wallMs: () => clock.wallMs() + faults.clock.offsetMs,
  };
}
