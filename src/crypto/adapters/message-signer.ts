import { sign, type KeyObject } from "node:crypto";
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
