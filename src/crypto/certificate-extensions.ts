import { DER_TAG, DerReader, derBitString, derBoolean, derInteger, derOid } from "./der.ts";
import { CryptoError } from "./errors.ts";
import {
  AUTHORITY_INFORMATION_ACCESS,
  checkIrrelevantExtension,
  checkNameConstraints,
  hasKnownAlternativeName,
} from "./rare-extensions.ts";

/** What the extensions of a certificate say about its use (RFC 5280 §4.2.1). Absent extensions leave their defaults. */
export interface CertificateExtensions {
  hasBasicConstraints: boolean;
  isCa: boolean;
  /** Most intermediate certificates that may follow below this one; `undefined` is no limit. */
  pathLengthMax: number | undefined;
  /** `undefined` when the extension is absent or names nothing: then the key may be used for anything. */
  keyUsage: { readonly digitalSignature: boolean; readonly certSign: boolean } | undefined;
  /** Object identifiers; empty when the extension is absent. */
  extendedKeyUsages: readonly string[];
  subjectKeyId: Uint8Array | undefined;
  authorityKeyId: Uint8Array | undefined;
  /** Encoded value of the subject alternative names. */
  subjectAlternativeNames: Uint8Array | undefined;
  hasNameConstraints: boolean;
  /** Critical extensions that are not understood: their certificate must not be relied upon. */
  unhandledCritical: readonly string[];
}

const OID = {
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKeyId: "2.5.29.35",
  policyConstraints: "2.5.29.36",
  extendedKeyUsage: "2.5.29.37",
} as const;

// Those that must not be critical (RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.2.1).
const NEVER_CRITICAL: ReadonlySet<string> = new Set([
  OID.subjectKeyId,
  OID.authorityKeyId,
  AUTHORITY_INFORMATION_ACCESS,
]);

/** The extensions of a certificate that has none. */
export function noExtensions(): CertificateExtensions {
  return {
    hasBasicConstraints: false,
    isCa: false,
    pathLengthMax: undefined,
    keyUsage: undefined,
    extendedKeyUsages: [],
    subjectKeyId: undefined,
    authorityKeyId: undefined,
    subjectAlternativeNames: undefined,
    hasNameConstraints: false,
    unhandledCritical: [],
  };
}

/** Reads the content of an Extensions sequence. Throws `CryptoError` ("malformed-der"), also for one that comes twice. */
export function readCertificateExtensions(list: DerReader): CertificateExtensions {
  const extensions = noExtensions();
  for (const { oid, isCritical, value } of readExtensionList(list)) {
    if (isCritical && NEVER_CRITICAL.has(oid)) {
      throw new CryptoError("malformed-der", `extension ${oid} must not be critical`);
    }
    const isHandled = applyExtension(extensions, oid, value);
    // Fabric evaluates policy constraints, critical or not; we do not, so we rely on no certificate that has them.
    if (isHandled || (!isCritical && oid !== OID.policyConstraints)) continue;
    extensions.unhandledCritical = [...extensions.unhandledCritical, oid];
  }
  return extensions;
}

export interface RawExtension {
  readonly oid: string;
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** The extensions of a certificate or revocation list, undecoded. Throws `CryptoError` ("malformed-der"). */
export function readExtensionList(list: DerReader): readonly RawExtension[] {
  const seen = new Map<string, RawExtension>();
  while (!list.isAtEnd) {
    const extension = list.enter(DER_TAG.sequence);
    const oid = derOid(extension.read(DER_TAG.oid));
    const critical = extension.readOptional(DER_TAG.boolean);
    const value = extension.read(DER_TAG.octetString).content;
    if (seen.has(oid)) throw new CryptoError("malformed-der", `extension ${oid} comes twice`);
    seen.set(oid, { oid, isCritical: critical !== undefined && derBoolean(critical), value });
  }
  return [...seen.values()];
}

// Answers whether the extension is understood.
function applyExtension(into: CertificateExtensions, oid: string, value: Uint8Array): boolean {
  switch (oid) {
    case OID.basicConstraints:
      readBasicConstraints(into, value);
      return true;
    case OID.keyUsage:
      into.keyUsage = readKeyUsage(value);
      return true;
    case OID.extendedKeyUsage:
      into.extendedKeyUsages = readExtendedKeyUsages(value);
      return true;
    case OID.subjectKeyId:
      into.subjectKeyId = new DerReader(value).read(DER_TAG.octetString).content;
      return true;
    case OID.authorityKeyId:
      into.authorityKeyId = readAuthorityKeyId(value);
      return true;
    case OID.subjectAlternativeName:
      into.subjectAlternativeNames = value;
      return hasKnownAlternativeName(value);
    case OID.nameConstraints:
      checkNameConstraints(value);
      into.hasNameConstraints = true;
      return true;
    default:
      return checkIrrelevantExtension(oid, value);
  }
}

function readBasicConstraints(into: CertificateExtensions, value: Uint8Array): void {
  const constraints = new DerReader(value).enter(DER_TAG.sequence);
  const isCa = constraints.readOptional(DER_TAG.boolean);
  const pathLength = constraints.readOptional(DER_TAG.integer);
  into.hasBasicConstraints = true;
  into.isCa = isCa !== undefined && derBoolean(isCa);
  into.pathLengthMax = pathLength && smallInteger(derInteger(pathLength));
}

function smallInteger(content: Uint8Array): number {
  const [first = 0] = content;
  if (first >= 0x80 || content.length > 4) {
    throw new CryptoError("malformed-der", "a path length out of range");
  }
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

function readKeyUsage(value: Uint8Array): CertificateExtensions["keyUsage"] {
  const { bytes } = derBitString(new DerReader(value).read(DER_TAG.bitString));
  const bits = bytes[0] ?? 0;
  const isEmpty = bits === 0 && ((bytes[1] ?? 0) & 0x80) === 0;
  if (isEmpty) return undefined;
  return { digitalSignature: (bits & 0x80) !== 0, certSign: (bits & 0x04) !== 0 };
}

function readExtendedKeyUsages(value: Uint8Array): readonly string[] {
  const list = new DerReader(value).enter(DER_TAG.sequence);
  const usages: string[] = [];
  while (!list.isAtEnd) usages.push(derOid(list.read(DER_TAG.oid)));
  return usages;
}

const KEY_ID_TAG = 0x80;

/** The key identifier in an AuthorityKeyIdentifier, if it has one. Throws `CryptoError` ("malformed-der"). */
export function readAuthorityKeyId(value: Uint8Array): Uint8Array | undefined {
  return new DerReader(value).enter(DER_TAG.sequence).readOptional(KEY_ID_TAG)?.content;
}
