import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  compositeKey,
  compositeRange,
  splitCompositeKey,
} from "../../../src/contract/composite-key.ts";

const part = fc
  .string({ minLength: 1, unit: "grapheme" })
  .filter((text) => !text.includes("\u0000") && !text.includes("\u{10FFFF}"));

describe("a composite key", () => {
  test("has the form of Fabric's shims", () => {
    expect(compositeKey("owner", ["Tom", "asset1"])).toBe("\u0000owner\u0000Tom\u0000asset1\u0000");
  });

  test.prop([part, fc.array(part, { maxLength: 5 })])(
    "gives back the parts that it was made of",
    (objectType, attributes) => {
      expect(splitCompositeKey(compositeKey(objectType, attributes))).toEqual({
        objectType,
        attributes,
      });
    },
  );

  test.prop([part, fc.array(part, { maxLength: 3 }), fc.array(part, { maxLength: 3 })])(
    "lies in the range of the parts that it begins with",
    (objectType, first, rest) => {
      const key = Buffer.from(compositeKey(objectType, [...first, ...rest]));
      const { start, end } = compositeRange(objectType, first);
      expect(Buffer.compare(key, Buffer.from(start))).toBeGreaterThanOrEqual(0);
      expect(Buffer.compare(key, Buffer.from(end))).toBeLessThan(0);
    },
  );

  test("of another type is not in that range, though its name begins alike", () => {
    const { end } = compositeRange("own", []);
    expect(compositeKey("owner", ["Tom"]) > end).toBe(true);
  });

  test.each([
    ["", []],
    ["a", [""]],
    ["a\u0000b", []],
    ["a", ["\u{10FFFF}"]],
  ] as const)("cannot be made of %j and %j", (objectType, attributes) => {
    expect(() => compositeKey(objectType, attributes)).toThrow("composite key");
  });

  test.each(["", "plain", "\u0000", "\u0000open"])("is not %j", (key) => {
    expect(() => splitCompositeKey(key)).toThrow("is no composite key");
  });
});
