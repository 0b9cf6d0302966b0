import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { concatBytes, fromHex, utf8 } from "../../../src/kernel/bytes.ts";
import { crc32c } from "../../../src/kernel/crc32c.ts";

/** The definition: one bit at a time. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("crc32c", () => {
  test.each([
    ["nothing", new Uint8Array(0), 0],
    ["the check value of the catalogue", utf8("123456789"), 0xe3069283],
    ["32 zero bytes (RFC 3720 B.4)", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of ones (RFC 3720 B.4)", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["0 to 31 (RFC 3720 B.4)", Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    [
      "an iSCSI read command (RFC 3720 B.4)",
      fromHex(
        "01c00000000000000000000000000000140000000000040000000014000000182800000000000000" +
          "0200000000000000",
      )!,
      0xd9963a56,
    ],
  ])("gives the published value for %s", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test.prop([fc.uint8Array({ maxLength: 100 })])("equals the bitwise definition", (bytes) => {
    expect(crc32c(bytes)).toBe(bitwise(bytes));
  });

  test.prop([fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 })])(
    "continues from an earlier part",
    (a, b) => {
      expect(crc32c(b, crc32c(a))).toBe(crc32c(concatBytes(a, b)));
    },
  );
});
