import { expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { BoundedCache } from "../../../src/kernel/bounded-cache.ts";

test("the least recently used entry makes room for a new one", () => {
  const cache = new BoundedCache<string, number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  expect(cache.get("a")).toBe(1);
  cache.set("c", 3);
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
});

test("replacing an entry forgets no other", () => {
  const cache = new BoundedCache<string, number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  cache.set("a", 3);
  expect([cache.get("a"), cache.get("b")]).toEqual([3, 2]);
});

test.prop([fc.array(fc.tuple(fc.boolean(), fc.nat(20))), fc.integer({ min: 1, max: 8 })])(
  "it holds what a list ordered by use would hold",
  (steps, countMax) => {
    const cache = new BoundedCache<number, string>(countMax);
    let model: number[] = [];
    for (const [isSet, key] of steps) {
      const isKnown = model.includes(key);
      if (isSet) cache.set(key, String(key));
      else expect(cache.get(key)).toBe(isKnown ? String(key) : undefined);
      if (isSet || isKnown) model = [...model.filter((each) => each !== key), key];
      model = model.slice(-countMax);
      expect(cache.count).toBe(model.length);
    }
  },
);
