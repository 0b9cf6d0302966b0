import { describe, expect, test } from "vitest";
import { CutOff, type PullReport } from "../../../../src/delivery/index.ts";

function trouble(forMs: number, isServiceDown = false): PullReport {
  return { kind: "trouble", address: "a:1", reason: "lost", failures: 1, forMs, isServiceDown };
}

describe("a deliverer that is cut off", () => {
  test("leaves after 5 s of trouble", () => {
    const cutOff = new CutOff();
    expect(cutOff.isReached(trouble(4_999))).toBe(false);
    expect(cutOff.isReached(trouble(5_000))).toBe(true);
    expect(cutOff.isReached({ kind: "progress", address: "a:1", number: 3 })).toBe(false);
  });

  test("stays while the ordering service itself is down, however long", () => {
    expect(new CutOff().isReached(trouble(600_000, true))).toBe(false);
  });

  test("holds on twice as long after each time that it left, up to a minute", () => {
    const cutOff = new CutOff();
    for (const limitMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      expect(cutOff.isReached(trouble(limitMs - 1))).toBe(false);
      expect(cutOff.isReached(trouble(limitMs))).toBe(true);
      cutOff.left();
    }
  });

  test("leaves soon again once a block has come", () => {
    const cutOff = new CutOff();
    cutOff.left();
    cutOff.left();
    cutOff.cameBlock();
    expect(cutOff.isReached(trouble(5_000))).toBe(true);
  });
});
