import { describe, expect, test } from "vitest";
import { paceOf, progressText } from "../../../src/cli/progress-text.ts";

const start = { height: 0, target: 2_000, atMs: 1_000 };

describe("the line of progress", () => {
  test("tells blocks, rate and time left", () => {
    const newest = { height: 1_200, target: 2_000, atMs: 3_500 };
    expect(progressText(newest, paceOf(start, newest))).toBe(
      "[██████████████··········] 1,200 of 2,000 blocks, 480/s, 2 s left",
    );
  });

  test("promises nothing while nothing moves", () => {
    expect(progressText(start, paceOf(start, start))).toBe(
      "[························] 0 of 2,000 blocks, 0/s",
    );
  });

  test("is full when there is nothing left, and never overfull", () => {
    const newest = { height: 30, target: 20, atMs: 2_000 };
    expect(progressText(newest, paceOf(start, newest))).toBe(
      "[████████████████████████] 30 of 20 blocks, 30/s, 0 s left",
    );
  });

  test("counts long times in minutes and hours", () => {
    const left = (leftSeconds: number): string =>
      progressText(start, { blocksPerSecond: 1, leftSeconds });
    expect(left(75)).toContain("1 min 15 s left");
    expect(left(7_260)).toContain("2 h 1 min left");
  });
});
