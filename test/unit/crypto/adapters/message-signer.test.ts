import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { deterministicMessageSigner } from "../../../../src/crypto/adapters/deterministic-signer.ts";
import { messageSigner } from "../../../../src/crypto/adapters/message-signer.ts";
import {
  CURVES,
  decodeEcdsaSignature,
  isLowS,
  parsePublicKey,
  verifySignature,
} from "../../../../src/crypto/index.ts";
import { fromHex, utf8 } from "../../../../src/kernel/bytes.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const curveOf = (name: string): (typeof CURVES)[number] =>
  CURVES.find((each) => each.name === name)!;

function verify(key: KeyObject, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return verifySignature(parsePublicKey(new Uint8Array(spki)), message, signature);
}

test.prop([fc.uint8Array()], { numRuns: 30 })(
  "both signers' signatures are low-S and valid",
  async (message) => {
    for (const signer of [messageSigner(privateKey), deterministicMessageSigner(privateKey)]) {
      const signature = await signer(message);
      expect(isLowS(signature, curveOf("P-256"))).toBe(true);
      expect(await verify(privateKey, message, signature)).toBe(true);
    }
  },
);

test("P-384 keys sign as well", async () => {
  const key = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
  const signatures = await Promise.all(
    Array.from({ length: 8 }, () => messageSigner(key)(utf8("x"))),
  );
  expect(signatures.every((each) => isLowS(each, curveOf("P-384")))).toBe(true);
  expect(await verify(key, utf8("x"), signatures[0]!)).toBe(true);
});

test("the deterministic signer repeats itself, the other does not", async () => {
  const sign = deterministicMessageSigner(privateKey);
  expect(await sign(utf8("x"))).toEqual(await sign(utf8("x")));
  const random = messageSigner(privateKey);
  expect(await random(utf8("x"))).not.toEqual(await random(utf8("x")));
});

// RFC 6979 §A.2.5: P-256, SHA-256, message "sample". The published s is in the upper half.
test("the deterministic signature is the published one in low-S form", async () => {
  const key = createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      d: base64url("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
      x: base64url("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
      y: base64url("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
    },
  });
  const published = BigInt("0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
  expect(decodeEcdsaSignature(await deterministicMessageSigner(key)(utf8("sample")))).toEqual({
    r: BigInt("0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"),
    s: curveOf("P-256").order - published,
  });
});

function base64url(hex: string): string {
  return Buffer.from(fromHex(hex)!).toString("base64url");
}
