import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import {
  deterministicSignerOf,
  verifySignatureAtOnce,
} from "../../../../src/crypto/adapters/deterministic-signatures.ts";
import { verifySignature, type PublicKey } from "../../../../src/crypto/index.ts";
import { CURVES } from "../../../../src/crypto/curve.ts";

describe("signatures of a simulation", () => {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = utf8(pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string);
  const curve = CURVES.find(({ name }) => name === "P-256")!;
  const key: PublicKey = { algorithm: "ecdsa", handle: pair.publicKey, curve };
  const message = utf8("a block's header");

  test("are the same each time, and production believes them", async () => {
    const signature = await deterministicSignerOf(pem)(message);
    expect(await deterministicSignerOf(pem)(message)).toEqual(signature);
    expect(await verifySignature(key, message, signature)).toBe(true);
    expect(await verifySignatureAtOnce(key, message, signature)).toBe(true);
  });

  test("are refused as production refuses them, and at once", async () => {
    const signature = await deterministicSignerOf(pem)(message);
    for (const wrong of [signature.subarray(1), Uint8Array.of(), utf8("not DER")]) {
      expect(await verifySignatureAtOnce(key, message, wrong)).toBe(false);
    }
    let verdict: boolean | undefined;
    void verifySignatureAtOnce(key, utf8("another message"), signature).then((isValid) => {
      verdict = isValid;
    });
    await Promise.resolve();
    expect(verdict).toBe(false);
  });
});
