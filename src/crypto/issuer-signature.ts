import { verify } from "node:crypto";
import type { PublicKey } from "./public-key.ts";

type Scheme = { readonly key: PublicKey["algorithm"]; readonly digest: string | undefined };

// What Go's verifier accepts of what authorities use: neither SHA-1 nor MD5. RSA-PSS is not supported.
const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ["1.2.840.10045.4.3.2", { key: "ecdsa", digest: "sha256" }],
  ["1.2.840.10045.4.3.3", { key: "ecdsa", digest: "sha384" }],
  ["1.2.840.10045.4.3.4", { key: "ecdsa", digest: "sha512" }],
  ["1.2.840.113549.1.1.11", { key: "rsa", digest: "sha256" }],
  ["1.2.840.113549.1.1.12", { key: "rsa", digest: "sha384" }],
  ["1.2.840.113549.1.1.13", { key: "rsa", digest: "sha512" }],
  ["1.3.101.112", { key: "ed25519", digest: undefined }],
]);

/** A signature on a certificate or revocation list: the signed bytes, the algorithm's object identifier, the signature. */
export interface IssuerSignature {
  readonly signed: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

/** Whether the holder of `key` made this signature. False for an algorithm that is not supported or not of the key. */
export function isSignedWith(key: PublicKey, issued: IssuerSignature): boolean {
  const scheme = SCHEMES.get(issued.signatureAlgorithm);
  if (scheme === undefined || key.algorithm === "unknown" || key.algorithm !== scheme.key) {
    return false;
  }
  try {
    return verify(scheme.digest, issued.signed, key.handle, issued.signature);
  } catch {
    // OpenSSL reports some malformed signatures as errors.
    return false;
  }
}

/** Whether this object identifier names an ECDSA signature, also with a digest that is not accepted. */
export function isEcdsaAlgorithm(oid: string): boolean {
  return oid === "1.2.840.10045.4.1" || oid.startsWith("1.2.840.10045.4.3.");
}
