import { expect, test } from "vitest";
import { fuzzOrders } from "../../../../scripts/fuzz/plan.ts";

const ENTRIES = [{ name: "cheap" }, { name: "dear", share: 0.1 }];

test("every entry has its share, in inputs that follow each other", () => {
  const orders = [...fuzzOrders(ENTRIES, { seed: 3, inputs: 5_500 })];
  const inputsOf = (name: string): readonly number[] =>
    orders
      .filter(({ entry }) => entry === name)
      .flatMap(({ from, count }) => Array.from({ length: count }, (_, index) => from + index));
  expect(inputsOf("cheap")).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
  expect(inputsOf("dear")).toEqual(Array.from({ length: 500 }, (_, index) => index));
  expect(orders.every(({ seed }) => seed === 3)).toBe(true);
});

test("whoever stops early has given every entry something", () => {
  const [first, second] = fuzzOrders(ENTRIES, { seed: 1, inputs: Infinity });
  expect([first?.entry, second?.entry]).toEqual(["cheap", "dear"]);
});
