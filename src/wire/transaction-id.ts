import { sha256Hex } from "../crypto/index.ts";

/** Fabric: a transaction is named by the lower-case hexadecimal SHA-256 of its nonce followed by its creator. */
export function transactionId(nonce: Uint8Array, creator: Uint8Array): string {
  return sha256Hex(nonce, creator);
}
