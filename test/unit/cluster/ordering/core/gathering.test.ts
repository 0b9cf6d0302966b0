import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { Gathering } from "../../../../../cluster/ordering/core/gathering.ts";

const LIMITS = { gatherMsMax: 50, gatherCountMin: 2 };

/** After so many arrivals with a gap between them, and blocks of a length; answers when the last came. */
function seasoned(gapMs: number, blockMs: number): { gathering: Gathering; lastMs: number } {
  const gathering = new Gathering(LIMITS);
  let lastMs = 0;
  for (let count = 0; count < 200; count += 1) gathering.arrived((lastMs += gapMs));
  for (let count = 0; count < 20; count += 1) gathering.blockTook(blockMs);
  return { gathering, lastMs };
}

describe("a leader that may hold a batch open", () => {
  test("cuts at once before it knows anything", () => {
    const gathering = new Gathering(LIMITS);
    gathering.arrived(7);
    expect(gathering.cutAtMs(7)).toBe(7);
  });

  test("cuts at once where transactions are few or blocks are quick", () => {
    for (const [gapMs, blockMs] of [
      [100, 20],
      [5, 1],
    ] as const) {
      const { gathering, lastMs } = seasoned(gapMs, blockMs);
      expect(gathering.cutAtMs(lastMs)).toBe(lastMs);
    }
  });

  test("waits while many come in the time of a block, and no longer than its bound", () => {
    const { gathering, lastMs } = seasoned(5, 30);
    expect(gathering.cutAtMs(lastMs - 10)).toBeCloseTo(lastMs + 20, 0);
    gathering.arrived(lastMs + 5);
    gathering.arrived(lastMs + 38);
    expect(gathering.cutAtMs(lastMs - 10)).toBe(lastMs + 40);
  });

  test("does not wait for the next burst once one is over", () => {
    const { gathering, lastMs } = seasoned(1, 30);
    expect(gathering.cutAtMs(lastMs)).toBeLessThan(lastMs + 6);
  });

  const moments = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 100 });
  test.prop([moments, fc.integer({ min: 0, max: 10_000 })])(
    "never holds a batch longer than its bound, whatever it saw",
    (gaps, blockMs) => {
      const gathering = new Gathering(LIMITS);
      let nowMs = 0;
      for (const gapMs of gaps) {
        gathering.arrived((nowMs += gapMs));
        gathering.blockTook(blockMs);
      }
      const waitMs = gathering.cutAtMs(nowMs) - nowMs;
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(LIMITS.gatherMsMax);
    },
  );
});
