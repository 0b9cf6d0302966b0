import { toHex } from "../kernel/bytes.ts";
import { errorMessage } from "../kernel/error.ts";
import { readAuthorityKeyId, readExtensionList } from "./certificate-extensions.ts";
import { readSerialHex } from "./certificate-fields.ts";
import type { Certificate } from "./certificate.ts";
import { DER_TAG, DerReader, derBitString, derOid } from "./der.ts";
import { CryptoError } from "./errors.ts";
import { type IssuerSignature, isSignedWith } from "./issuer-signature.ts";
import { REVOCATION_LIST_BYTES_MAX } from "./limits.ts";
import { decodePem } from "./pem.ts";

/** A parsed X.509 revocation list (RFC 5280 §5). Its dates are not read: Fabric ignores them. */
export interface RevocationList {
  /** Hexadecimal key identifier of its issuer, if it names one. */
  readonly authorityKeyId: string | undefined;
  /** Revoked serial numbers, as `Certificate.serialHex`. */
  readonly serials: ReadonlySet<string>;
  isIssuedBy(ca: Certificate): boolean;
}

const EXTENSIONS_TAG = 0xa0;
const AUTHORITY_KEY_ID = "2.5.29.35";

/** The list in these bytes, PEM or DER. Throws `CryptoError` ("malformed-revocation-list"). */
export function parseRevocationList(pemOrDer: Uint8Array): RevocationList {
  try {
    if (pemOrDer.length > REVOCATION_LIST_BYTES_MAX) {
      throw new CryptoError("malformed-der", `more than ${REVOCATION_LIST_BYTES_MAX} bytes`);
    }
    return readList(decodePem(pemOrDer)?.bytes ?? pemOrDer);
  } catch (error) {
    const message = `malformed revocation list: ${errorMessage(error)}`;
    throw new CryptoError("malformed-revocation-list", message, { cause: error });
  }
}

function readList(der: Uint8Array): RevocationList {
  const list = new DerReader(der).enter(DER_TAG.sequence);
  const signed = list.read(DER_TAG.sequence);
  const issued: IssuerSignature = {
    signed: signed.encoded,
    signatureAlgorithm: derOid(list.enter(DER_TAG.sequence).read(DER_TAG.oid)),
    signature: derBitString(list.read(DER_TAG.bitString)).bytes,
  };
  return {
    ...readSigned(new DerReader(signed.content)),
    isIssuedBy: (ca: Certificate): boolean => isSignedWith(ca.publicKey, issued),
  };
}

function readSigned(signed: DerReader): Pick<RevocationList, "authorityKeyId" | "serials"> {
  signed.readOptional(DER_TAG.integer);
  signed.read(DER_TAG.sequence);
  signed.read(DER_TAG.sequence);
  while (isTime(signed.nextTag)) signed.readAny();
  const serials = readSerials(signed);
  const extensions = signed.readOptional(EXTENSIONS_TAG);
  if (extensions === undefined) return { serials, authorityKeyId: undefined };
  const found = readExtensionList(new DerReader(extensions.content).enter(DER_TAG.sequence));
  const value = found.find((extension) => extension.oid === AUTHORITY_KEY_ID)?.value;
  const keyId = value && readAuthorityKeyId(value);
  return { serials, authorityKeyId: keyId && toHex(keyId) };
}

function isTime(tag: number | undefined): boolean {
  return tag === DER_TAG.utcTime || tag === DER_TAG.generalizedTime;
}

function readSerials(signed: DerReader): ReadonlySet<string> {
  const serials = new Set<string>();
  const entries = signed.readOptional(DER_TAG.sequence);
  if (entries === undefined) return serials;
  const reader = new DerReader(entries.content);
  while (!reader.isAtEnd) {
    const serial = readSerialHex(reader.enter(DER_TAG.sequence));
    // No certificate has a negative serial number.
    if (serial !== undefined) serials.add(serial);
  }
  return serials;
}
