import { createPublicKey, type KeyObject } from "node:crypto";
import { type Curve, curveOfOid } from "./curve.ts";
import { DER_TAG, type DerElement, DerReader, derBitString, derOid, encodeDer } from "./der.ts";
import { CryptoError } from "./errors.ts";

/**
 * A certificate's key, parsed once. Members sign with `ecdsa`; `rsa` and `ed25519` occur as the keys of authorities;
 * `unknown` is any other algorithm, which verifies nothing.
 */
export type PublicKey =
  | { readonly algorithm: "ecdsa"; readonly curve: Curve; readonly handle: KeyObject }
  | { readonly algorithm: "rsa" | "ed25519"; readonly handle: KeyObject }
  | { readonly algorithm: "unknown"; readonly oid: string };

const OID = {
  ecdsa: "1.2.840.10045.2.1",
  rsa: "1.2.840.113549.1.1.1",
  ed25519: "1.3.101.112",
} as const;

const UNCOMPRESSED_POINT = 0x04;

/**
 * The key in a DER SubjectPublicKeyInfo. Throws `CryptoError` ("malformed-key") for a malformed key of a known
 * algorithm: a curve that is not NIST's, a point that is compressed or not on its curve.
 */
export function parsePublicKey(spkiDer: Uint8Array): PublicKey {
  const info = new DerReader(spkiDer).enter(DER_TAG.sequence);
  const algorithm = info.enter(DER_TAG.sequence);
  const oid = algorithm.read(DER_TAG.oid);
  const key = info.read(DER_TAG.bitString);
  switch (derOid(oid)) {
    case OID.ecdsa:
      return parseEcdsaKey(oid, algorithm.read(DER_TAG.oid), key);
    case OID.rsa:
      return { algorithm: "rsa", handle: importKey(spkiDer) };
    case OID.ed25519:
      return { algorithm: "ed25519", handle: importKey(spkiDer) };
    default:
      return { algorithm: "unknown", oid: derOid(oid) };
  }
}

function parseEcdsaKey(oid: DerElement, curveOid: DerElement, key: DerElement): PublicKey {
  const curve = curveOfOid(derOid(curveOid));
  if (curve === undefined) throw malformed("its curve is none of P-224, P-256, P-384, P-521");
  const { bytes, unusedBitCount } = derBitString(key);
  const isUncompressed = bytes[0] === UNCOMPRESSED_POINT && unusedBitCount === 0;
  if (!isUncompressed) throw malformed("its point is not uncompressed");
  // Written anew: OpenSSL refuses further elements in these sequences, which Go, and so Fabric, ignores.
  const algorithm = encodeDer(DER_TAG.sequence, oid.encoded, curveOid.encoded);
  const handle = importKey(encodeDer(DER_TAG.sequence, algorithm, key.encoded));
  return { algorithm: "ecdsa", curve, handle };
}

function importKey(spkiDer: Uint8Array): KeyObject {
  try {
    // Typed as Buffer only, though any Uint8Array will do.
    return createPublicKey({ key: spkiDer as Buffer, format: "der", type: "spki" });
  } catch (error) {
    throw new CryptoError("malformed-key", "malformed public key", { cause: error });
  }
}

function malformed(why: string): CryptoError {
  return new CryptoError("malformed-key", `malformed public key: ${why}`);
}

/**
 * The octets of the subject's key within its SubjectPublicKeyInfo, such as 0x04 ‖ X ‖ Y: what a subject key identifier
 * is a hash of (RFC 7093 §2).
 */
export function publicKeyBits(spkiDer: Uint8Array): Uint8Array {
  const info = new DerReader(spkiDer).enter(DER_TAG.sequence);
  info.read(DER_TAG.sequence);
  return derBitString(info.read(DER_TAG.bitString)).bytes;
}
