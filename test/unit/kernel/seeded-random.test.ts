import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";

function draw(random: SeededRandom, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

// The reference recurrence over 64-bit integers, as published for xoshiro128**.
function referenceDraw(state: bigint[], count: number): number[] {
  const word = (value: bigint): bigint => BigInt.asUintN(32, value);
  const rotate = (value: bigint, bits: bigint): bigint =>
    word((value << bits) | (word(value) >> (32n - bits)));
  return Array.from({ length: count }, () => {
    const result = word(rotate(word(state[1]! * 5n), 7n) * 9n);
    const shifted = word(state[1]! << 9n);
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = rotate(state[3]!, 11n);
    return Number(result);
  });
}

function splitmix(seed: number): bigint[] {
  const word = (value: bigint): bigint => BigInt.asUintN(32, value);
  return [1n, 2n, 3n, 4n].map((step) => {
    let mixed = word(BigInt(seed) + step * 0x9e3779b9n);
    mixed = word((mixed ^ (mixed >> 16n)) * 0x21f0aaadn);
    mixed = word((mixed ^ (mixed >> 15n)) * 0x735a2d97n);
    return mixed ^ (mixed >> 15n);
  });
}

describe("SeededRandom", () => {
  test.prop([fc.integer({ min: 0, max: 2 ** 32 - 1 })])(
    "follows the published recurrence of xoshiro128**",
    (seed) => {
      expect(draw(new SeededRandom(seed), 50)).toEqual(referenceDraw(splitmix(seed), 50));
    },
  );

  test("a child stream does not depend on what its parent drew", () => {
    const parent = new SeededRandom(7);
    const before = draw(parent.child("network"), 5);
    draw(parent, 100);
    expect(draw(parent.child("network"), 5)).toEqual(before);
    expect(draw(parent.child("disk"), 5)).not.toEqual(before);
    expect(draw(new SeededRandom(8).child("network"), 5)).not.toEqual(before);
  });

  test.prop([fc.integer(), fc.integer({ min: 1, max: 2 ** 32 })])(
    "draws integers below the bound",
    (seed, exclusiveMax) => {
      const value = new SeededRandom(seed).below(exclusiveMax);
      expect(Number.isInteger(value) && value >= 0 && value < exclusiveMax).toBe(true);
    },
  );

  test("draws every value about equally often", () => {
    const random = new SeededRandom(42);
    const counts = new Array<number>(10).fill(0);
    for (let round = 0; round < 100_000; round += 1) counts[random.below(10)]! += 1;
    // Six standard deviations of a fair draw are 570.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(570);
  });

  test("gives as many bytes as asked for", () => {
    expect(new SeededRandom(1).bytes(33)).toHaveLength(33);
    expect(new SeededRandom(1).bytes(4)).not.toEqual(new SeededRandom(2).bytes(4));
  });
});
