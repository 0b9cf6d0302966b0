import { expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { sha256, sha256Hex } from "../../../src/crypto/index.ts";
import { concatBytes, toHex, utf8 } from "../../../src/kernel/bytes.ts";

// FIPS 180-2, appendix B.1.
test("the hash of abc is the published one", () => {
  expect(toHex(sha256(utf8("abc")))).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test.prop([fc.array(fc.uint8Array())])("parts hash as their concatenation", (parts) => {
  expect(sha256(...parts)).toEqual(sha256(concatBytes(...parts)));
});

test.prop([fc.array(fc.uint8Array())])("in hexadecimal it is the same hash", (parts) => {
  expect(sha256Hex(...parts)).toBe(toHex(sha256(...parts)));
});

test("parts too long to be joined hash as their concatenation", () => {
  const part = new Uint8Array(5_000).fill(3);
  expect(sha256Hex(part, part)).toBe(toHex(sha256(concatBytes(part, part))));
});

test("the result is a plain byte array", () => {
  expect(Buffer.isBuffer(sha256())).toBe(false);
  expect(sha256().length).toBe(32);
});
