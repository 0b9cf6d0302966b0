import { describe, expect, test } from "vitest";
import { comparePeerTimes, incarnationAt, laterRun } from "../../../../gossip/core/peer-time.ts";

const INT64_MAX = 2n ** 63n - 1n;

describe("a run", () => {
  test("is named by the nanoseconds of its start, whatever the clock says", () => {
    expect(incarnationAt(1_700_000_000_000.9)).toBe(1_700_000_000_000_000_000n);
    expect(incarnationAt(-5)).toBe(0n);
    expect(incarnationAt(Number.MAX_SAFE_INTEGER)).toBe(INT64_MAX);
  });

  test("has a later one next to it that is above all of it, up to the last", () => {
    const end = { incarnation: 5n, sequence: 2n ** 64n - 1n };
    expect(laterRun(end)).toEqual({ incarnation: 6n, sequence: 1n });
    expect(comparePeerTimes(laterRun(end), end)).toBeGreaterThan(0);
    const last = { incarnation: INT64_MAX, sequence: 4n };
    expect(laterRun(last)).toEqual({ incarnation: INT64_MAX, sequence: 5n });
  });
});
