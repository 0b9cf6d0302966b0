import { describe, expect, test } from "vitest";
import { DEFAULT_OPTIONS, FABRIC_OPTIONS, optionProblem } from "../../../../gossip/core/index.ts";

describe("options", () => {
  test("as given are within their ranges", () => {
    expect(optionProblem(DEFAULT_OPTIONS)).toBeUndefined();
    expect(optionProblem(FABRIC_OPTIONS)).toBeUndefined();
  });

  test.each([
    [{ tickIntervalMs: 0 }, /tickIntervalMs is 0; choose a value from 10 to 1000/],
    [{ pushPeerCount: Number.NaN }, /pushPeerCount/],
    [{ aliveIntervalMs: 15_000 }, /aliveExpirationMs is 25000; choose at least 30000/],
    [{ declareExpirationMs: 900 }, /declareExpirationMs/],
    [{ requestWaitMs: 10 }, /requestWaitMs/],
  ])("out of range are named with the cure: %j", (changes, message) => {
    expect(optionProblem({ ...DEFAULT_OPTIONS, ...changes })).toMatch(message);
  });
});
