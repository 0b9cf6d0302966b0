import { equalBytes, toHex } from "../kernel/bytes.ts";
import { errorMessage } from "../kernel/error.ts";
import type { CertificateExtensions } from "./certificate-extensions.ts";
import {
  type CertificateFields,
  encodeCertificate,
  readCertificateFields,
} from "./certificate-fields.ts";
import type { DistinguishedName } from "./distinguished-name.ts";
import { toLowS } from "./ecdsa-signature.ts";
import { CryptoError } from "./errors.ts";
import { sha256Hex } from "./hash.ts";
import { isEcdsaAlgorithm, isSignedWith } from "./issuer-signature.ts";
import { CERTIFICATE_BYTES_MAX } from "./limits.ts";
import { decodePem, encodePem } from "./pem.ts";
import { parsePublicKey, type PublicKey } from "./public-key.ts";

/** A parsed X.509 certificate. It says what it says; whether to believe it is for its reader to decide. */
export class Certificate {
  readonly der: Uint8Array;
  /** Lower-case hexadecimal SHA-256 of `der`. */
  readonly fingerprint: string;
  readonly publicKey: PublicKey;
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  readonly #fields: CertificateFields;

  /** Throws `CryptoError`; use `parseCertificate`. `der` is kept and must not change. */
  constructor(der: Uint8Array) {
    const fields = readCertificateFields(der);
    this.der = der;
    this.fingerprint = sha256Hex(der);
    this.publicKey = parsePublicKey(fields.spkiDer);
    this.subjectKeyId = optionalHex(fields.extensions.subjectKeyId);
    this.authorityKeyId = optionalHex(fields.extensions.authorityKeyId);
    this.#fields = fields;
  }

  get subject(): DistinguishedName {
    return this.#fields.subject;
  }

  get issuer(): DistinguishedName {
    return this.#fields.issuer;
  }

  /** The encoded names: two names are equal when these bytes are. */
  get subjectDer(): Uint8Array {
    return this.#fields.subjectDer;
  }

  get issuerDer(): Uint8Array {
    return this.#fields.issuerDer;
  }

  /** Lower-case hexadecimal without a sign octet. */
  get serialHex(): string {
    return this.#fields.serialHex;
  }

  /** First and last instant of validity, in milliseconds since the epoch, whole seconds. */
  get notBeforeMs(): number {
    return this.#fields.notBeforeMs;
  }

  get notAfterMs(): number {
    return this.#fields.notAfterMs;
  }

  get spkiDer(): Uint8Array {
    return this.#fields.spkiDer;
  }

  get version(): number {
    return this.#fields.version;
  }

  get extensions(): Readonly<CertificateExtensions> {
    return this.#fields.extensions;
  }

  /** Whether its basic constraints make it an authority. */
  get isCa(): boolean {
    return this.#fields.extensions.isCa;
  }

  get isEcdsaSigned(): boolean {
    return isEcdsaAlgorithm(this.#fields.signatureAlgorithm);
  }

  /** In PEM, 64 characters a line. */
  get pem(): Uint8Array {
    return encodePem("CERTIFICATE", this.der);
  }

  /** Whether it names `ca` as its issuer and `ca`'s key made its signature. Whether `ca` may issue is not asked. */
  isIssuedBy(ca: Certificate): boolean {
    return equalBytes(this.issuerDer, ca.subjectDer) && this.isSignedBy(ca);
  }

  /** Whether `ca`'s key made its signature, whatever name it gives its issuer. */
  isSignedBy(ca: Certificate): boolean {
    return isSignedWith(ca.publicKey, this.#fields);
  }

  /**
   * This certificate with its issuer's signature in low-S form; itself when the signature has that form or is not ECDSA.
   * An ECDSA signature has two valid forms, so two certificates can differ in nothing else: Fabric compares this form.
   * Throws `CryptoError` ("malformed-signature") if `issuer` cannot have issued it.
   */
  withLowS(issuer: Certificate): Certificate {
    const key = issuer.publicKey;
    if (!this.isEcdsaSigned || key.algorithm !== "ecdsa") return this;
    const signature = toLowS(this.#fields.signature, key.curve);
    if (signature === this.#fields.signature) return this;
    return new Certificate(encodeCertificate({ ...this.#fields, signature }));
  }
}

function optionalHex(bytes: Uint8Array | undefined): string | undefined {
  return bytes && toHex(bytes);
}

const SEQUENCE = 0x30;

/**
 * The certificate in these bytes: DER, or text whose first PEM block is taken whatever its label, as Fabric does.
 * The bytes are copied. Throws `CryptoError` ("malformed-certificate").
 */
export function parseCertificate(pemOrDer: Uint8Array): Certificate {
  return pemOrDer[0] === SEQUENCE ? parseDer(pemOrDer.slice()) : parsePemCertificate(pemOrDer);
}

/** As `parseCertificate`, for PEM only. */
export function parsePemCertificate(pem: Uint8Array): Certificate {
  return parseDer(pemBytes(pem));
}

function pemBytes(pem: Uint8Array): Uint8Array {
  const block = isTooLarge(pem) ? undefined : decodePem(pem);
  if (block === undefined) throw malformed(pem, sizeOr(pem, "it has no PEM block"));
  return block.bytes;
}

/**
 * The SubjectPublicKeyInfo of the certificate in these bytes, as `parseCertificate` reads them, for comparing: whether it is a key
 * at all is not looked at, which is most of the work. Throws `CryptoError` ("malformed-certificate").
 */
export function certificateSpkiDer(pemOrDer: Uint8Array): Uint8Array {
  const der = pemOrDer[0] === SEQUENCE ? pemOrDer : pemBytes(pemOrDer);
  return readOf(der, () => readCertificateFields(der).spkiDer);
}

function parseDer(der: Uint8Array): Certificate {
  return readOf(der, () => new Certificate(der));
}

function readOf<T>(der: Uint8Array, read: () => T): T {
  if (isTooLarge(der)) throw malformed(der, sizeOr(der, ""));
  try {
    return read();
  } catch (error) {
    throw malformed(der, errorMessage(error), error);
  }
}

function isTooLarge(bytes: Uint8Array): boolean {
  return bytes.length > CERTIFICATE_BYTES_MAX;
}

function sizeOr(bytes: Uint8Array, why: string): string {
  return isTooLarge(bytes) ? `more than ${CERTIFICATE_BYTES_MAX} bytes` : why;
}

function malformed(bytes: Uint8Array, why: string, cause?: unknown): CryptoError {
  const message = `malformed certificate of ${bytes.length} bytes: ${why}`;
  return new CryptoError("malformed-certificate", message, {
    data: { length: bytes.length },
    cause,
  });
}
