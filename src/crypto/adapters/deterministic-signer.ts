import type { KeyObject } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { assert } from "../../kernel/assert.ts";
import type { MessageSigner } from "./message-signer.ts";

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
