/**
 * Hashing, verification and what certificates say. Owns X.509 parsing and the ECDSA rules of Fabric;
 * trusts nobody: which authorities count is the business of `msp`. Signing and issuing are adapters.
 */
export { sha256, sha256Hex } from "./hash.ts";
export { CryptoError, type CryptoErrorCode } from "./errors.ts";
export {
  Certificate,
  certificateSpkiDer,
  parseCertificate,
  parsePemCertificate,
} from "./certificate.ts";
export type { CertificateExtensions } from "./certificate-extensions.ts";
export type { DistinguishedName } from "./distinguished-name.ts";
export { type Curve, type CurveName, CURVES } from "./curve.ts";
export {
  decodeEcdsaSignature,
  type EcdsaSignature,
  encodeEcdsaSignature,
  isLowS,
  toLowS,
} from "./ecdsa-signature.ts";
export { decodePem, encodePem, type PemBlock } from "./pem.ts";
export { parsePublicKey, type PublicKey, publicKeyBits } from "./public-key.ts";
export { parseRevocationList, type RevocationList } from "./revocation-list.ts";
export { type SignatureVerifier, verifySignature } from "./verify-signature.ts";
