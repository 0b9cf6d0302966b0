import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { firstIndexWhere } from "../../../src/kernel/first-index.ts";

test.prop([fc.nat(1_000), fc.nat(1_000), fc.nat(2_500)])(
  "finds where it begins to be true, and asks within the range only",
  (from, length, border) => {
    const to = from + length;
    const asked: number[] = [];
    const found = firstIndexWhere(from, to, (index) => {
      asked.push(index);
      return index >= border;
    });
    expect(found).toBe(Math.min(Math.max(border, from), to));
    expect(asked.every((index) => index >= from && index < to)).toBe(true);
    expect(asked.length).toBeLessThanOrEqual(Math.ceil(Math.log2(length + 1)));
  },
);
