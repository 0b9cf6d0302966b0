import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { RangePlanner, type PlannedRange } from "../../../../src/delivery/core/range-planner.ts";
import {
  CATCH_UP_RANGES_PER_SOURCE_MAX,
  CATCH_UP_RANGE_BLOCKS,
} from "../../../../src/delivery/limits.ts";

describe("the planner", () => {
  test("asks several sources at once, each for another range, none for more than it has", () => {
    const planner = new RangePlanner(10);
    planner.offer("a", 1_000);
    planner.offer("b", 60);
    expect(planner.plan(500)).toEqual([
      { source: "a", first: 10, last: 41 },
      { source: "b", first: 42, last: 59 },
      { source: "a", first: 60, last: 91 },
    ]);
    expect(planner.plan(500)).toEqual([]);
  });

  test("asks for nothing beyond its room", () => {
    const planner = new RangePlanner(0);
    planner.offer("a", 1_000);
    expect(planner.plan(42)).toEqual([
      { source: "a", first: 0, last: 31 },
      { source: "a", first: 32, last: 41 },
    ]);
  });

  test("does not ask for a block as soon as there is room for one", () => {
    const planner = new RangePlanner(0);
    for (const source of ["a", "b", "c"]) planner.offer(source, 1_000);
    const asked = [...planner.plan(64)];
    for (let number = 0; number < 640; number += 1) {
      const whole = asked.find(({ last }) => last === number);
      if (whole !== undefined) planner.completed(whole);
      planner.handedOver();
      asked.push(...planner.plan(64));
    }
    const lengths = asked.map(({ first, last }) => last - first + 1);
    // A quarter of the room.
    expect(Math.min(...lengths)).toBe(16);
  });

  test("asks for the few that are left, and for few where there is little room", () => {
    const planner = new RangePlanner(0);
    planner.offer("a", 35);
    expect(planner.plan(64)).toEqual([
      { source: "a", first: 0, last: 31 },
      { source: "a", first: 32, last: 34 },
    ]);
    const narrow = new RangePlanner(0);
    narrow.offer("a", 100);
    const [only] = narrow.plan(32);
    narrow.completed(only!);
    for (let handedOver = 0; handedOver < 7; handedOver += 1) narrow.handedOver();
    expect(narrow.plan(32)).toEqual([]);
    narrow.handedOver();
    expect(narrow.plan(32)).toEqual([{ source: "a", first: 32, last: 39 }]);
  });

  test("asks another for what one failed to bring, before anything else", () => {
    const planner = new RangePlanner(0);
    planner.offer("a", 64);
    const [first, second] = planner.plan(500);
    planner.offer("b", 64);
    planner.failed(first!, 5);
    expect(planner.plan(500)).toEqual([{ source: "b", first: 5, last: 31 }]);
    planner.completed(second!);
  });

  test("gives a source up after three failures in a row, and is over when nobody is left", () => {
    const planner = new RangePlanner(0);
    planner.offer("a", 32);
    for (let failure = 0; failure < 3; failure += 1) {
      expect(planner.isOver).toBe(false);
      const [range] = planner.plan(500);
      planner.failed(range!, 0);
    }
    expect(planner.plan(500)).toEqual([]);
    expect(planner.isOver).toBe(true);
    planner.offer("a", 1_000);
    expect(planner.isOver).toBe(true);
  });

  test("does not wait for a height that nobody can show", () => {
    const planner = new RangePlanner(0);
    planner.offer("liar", Number.MAX_SAFE_INTEGER);
    planner.offer("honest", 40);
    planner.banish("liar");
    expect(planner.target).toBe(40);
  });

  test.prop([fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 5 })], {
    seed: 11,
    numRuns: 300,
  })("brings every block once, in whatever order sources answer and fail", (seed, count) => {
    let state = seed;
    const below = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * bound);
    };
    const planner = new RangePlanner(3);
    const height = 3 + below(400);
    // The last source never fails, so that the end can be reached.
    for (let index = 0; index <= count; index += 1) {
      planner.offer(`s${index}`, index === count ? height : below(height + 1));
    }
    const held = new Set<number>();
    const inFlight: PlannedRange[] = [];
    let steps = 0;
    while (!planner.isOver) {
      expect((steps += 1)).toBeLessThan(10_000);
      const window = CATCH_UP_RANGE_BLOCKS + below(100);
      for (const range of planner.plan(window)) {
        expect(range.last).toBeGreaterThanOrEqual(range.first);
        expect(range.last).toBeLessThan(planner.next + window);
        expect(range.last - range.first).toBeLessThan(CATCH_UP_RANGE_BLOCKS);
        inFlight.push(range);
      }
      const loads = sourceLoads(inFlight);
      for (const load of loads.values()) {
        expect(load).toBeLessThanOrEqual(CATCH_UP_RANGES_PER_SOURCE_MAX);
      }
      const [range] = inFlight.splice(below(inFlight.length), 1);
      if (range !== undefined) {
        const isWhole = range.source === `s${count}` || below(3) > 0;
        const end = isWhole ? range.last + 1 : range.first + below(range.last - range.first + 1);
        for (let number = range.first; number < end; number += 1) {
          expect(held.has(number)).toBe(false);
          held.add(number);
        }
        if (isWhole) planner.completed(range);
        else planner.failed(range, end);
      }
      while (held.delete(planner.next)) planner.handedOver();
    }
    expect(planner.next).toBe(height);
  });
});

function sourceLoads(ranges: readonly PlannedRange[]): ReadonlyMap<string, number> {
  const loads = new Map<string, number>();
  for (const { source } of ranges) loads.set(source, (loads.get(source) ?? 0) + 1);
  return loads;
}
