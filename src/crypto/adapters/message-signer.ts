import { sign, type KeyObject } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { assert } from "../../kernel/assert.ts";
import { CURVES, type Curve } from "../curve.ts";
import { toLowS } from "../ecdsa-signature.ts";

/** Signs SHA-256 of a message: ECDSA, ASN.1 DER, low S. */
export type MessageSigner = (message: Uint8Array) => Promise<Uint8Array>;

const CURVE_OF_OPENSSL_NAME: ReadonlyMap<string, Curve["name"]> = new Map([
  ["prime256v1", "P-256"],
  ["secp384r1", "P-384"],
]);

/** Signs off the event loop; two signatures of one message differ. `key` is an ECDSA key on P-256 or P-384. */
export function messageSigner(key: KeyObject): MessageSigner {
  const name = CURVE_OF_OPENSSL_NAME.get(key.asymmetricKeyDetails?.namedCurve ?? "");
  const curve = CURVES.find((candidate) => candidate.name === name);
  assert(curve !== undefined, "members sign with P-256 or P-384; readers of keys refuse others");
  return (message) =>
    new Promise((resolve, reject) => {
      sign("sha256", message, key, (error, signature) => {
        if (error !== null) reject(error);
        else resolve(toLowS(new Uint8Array(signature), curve));
      });
    });
}

/**
 * Signs with the nonce of RFC 6979, so that a simulation's blocks have the same bytes on every run. `key` is on P-256.
 * Takes some 1.5 ms of the event loop, thirty times OpenSSL's, and is not hardened against timing: for simulations only.
 */
export function deterministicMessageSigner(key: KeyObject): MessageSigner {
  const scalar = key.export({ format: "jwk" }).d;
  assert(scalar !== undefined, "a private key has its number");
  const secret = new Uint8Array(Buffer.from(scalar, "base64url"));
  return (message) => Promise.resolve(p256.sign(message, secret, { lowS: true, format: "der" }));
}
