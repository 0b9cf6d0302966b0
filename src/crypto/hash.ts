import { createHash, hash } from "node:crypto";
import { JOINED_BYTES_MAX } from "./limits.ts";

const DIGEST_BYTES = 32;

/** SHA-256 of the concatenation of `parts`: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  // In one call, which costs half of three.
  if (only !== undefined && parts.length === 1) return digestOf(only);
  if (isShort(parts)) return digestOf(Buffer.concat(parts));
  const running = createHash("sha256");
  for (const part of parts) running.update(part);
  return new Uint8Array(running.digest());
}

/** As `sha256`, in lower-case hexadecimal: what names a transaction, and the cheapest key of a map that bytes have. */
export function sha256Hex(...parts: readonly Uint8Array[]): string {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return hash("sha256", only, "hex");
  if (isShort(parts)) return hash("sha256", Buffer.concat(parts), "hex");
  const running = createHash("sha256");
  for (const part of parts) running.update(part);
  return running.digest("hex");
}

// By way of text, a unit for each byte: to make a buffer outside the heap and copy it costs twice as much.
function digestOf(bytes: Uint8Array): Uint8Array {
  const text = hash("sha256", bytes, "binary");
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let index = 0; index < DIGEST_BYTES; index += 1) digest[index] = text.charCodeAt(index);
  return digest;
}

function isShort(parts: readonly Uint8Array[]): boolean {
  let length = 0;
  for (const part of parts) length += part.length;
  return length <= JOINED_BYTES_MAX;
}
