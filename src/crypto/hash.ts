import { createHash, hash } from "node:crypto";
import { concatBytes } from "../kernel/bytes.ts";
import { JOINED_BYTES_MAX } from "./limits.ts";

/** SHA-256 of the concatenation of `parts`: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  // In one call, which costs half of three.
  if (only !== undefined && parts.length === 1)
    return new Uint8Array(hash("sha256", only, "buffer"));
  if (isShort(parts)) return new Uint8Array(hash("sha256", concatBytes(...parts), "buffer"));
  const running = createHash("sha256");
  for (const part of parts) running.update(part);
  return new Uint8Array(running.digest());
}

/** As `sha256`, in lower-case hexadecimal: what names a transaction, and the cheapest key of a map that bytes have. */
export function sha256Hex(...parts: readonly Uint8Array[]): string {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return hash("sha256", only, "hex");
  if (isShort(parts)) return hash("sha256", concatBytes(...parts), "hex");
  const running = createHash("sha256");
  for (const part of parts) running.update(part);
  return running.digest("hex");
}

function isShort(parts: readonly Uint8Array[]): boolean {
  let length = 0;
  for (const part of parts) length += part.length;
  return length <= JOINED_BYTES_MAX;
}
