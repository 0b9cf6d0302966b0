import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { generateKeyPair } from "../../../../src/crypto/adapters/key-pair.ts";
import { readPrivateKey, writePrivateKey } from "../../../../src/crypto/adapters/private-key.ts";
import { CryptoError, publicKeyBits, sha256 } from "../../../../src/crypto/index.ts";
import { utf8, utf8Decode } from "../../../../src/kernel/bytes.ts";
import { seededRandom } from "../ports.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (type: "pkcs8" | "sec1", passphrase?: string): Uint8Array => {
  const cipher = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return utf8(privateKey.export({ type, format: "pem", ...cipher }).toString());
};
const isTheKey = (key: KeyObject): boolean => key.equals(privateKey);

test("PKCS#8 and SEC 1 are read", () => {
  expect(isTheKey(readPrivateKey(pem("pkcs8")))).toBe(true);
  expect(isTheKey(readPrivateKey(pem("sec1")))).toBe(true);
});

test("what is written is PKCS#8 and is read back", () => {
  const written = writePrivateKey(privateKey);
  expect(utf8Decode(written)).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(isTheKey(readPrivateKey(written))).toBe(true);
});

describe("an encrypted key", () => {
  test("is opened by its passphrase", () => {
    expect(isTheKey(readPrivateKey(pem("pkcs8", "open sesame"), "open sesame"))).toBe(true);
  });

  test("needs one", () => {
    const read = (): unknown => readPrivateKey(pem("pkcs8", "open sesame"));
    expect(read).toThrow(/encrypted: give its passphrase/);
  });

  test.each(["", "open", "open sesame "])("is not opened by %j", (passphrase) => {
    const read = (): unknown => readPrivateKey(pem("pkcs8", "open sesame"), passphrase);
    expect(read).toThrow(expect.objectContaining({ code: "wrong-passphrase" }));
  });
});

test.each([
  ["nothing", ""],
  ["a truncated key", utf8Decode(pem("pkcs8")).slice(0, 80)],
  ["a key of random base64", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
  [
    "a container of random base64",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
  ],
])("%s is refused", (_what, text) => {
  expect(() => readPrivateKey(utf8(text), "x")).toThrow(CryptoError);
});

describe("generated keys", () => {
  test("are the same for the same draws", () => {
    const [one, same, other] = [1, 1, 2].map((seed) => generateKeyPair(seededRandom(seed)));
    expect(one?.spkiDer).toEqual(same?.spkiDer);
    expect(one?.spkiDer).not.toEqual(other?.spkiDer);
  });

  test("are on P-256 and identified by the hash of their point", () => {
    const keys = generateKeyPair(seededRandom(3));
    expect(keys.privateKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    const point = publicKeyBits(keys.spkiDer);
    expect([point[0], point.length]).toEqual([4, 65]);
    expect(keys.subjectKeyId).toEqual(sha256(point));
  });

  test("the extremes of the source give valid keys", () => {
    for (const byte of [0x00, 0xff]) {
      const random = { ...seededRandom(0), bytes: (n: number) => new Uint8Array(n).fill(byte) };
      expect(generateKeyPair(random).spkiDer.length).toBe(91);
    }
  });
});
