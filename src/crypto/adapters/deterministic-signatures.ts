/** ECDSA for simulations: the same signature of the same message each time, made and checked within microtasks. */
import { createPrivateKey, verify } from "node:crypto";
import { canonicalLowS } from "../ecdsa-signature.ts";
import type { SignatureVerifier } from "../verify-signature.ts";
import { deterministicMessageSigner } from "./deterministic-signer.ts";
import type { MessageSigner } from "./message-signer.ts";

/** `privateKeyPem` is of a key on P-256. */
export function deterministicSignerOf(privateKeyPem: Uint8Array): MessageSigner {
  return deterministicMessageSigner(createPrivateKey(Buffer.from(privateKeyPem)));
}

/** Judges as `verifySignature` does, on the event loop. */
export const verifySignatureAtOnce: SignatureVerifier = (key, message, signatureDer) => {
  if (key.algorithm !== "ecdsa") return Promise.resolve(false);
  const signature = canonicalLowS(signatureDer, key.curve);
  const isValid = signature !== undefined && verify("sha256", message, key.handle, signature);
  return Promise.resolve(isValid);
};
