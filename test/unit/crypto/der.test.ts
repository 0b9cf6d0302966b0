import { describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import {
  DER_TAG,
  DerReader,
  derBitString,
  derBoolean,
  derInteger,
  derOid,
  derTimeMs,
  encodeDer,
} from "../../../src/crypto/der.ts";
import { CryptoError } from "../../../src/crypto/errors.ts";
import { fromHex, utf8 } from "../../../src/kernel/bytes.ts";

const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(" ", ""))!;
const element = (tag: number, content: Uint8Array): ReturnType<DerReader["readAny"]> =>
  new DerReader(encodeDer(tag, content)).readAny();

const length = fc.oneof(fc.nat(300), fc.constantFrom(127, 128, 255, 256, 65_535, 65_536));

test.prop([fc.integer({ min: 0, max: 30 }), length])(
  "what is encoded is read back",
  (tag, size) => {
    const reader = new DerReader(encodeDer(tag, new Uint8Array(size).fill(tag)));
    const { content } = reader.readAny();
    expect(content.length).toBe(size);
    expect(content.every((byte) => byte === tag)).toBe(true);
    expect(reader.isAtEnd).toBe(true);
  },
);

test.each([
  ["an indefinite length", "3080 0000"],
  ["a long form for a short length", "04 8101 aa"],
  ["a length with a leading zero", `04 820080 ${"00".repeat(128)}`],
  ["a length of five octets", "04 85 0000000001 aa"],
  ["a length beyond the end", "04 03 aabb"],
  ["a length of 2^32-1", "04 84ffffffff aa"],
  ["a tag number above 30", "1f 8101 00"],
  ["nothing", ""],
])("%s is refused", (_what, hex) => {
  expect(() => new DerReader(bytes(hex)).readAny()).toThrow(CryptoError);
});

describe("values", () => {
  test.each(["02 00", "02 02 007f", "02 02 ff80"])("the integer %s is not minimal", (hex) => {
    expect(() => derInteger(new DerReader(bytes(hex)).readAny())).toThrow(/integer/);
  });

  test("a boolean is 00 or ff", () => {
    expect(derBoolean(element(DER_TAG.boolean, bytes("ff")))).toBe(true);
    expect(derBoolean(element(DER_TAG.boolean, bytes("00")))).toBe(false);
    expect(() => derBoolean(element(DER_TAG.boolean, bytes("01")))).toThrow(CryptoError);
    expect(() => derBoolean(element(DER_TAG.boolean, bytes("ffff")))).toThrow(CryptoError);
  });

  test.each(["", "08", "01 01", "01", "ff 00"])("the bit string %j is malformed", (hex) => {
    expect(() => derBitString(element(DER_TAG.bitString, bytes(hex)))).toThrow(CryptoError);
  });

  test.each([
    ["550403", "2.5.4.3"],
    ["2a8648ce3d030107", "1.2.840.10045.3.1.7"],
    ["8837", "2.999"],
  ])("the object identifier %s is %s", (hex, dotted) => {
    expect(derOid(element(DER_TAG.oid, bytes(hex)))).toBe(dotted);
  });

  test.each(["", "86", "2a80", "2a8001", "2a8fffffffff7f"])(
    "the identifier %j is malformed",
    (hex) => {
      expect(() => derOid(element(DER_TAG.oid, bytes(hex)))).toThrow(CryptoError);
    },
  );

  test.each([
    [DER_TAG.utcTime, "491231235959Z", "2049-12-31T23:59:59.000Z"],
    [DER_TAG.utcTime, "500101000000Z", "1950-01-01T00:00:00.000Z"],
    [DER_TAG.generalizedTime, "20500229000000Z", undefined],
    [DER_TAG.generalizedTime, "20480229000000Z", "2048-02-29T00:00:00.000Z"],
    [DER_TAG.generalizedTime, "00500101000000Z", "0050-01-01T00:00:00.000Z"],
    [DER_TAG.utcTime, "261301000000Z", undefined],
    [DER_TAG.utcTime, "261201240000Z", undefined],
    [DER_TAG.utcTime, "2612010000Z", undefined],
    [DER_TAG.utcTime, "261201000000+0100", undefined],
  ])("time %#: %s %s is %s", (tag, text, iso) => {
    const read = (): number => derTimeMs(element(tag, utf8(text)));
    if (iso === undefined) expect(read).toThrow(CryptoError);
    else expect(new Date(read()).toISOString()).toBe(iso);
  });
});

test.prop([fc.uint8Array({ maxLength: 200 })])(
  "random bytes are read or refused, and what is read is inside them",
  (input) => {
    const reader = new DerReader(input);
    let total = 0;
    try {
      while (!reader.isAtEnd) total += reader.readAny().encoded.length;
    } catch (error) {
      expect(error).toBeInstanceOf(CryptoError);
    }
    expect(total).toBeLessThanOrEqual(input.length);
  },
);
