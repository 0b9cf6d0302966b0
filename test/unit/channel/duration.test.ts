import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { formatDuration, parseDuration } from "../../../src/channel/index.ts";

describe("a duration in Go's notation", () => {
  test.each([
    ["2s", 2_000],
    ["500ms", 500],
    ["1h2m3.5s", 3_723_500],
    ["0", 0],
    ["-0", -0],
    ["0s", 0],
    ["+1m", 60_000],
    ["-1.5s", -1_500],
    [".5s", 500],
    ["5.s", 5_000],
    ["1us", 0.001],
    ["1\u00b5s", 0.001],
    ["1\u03bcs", 0.001],
    ["100ns", 0.0001],
    ["1s1s", 2_000],
    ["2562047h", 2_562_047 * 3_600_000],
  ])("%s is read", (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 9);
  });

  test.each([
    "",
    "2",
    "s",
    ".s",
    ".",
    "-",
    "+",
    "2 s",
    " 2s",
    "2s ",
    "2S",
    "2d",
    "2s3",
    "--2s",
    "1e3s",
    "2562048h",
    "0x1s",
    "9".repeat(63) + "s",
    "0".repeat(80) + "1s",
    "1.2.3s",
    "\u0661s",
  ])("%j is not one", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each([
    [0, "0s"],
    [500, "500ms"],
    [2_000, "2s"],
    [1_500, "1.5s"],
    [60_000, "1m0s"],
    [90_000, "1m30s"],
    [3_600_000, "1h0m0s"],
    [0.25, "250\u00b5s"],
    [0.0001, "100ns"],
  ])("%d ms is written as Go writes it", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test.prop([fc.nat(1_000_000_000)])("of whole milliseconds reads as it was written", (ms) => {
    expect(parseDuration(formatDuration(ms))).toBeCloseTo(ms, 3);
  });

  test.prop([fc.string({ maxLength: 80 })])("is read or refused, whatever the text", (text) => {
    const ms = parseDuration(text);
    expect(ms === undefined || Number.isFinite(ms)).toBe(true);
  });
});
