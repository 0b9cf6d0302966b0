import { expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { timestampFromMs, timestampToMs } from "../../../src/wire/index.ts";

const YEAR_9999_MS = 253_402_300_799_999;

test.each([
  [0, { seconds: 0, nanos: 0 }],
  [1_500, { seconds: 1, nanos: 500_000_000 }],
  [-1, { seconds: -1, nanos: 999_000_000 }],
  [0.25, { seconds: 0, nanos: 250_000 }],
])("%d ms is one timestamp", (ms, timestamp) => {
  expect(timestampFromMs(ms)).toEqual(timestamp);
});

test.prop([fc.integer({ min: -YEAR_9999_MS, max: YEAR_9999_MS })])(
  "whole milliseconds survive both ways, with nanoseconds in range",
  (ms) => {
    const timestamp = timestampFromMs(ms);
    expect(timestampToMs(timestamp)).toBe(ms);
    expect(timestamp.nanos).toBeGreaterThanOrEqual(0);
    expect(timestamp.nanos).toBeLessThan(1_000_000_000);
  },
);
