import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { OrderedWindow } from "../../../../../cluster/ordering/core/ordered-window.ts";

/** What the window must hold after `blocks`, numbered from 1: said without regard to cost. */
function model(blocks: readonly (readonly string[])[], countMax: number): Map<string, number> {
  let first = blocks.length;
  for (let count = 0; first > 0 && count < countMax; first -= 1) count += blocks[first - 1]!.length;
  const held = new Map<string, number>();
  for (const [place, keys] of blocks.entries())
    if (place >= first) for (const key of keys) held.set(key, place + 1);
  return held;
}

function windowOf(
  blocks: readonly (readonly string[])[],
  countMax: number,
  firstNumber = 1,
): OrderedWindow {
  const window = new OrderedWindow(countMax);
  for (const [place, keys] of blocks.entries()) window.append(firstNumber + place, keys);
  return window;
}

const KEYS = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
// Few keys, so that some stand in several blocks.
const chain = fc.array(fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 5 }), {
  maxLength: 30,
});

describe("the window of ordered transactions", () => {
  test.prop([chain, fc.integer({ min: 1, max: 20 })])(
    "holds the fewest newest blocks with enough transactions, and says which block each is in",
    (blocks, countMax) => {
      const window = windowOf(blocks, countMax);
      const held = model(blocks, countMax);
      for (const key of KEYS) expect([key, window.blockOf(key)]).toEqual([key, held.get(key)]);
    },
  );

  test.prop([chain, fc.integer({ min: 1, max: 20 }), fc.nat()])(
    "is the same whether it saw the whole chain or was rebuilt from its end",
    (blocks, countMax, extra) => {
      const whole = windowOf(blocks, countMax);
      let first = blocks.length;
      for (let count = 0; first > 0 && count < countMax; first -= 1)
        count += blocks[first - 1]!.length;
      first = Math.max(0, first - (extra % 3));
      const rebuilt = windowOf(blocks.slice(first), countMax, first + 1);
      expect(rebuilt.count).toBe(whole.count);
      for (const key of KEYS) expect(rebuilt.blockOf(key)).toBe(whole.blockOf(key));
    },
  );

  test.prop([chain, fc.integer({ min: 1, max: 20 })])(
    "holds less than its count and one block more",
    (blocks, countMax) => {
      const window = windowOf(blocks, countMax);
      const largest = Math.max(0, ...blocks.map((keys) => keys.length));
      expect(window.count).toBeLessThan(countMax + largest + 1);
    },
  );

  test("does not go on over a block that it was not given", () => {
    const window = windowOf([["a"]], 5);
    expect(() => {
      window.append(3, ["c"]);
    }).toThrow("misses a block");
  });
});
