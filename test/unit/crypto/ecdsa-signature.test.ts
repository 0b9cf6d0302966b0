import { describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import {
  CURVES,
  CryptoError,
  decodeEcdsaSignature,
  encodeEcdsaSignature,
  isLowS,
  toLowS,
} from "../../../src/crypto/index.ts";
import { concatBytes, fromHex } from "../../../src/kernel/bytes.ts";

const curve = CURVES.find(({ name }) => name === "P-256")!;
const P256_HALF_ORDER = BigInt(
  "0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8",
);

test("the half order of P-256 is the published one", () => {
  expect(curve.halfOrder).toBe(P256_HALF_ORDER);
});

test.each([
  ["P-256", p256],
  ["P-384", p384],
  ["P-521", p521],
] as const)("the order of %s is that of another implementation", (name, other) => {
  expect(CURVES.find((each) => each.name === name)?.order).toBe(other.Point.Fn.ORDER);
});

const number = fc.bigInt({ min: 1n, max: curve.order - 1n });

test.prop([number, number])("a signature is read back as it was written", (r, s) => {
  expect(decodeEcdsaSignature(encodeEcdsaSignature({ r, s }))).toEqual({ r, s });
});

test.prop([number, number])("of the two forms of a signature exactly one is low", (r, s) => {
  const one = encodeEcdsaSignature({ r, s });
  const other = encodeEcdsaSignature({ r, s: curve.order - s });
  expect(isLowS(one, curve)).not.toBe(isLowS(other, curve));
  expect(toLowS(one, curve)).toEqual(toLowS(other, curve));
  expect(isLowS(toLowS(one, curve), curve)).toBe(true);
});

test("s at half the order is low, the next one is not", () => {
  expect(isLowS(encodeEcdsaSignature({ r: 1n, s: P256_HALF_ORDER }), curve)).toBe(true);
  expect(isLowS(encodeEcdsaSignature({ r: 1n, s: P256_HALF_ORDER + 1n }), curve)).toBe(false);
});

describe.each(CURVES)("on $name", ({ order, halfOrder, ...rest }) => {
  const onCurve = { order, halfOrder, ...rest };
  const near = fc.bigInt({ min: -300n, max: 300n }).map((step) => halfOrder + step);
  const any = fc.bigInt({ min: 1n, max: order - 1n });
  const small = fc.bigInt({ min: 1n, max: 70_000n });

  test.prop([any, fc.oneof(near, any, small), fc.uint8Array({ maxLength: 5 })])(
    "s is low when it is at most half the order, whatever follows",
    (r, s, tail) => {
      const signature = encodeEcdsaSignature({ r, s });
      const followed = concatBytes(signature, tail);
      expect(isLowS(followed, onCurve)).toBe(s <= halfOrder);
      const low = s <= halfOrder ? s : order - s;
      expect(toLowS(followed, onCurve)).toEqual(encodeEcdsaSignature({ r, s: low }));
    },
  );
});

test("a low signature stays the same bytes", () => {
  const low = encodeEcdsaSignature({ r: 5n, s: 7n });
  expect(toLowS(low, curve)).toBe(low);
});

describe("what is not a signature", () => {
  test.each([
    ["nothing", ""],
    ["an empty sequence", "3000"],
    ["one number", "3003020101"],
    ["r zero", "3006020100020101"],
    ["s zero", "3006020101020100"],
    ["a negative r", "30060201ff020101"],
    ["a padded r", "300702020001020101"],
    ["a long-form length", "308106020101020101"],
    ["an octet string for s", "3006020101040101"],
    ["a set", "3106020101020101"],
    ["a truncated s", "30060201010202"],
    ["a number of 100 bytes", `306a0264${"7f".repeat(100)}020101`],
  ])("%s is refused", (_what, hex) => {
    const bytes = fromHex(hex)!;
    expect(decodeEcdsaSignature(bytes)).toBeUndefined();
    expect(isLowS(bytes, curve)).toBe(false);
    expect(() => toLowS(bytes, curve)).toThrow(CryptoError);
  });

  test("s beyond the order has no low form", () => {
    const beyond = encodeEcdsaSignature({ r: 1n, s: curve.order });
    expect(() => toLowS(beyond, curve)).toThrow(/P-256/);
  });

  test.prop([fc.uint8Array({ maxLength: 100 })])("random bytes are read or refused", (bytes) => {
    expect(() => decodeEcdsaSignature(bytes)).not.toThrow();
  });
});

test("bytes after the sequence and after s are ignored, as Fabric's verifier does", () => {
  const signature = encodeEcdsaSignature({ r: 5n, s: 7n });
  expect(decodeEcdsaSignature(concatBytes(signature, fromHex("00ff")!))).toEqual({ r: 5n, s: 7n });
  expect(decodeEcdsaSignature(fromHex("3009 020105 020107 020109".replaceAll(" ", ""))!)).toEqual({
    r: 5n,
    s: 7n,
  });
});
