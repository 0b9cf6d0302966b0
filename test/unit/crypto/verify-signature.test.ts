import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  type Curve,
  CURVES,
  decodeEcdsaSignature,
  encodeEcdsaSignature,
  parsePublicKey,
  toLowS,
  verifySignature,
} from "../../../src/crypto/index.ts";
import { DER_TAG, encodeDer } from "../../../src/crypto/der.ts";
import { concatBytes, fromHex, toHex, utf8 } from "../../../src/kernel/bytes.ts";

const message = utf8("pay 5 to bob");

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: "spki", format: "der" }));
}

function highS(signature: Uint8Array, curve: Curve): Uint8Array {
  const { r, s } = decodeEcdsaSignature(toLowS(signature, curve))!;
  return encodeEcdsaSignature({ r, s: curve.order - s });
}

describe.each(["P-256", "P-384", "P-521", "P-224"] as const)("on %s", (namedCurve) => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
  const key = parsePublicKey(spkiOf(publicKey));
  const curve = CURVES.find(({ name }) => name === namedCurve)!;
  const low = toLowS(new Uint8Array(sign("sha256", message, privateKey)), curve);

  test("a low-S signature of the message is valid", async () => {
    expect(await verifySignature(key, message, low)).toBe(true);
  });

  test("its high-S form is refused", async () => {
    expect(await verifySignature(key, message, highS(low, curve))).toBe(false);
  });

  test("it does not hold for another message or another key", async () => {
    const other = generateKeyPairSync("ec", { namedCurve }).publicKey;
    expect(await verifySignature(key, utf8("pay 6 to bob"), low)).toBe(false);
    expect(await verifySignature(parsePublicKey(spkiOf(other)), message, low)).toBe(false);
  });

  test("bytes after it are ignored", async () => {
    expect(await verifySignature(key, message, concatBytes(low, utf8("tail")))).toBe(true);
  });

  test("a signature with any byte of its numbers changed is refused", async () => {
    const { r, s } = decodeEcdsaSignature(low)!;
    const changed = [
      { r: r + 1n, s },
      { r, s: s ^ 1n },
      { r: s, s: r },
    ];
    const verdicts = changed.map((each) =>
      verifySignature(key, message, encodeEcdsaSignature(each)),
    );
    expect(await Promise.all(verdicts)).toEqual([false, false, false]);
  });
});

test("other encodings of a valid signature are refused", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = parsePublicKey(spkiOf(publicKey));
  const low = toHex(toLowS(new Uint8Array(sign("sha256", message, privateKey)), CURVES[0]!));
  const content = low.slice(4);
  const length = content.length / 2;
  const longForm = `3081${length.toString(16)}${content}`;
  const rLength = Number.parseInt(content.slice(2, 4), 16);
  const isPositive = Number.parseInt(content.slice(4, 6), 16) < 0x80;
  expect(isPositive).toBe(true);
  // r already begins with a clear bit, so one more zero octet is too many.
  const padded = `30${hex(length + 1)}02${hex(rLength + 1)}00${content.slice(4)}`;
  expect(await verifySignature(key, message, fromHex(low)!)).toBe(true);
  expect(await verifySignature(key, message, fromHex(longForm)!)).toBe(false);
  expect(await verifySignature(key, message, fromHex(padded)!)).toBe(false);
});

function hex(value: number): string {
  return value.toString(16).padStart(2, "0");
}

test("a key of another algorithm verifies nothing", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const signature = new Uint8Array(sign(null, message, privateKey));
  expect(await verifySignature(parsePublicKey(spkiOf(publicKey)), message, signature)).toBe(false);
});

describe("keys", () => {
  test("a curve that is not NIST's is refused", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
    expect(() => parsePublicKey(spkiOf(publicKey))).toThrow(/curve/);
  });

  test("a point that is not on the curve is refused", () => {
    const spki = spkiOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey);
    spki[spki.length - 1]! ^= 1;
    expect(() => parsePublicKey(spki)).toThrow(/malformed public key/);
  });

  test("a compressed point is refused", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const [point, algorithm] = [spkiOf(publicKey).slice(-64), spkiOf(publicKey).slice(2, 23)];
    const compressed = concatBytes(new Uint8Array([0, 2]), point.slice(0, 32));
    const spki = encodeDer(DER_TAG.sequence, algorithm, encodeDer(DER_TAG.bitString, compressed));
    expect(() => parsePublicKey(spki)).toThrow(/uncompressed/);
  });
});
