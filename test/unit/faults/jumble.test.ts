import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Jumble } from "../../../src/faults/jumble.ts";
import { OVERTAKEN_MS_MAX } from "../../../src/faults/limits.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";

interface World {
  readonly time: SimulatedTime;
  readonly got: number[];
  readonly jumble: Jumble<number>;
  faults: { duplicate: number; reorder: number };
}

/** Odd numbers above 100 must come once and in their turn. */
function world(duplicate: number, reorder: number, seed = 1): World {
  const time = new SimulatedTime();
  const got: number[] = [];
  const jumble = new Jumble<number>({
    random: new SeededRandom(seed),
    timers: time,
    isDatagram: (message) => Number(message) < 100 || Number(message) % 2 === 0,
    faults: () => made.faults,
    forward: (message) => {
      got.push(message);
      return Promise.resolve();
    },
  });
  const made: World = { time, got, jumble, faults: { duplicate, reorder } };
  return made;
}

describe("messages that come twice or out of turn", () => {
  test("repeat all but the first", async () => {
    const { jumble, got } = world(1, 0);
    for (const message of [1, 2, 3]) await jumble.put(message);
    expect(got).toEqual([1, 2, 2, 3, 3]);
  });

  test("let the next one overtake all but the first", async () => {
    const { jumble, got } = world(0, 1);
    for (const message of [1, 2, 3, 4, 5]) await jumble.put(message);
    expect(got).toEqual([1, 3, 2, 5, 4]);
  });

  test("go on alone when no other comes", async () => {
    const { jumble, got, time } = world(0, 1);
    for (const message of [1, 2]) await jumble.put(message);
    await time.advance(OVERTAKEN_MS_MAX - 1);
    expect(got).toEqual([1]);
    await time.advance(1);
    expect(got).toEqual([1, 2]);
  });

  test("leave what must come once in its turn, and do not overtake it", async () => {
    const { jumble, got } = world(1, 1);
    for (const message of [1, 2, 101, 4, 103]) await jumble.put(message);
    expect(got).toEqual([1, 2, 101, 4, 103]);
  });

  test("are in order again once the faults are over", async () => {
    const made = world(1, 1);
    for (const message of [1, 2]) await made.jumble.put(message);
    made.faults = { duplicate: 0, reorder: 0 };
    for (const message of [3, 4, 5]) await made.jumble.put(message);
    expect(made.got).toEqual([1, 3, 2, 4, 5]);
  });

  property.prop([
    fc.integer({ min: 0, max: 2 ** 31 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  ])("are all there, each at most one place late and twice", async (seed, duplicate, reorder) => {
    const { jumble, got, time } = world(duplicate, reorder, seed);
    const sent = Array.from({ length: 50 }, (_, index) => index);
    for (const message of sent) await jumble.put(message);
    await time.advance(OVERTAKEN_MS_MAX);
    const firsts = [...new Set(got)];
    expect(firsts.toSorted((a, b) => a - b)).toEqual(sent);
    expect(firsts.every((message, place) => Math.abs(message - place) <= 1)).toBe(true);
    expect(got.length).toBeLessThanOrEqual(2 * sent.length);
  });
});
