import { describe, expect, test } from "vitest";
import { Standing } from "../../../../gossip/core/standing.ts";

const ASIDE_MS = 60_000;

describe("a peer's standing", () => {
  test("is lost for a while by a lie, and only that makes it a liar", () => {
    const standing = new Standing(ASIDE_MS);
    standing.lied("a", 100);
    standing.keptWaiting("b", 3_000, 100);
    expect([standing.isLiar("a", 100), standing.isLiar("b", 100)]).toEqual([true, false]);
    expect(standing.isAside("a", ASIDE_MS + 99)).toBe(true);
    expect(standing.isAside("a", ASIDE_MS + 100)).toBe(false);
  });

  test("is lost for twice as long each further time that it keeps others waiting, up to a bound", () => {
    const standing = new Standing(ASIDE_MS);
    let atMs = 0;
    const asideMs = Array.from({ length: 7 }, () => {
      standing.keptWaiting("a", 3_000, atMs);
      const startMs = atMs;
      while (standing.isAside("a", atMs)) atMs += 500;
      return atMs - startMs;
    });
    expect(asideMs).toEqual([3_000, 6_000, 12_000, 24_000, 48_000, ASIDE_MS, ASIDE_MS]);
  });

  test("is as good as new after an answer, and after a long time", () => {
    const standing = new Standing(ASIDE_MS);
    const secondWaitMs = (): number => {
      standing.keptWaiting("a", 3_000, 200_000);
      return [3_000, 6_000].find((ms) => !standing.isAside("a", 200_000 + ms)) ?? -1;
    };
    standing.keptWaiting("a", 3_000, 0);
    standing.answered("a");
    expect(secondWaitMs()).toBe(3_000);
    standing.answered("a");
    standing.keptWaiting("a", 3_000, 0);
    standing.expire(3_000 + ASIDE_MS);
    expect(secondWaitMs()).toBe(3_000);
  });
});
