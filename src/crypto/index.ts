/** Hashing and verification; signing and keys are adapters behind a port. */
export { sha256 } from "./hash.ts";
