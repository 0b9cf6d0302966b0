import { verify, type KeyObject } from "node:crypto";
import { canonicalLowS } from "./ecdsa-signature.ts";
import type { PublicKey } from "./public-key.ts";

/** Says whether the holder of `key` signed `message`. In a node always `verifySignature`; simulations have cheaper ones. */
export type SignatureVerifier = (
  key: PublicKey,
  message: Uint8Array,
  signatureDer: Uint8Array,
) => Promise<boolean>;

/**
 * Whether `signatureDer` is an ECDSA signature over SHA-256 of `message` by the holder of `key`, computed off the event loop.
 * False as well for a key of another algorithm, malformed DER and high S (Fabric: one of the two valid forms of a signature
 * is refused, so that nobody but the signer can change an envelope's bytes). `message` must not change until it resolves.
 */
export async function verifySignature(
  key: PublicKey,
  message: Uint8Array,
  signatureDer: Uint8Array,
): Promise<boolean> {
  if (key.algorithm !== "ecdsa") return false;
  // In canonical form: OpenSSL refuses the trailing bytes that Fabric ignores.
  const signature = canonicalLowS(signatureDer, key.curve);
  return signature !== undefined && verifyOffLoop(key.handle, message, signature);
}

function verifyOffLoop(
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve) => {
    verify("sha256", message, key, signature, (error, isValid) => {
      resolve(error === null && isValid);
    });
  });
}
