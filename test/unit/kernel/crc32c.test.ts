import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { concatBytes, utf8 } from "../../../src/kernel/bytes.ts";
import { crc32c, crc32cOfUint32 } from "../../../src/kernel/crc32c.ts";

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

  property.prop([fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40)])(
    "of a part is that of a copy of the part",
    (bytes, a, b) => {
      const end = Math.min(Math.max(a, b), bytes.length);
      const start = Math.min(a, b, end);
      expect(crc32c(bytes, 7, start, end)).toBe(crc32c(bytes.slice(start, end), 7));
    },
  );

  property.prop([
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  ])("of a number is that of its bytes, the lowest first", (value, previous) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    expect(crc32cOfUint32(value, previous)).toBe(crc32c(bytes, previous));
  });
});
