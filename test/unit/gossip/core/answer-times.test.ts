import { describe, expect, test } from "vitest";
import { AnswerTimes } from "../../../../gossip/core/answer-times.ts";
import {
  ANSWER_WAIT_MAX_MS,
  ANSWER_WAIT_MIN_MS,
  ANSWER_WAIT_START_MS,
} from "../../../../gossip/core/limits.ts";

function after(...tookMs: readonly number[]): number {
  const times = new AnswerTimes();
  for (const one of tookMs) times.note(one);
  return times.waitMs;
}

describe("the time to wait for an answer", () => {
  test("is a middling one before the first answer", () => {
    expect(after()).toBe(ANSWER_WAIT_START_MS);
  });

  test("is three times what the first answer took", () => {
    expect(after(100)).toBe(300);
  });

  test("comes close to what answers take when they always take the same", () => {
    expect(after(...Array.from({ length: 40 }, () => 200))).toBeCloseTo(200, 0);
  });

  test("grows when answers take longer", () => {
    expect(after(100, 100, 400)).toBeGreaterThan(after(100, 100, 100));
  });

  test("stays within its bounds", () => {
    expect(after(0, 0, 0)).toBe(ANSWER_WAIT_MIN_MS);
    expect(after(60_000)).toBe(ANSWER_WAIT_MAX_MS);
  });
});
