import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  compareBytes,
  compareUtf8,
  concatBytes,
  equalBytes,
  fromHex,
  toHex,
  utf8,
  utf8Decode,
} from "../../../src/kernel/bytes.ts";

describe("bytes", () => {
  test.prop([fc.uint8Array()])("hexadecimal text gives the bytes back", (bytes) => {
    expect(fromHex(toHex(bytes))).toEqual(bytes);
  });

  test.prop([fc.string({ unit: "binary" }), fc.string({ unit: "binary" })])(
    "strings compare as their UTF-8 bytes do",
    (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(compareBytes(utf8(a), utf8(b))));
    },
  );

  test.prop([fc.array(fc.uint8Array())])("concatenation keeps every byte in order", (parts) => {
    const joined = concatBytes(...parts);
    expect(Array.from(joined)).toEqual(parts.flatMap((part) => Array.from(part)));
  });

  test.prop([fc.uint8Array()])("capitals count as small letters", (bytes) => {
    expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
  });

  test.prop([fc.string({ minLength: 2, maxLength: 2, unit: "binary" })])(
    "two characters are hexadecimal exactly where both are digits",
    (text) => {
      const isHex = /^[0-9a-fA-F]{2}$/.test(text);
      expect(fromHex(text)).toEqual(isHex ? Uint8Array.of(parseInt(text, 16)) : undefined);
    },
  );

  test.each(["/0", ":0", "@0", "G0", "`0", "g0", "0\u0130"])("%j is not hexadecimal", (text) => {
    expect(fromHex(text)).toBeUndefined();
  });

  test("text that is not hexadecimal is refused", () => {
    expect(fromHex("abc")).toBeUndefined();
    expect(fromHex("zz")).toBeUndefined();
  });

  test("malformed UTF-8 is refused and a byte order mark is kept", () => {
    expect(() => utf8Decode(new Uint8Array([0xff]))).toThrow(TypeError);
    expect(utf8Decode(new Uint8Array([0xef, 0xbb, 0xbf]))).toBe("\ufeff");
  });

  test("equality looks at every byte and at the length", () => {
    expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2]))).toBe(true);
    expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 3]))).toBe(false);
    expect(equalBytes(new Uint8Array([1]), new Uint8Array([1, 0]))).toBe(false);
  });
});
