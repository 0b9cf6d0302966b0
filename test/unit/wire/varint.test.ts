import { describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { InvariantViolation } from "../../../src/kernel/assert.ts";
import { compareBytes, toHex } from "../../../src/kernel/bytes.ts";
import {
  decodeOrderedVarint,
  decodeUvarint,
  encodeOrderedVarint,
  encodeUvarint,
} from "../../../src/wire/index.ts";

const LARGEST = Number.MAX_SAFE_INTEGER;

describe("a uvarint", () => {
  test.each([
    [0, "00"],
    [127, "7f"],
    [128, "8001"],
    [300, "ac02"],
    [2 ** 32, "8080808010"],
    [LARGEST, "ffffffffffffff0f"],
  ])("of %i is %s", (value, bytes) => {
    expect(toHex(encodeUvarint(value))).toBe(bytes);
  });

  test.prop([fc.maxSafeNat(), fc.uint8Array({ maxLength: 4 })])(
    "reads back from any offset, with its length",
    (value, before) => {
      const encoded = encodeUvarint(value);
      const bytes = Uint8Array.from([...before, ...encoded, 0xff]);
      expect(decodeUvarint(bytes, before.length)).toEqual({ value, length: encoded.length });
    },
  );

  test.each([[[]], [[0x80]], [[0xff, 0xff]], [Array<number>(11).fill(0x80)]])(
    "is refused where it has no end: %j",
    (bytes) => {
      expect(decodeUvarint(Uint8Array.from(bytes))).toBeUndefined();
    },
  );

  test("is refused beyond 2^53-1", () => {
    const tooLarge = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];
    expect(decodeUvarint(Uint8Array.from(tooLarge))).toBeUndefined();
  });
});

describe("an order-preserving varint", () => {
  test.each([
    [0, "00"],
    [1, "0101"],
    [255, "01ff"],
    [256, "020100"],
    [2 ** 32, "050100000000"],
    [LARGEST, "071fffffffffffff"],
  ])("of %i is %s", (value, bytes) => {
    expect(toHex(encodeOrderedVarint(value))).toBe(bytes);
  });

  test.prop([fc.maxSafeNat(), fc.maxSafeNat()])("sorts as its number does", (a, b) => {
    const order = compareBytes(encodeOrderedVarint(a), encodeOrderedVarint(b));
    expect(Math.sign(order)).toBe(Math.sign(a - b));
  });

  test.prop([fc.maxSafeNat(), fc.uint8Array({ maxLength: 4 })])(
    "reads back from any offset, with its length",
    (value, before) => {
      const encoded = encodeOrderedVarint(value);
      const bytes = Uint8Array.from([...before, ...encoded, 0xff]);
      expect(decodeOrderedVarint(bytes, before.length)).toEqual({ value, length: encoded.length });
    },
  );

  test.each([
    ["nothing", []],
    ["a number cut short", [2, 1]],
    ["a leading zero", [2, 0, 1]],
    ["nine bytes", [9, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ["a number beyond 2^53-1", [7, 0x20, 0, 0, 0, 0, 0, 0]],
  ])("refuses %s", (_, bytes) => {
    expect(decodeOrderedVarint(Uint8Array.from(bytes))).toBeUndefined();
  });
});

test.each([-1, 0.5, 2 ** 53, Number.NaN])("encoding %d is a bug of the caller", (value) => {
  expect(() => encodeUvarint(value)).toThrow(InvariantViolation);
  expect(() => encodeOrderedVarint(value)).toThrow(InvariantViolation);
});
