import { describe, expect, test } from "vitest";
import { duration, durationText } from "../../../src/cli/duration.ts";

describe("a duration", () => {
  test.each([
    ["500ms", 500, "500 ms"],
    ["1.5s", 1_500, "1500 ms"],
    ["10s", 10_000, "10 s"],
    ["120s", 120_000, "2 m"],
    ["1h", 3_600_000, "1 h"],
  ])("of %s is %i ms, shown as %s", (text, durationMs, shown) => {
    expect(duration(text)).toBe(durationMs);
    expect(durationText(durationMs)).toBe(shown);
  });

  test.each(["", "10", "s", "-1s", "0s", "25h", "1d", "1s1"])("is not %j", (text) => {
    expect(() => duration(text)).toThrow("expected a time such as 500ms, 10s, 2m or 1h.");
  });
});
