import { sha256 } from "../crypto/index.ts";
import { toHex } from "../kernel/bytes.ts";

/** Fabric: a transaction is named by the lower-case hexadecimal SHA-256 of its nonce followed by its creator. */
export function transactionId(nonce: Uint8Array, creator: Uint8Array): string {
  return toHex(sha256(nonce, creator));
}
