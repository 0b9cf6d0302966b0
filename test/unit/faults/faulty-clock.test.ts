import { expect, test } from "vitest";
import { Faults, faultyClock, NO_FAULTS } from "../../../src/faults/index.ts";

test("a wrong clock shows another time of day and measures durations rightly", () => {
  const faults = new Faults();
  const clock = faultyClock({
    clock: { monotonicMs: () => 7, wallMs: () => 1_000_000 },
    faults,
  });
  expect(clock.wallMs()).toBe(1_000_000);
  faults.apply({ ...NO_FAULTS, clock: { offsetMs: -60_000 } });
  expect([clock.wallMs(), clock.monotonicMs()]).toEqual([940_000, 7]);
  faults.apply(NO_FAULTS);
  expect(clock.wallMs()).toBe(1_000_000);
});
