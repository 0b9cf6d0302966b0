import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { concatBytes, utf8 } from "../../../src/kernel/bytes.ts";
import { crc32c } from "../../../src/kernel/crc32c.ts";

// Bit by bit, straight from the polynomial: shares no table and no slicing with the code under test.
function bitwise(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit += 1) {
      const out = (remainder ^ (byte >> bit)) & 1;
      remainder = (remainder >>> 1) ^ (out === 1 ? 0x82f63b78 : 0);
    }
  }
  return (remainder ^ 0xffffffff) >>> 0;
}

describe("crc32c", () => {
  test.each([
    ["nothing", new Uint8Array(0), 0],
    ["the check string", utf8("123456789"), 0xe3069283],
    ["32 zero bytes (RFC 3720 §B.4)", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of ones (RFC 3720 §B.4)", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["0..31 (RFC 3720 §B.4)", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["31..0 (RFC 3720 §B.4)", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ])("the checksum of %s is the published one", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  property.prop([fc.uint8Array({ maxLength: 300 })])("agrees with bit-by-bit division", (bytes) => {
    expect(crc32c(bytes)).toBe(bitwise(bytes));
  });

  property.prop([fc.uint8Array(), fc.uint8Array()])(
    "continues from a previous checksum",
    (a, b) => {
      expect(crc32c(b, crc32c(a))).toBe(crc32c(concatBytes(a, b)));
    },
  );
});
