import { equalBytes, toHex } from "../kernel/bytes.ts";
import {
  type CertificateExtensions,
  noExtensions,
  readCertificateExtensions,
} from "./certificate-extensions.ts";
import {
  DER_TAG,
  DerReader,
  derBitString,
  derInteger,
  derOid,
  derTimeMs,
  encodeDer,
} from "./der.ts";
import { type DistinguishedName, readDistinguishedName } from "./distinguished-name.ts";
import { CryptoError } from "./errors.ts";

/** The parts of a certificate (RFC 5280 §4.1), each byte field a view into what was read. */
export interface CertificateFields {
  /** What the issuer signed: the encoded TBSCertificate. */
  readonly signed: Uint8Array;
  /** Encoded AlgorithmIdentifier of the signature, and its object identifier. */
  readonly signatureAlgorithmDer: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
  readonly version: number;
  readonly serialHex: string;
  readonly issuerDer: Uint8Array;
  readonly issuer: DistinguishedName;
  readonly subjectDer: Uint8Array;
  readonly subject: DistinguishedName;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly spkiDer: Uint8Array;
  readonly extensions: CertificateExtensions;
}

const CONTEXT = { version: 0xa0, extensions: 0xa3 } as const;
const UNIQUE_ID_TAGS = [0x81, 0x82] as const;

/** Reads one DER certificate with nothing after it. Throws `CryptoError` ("malformed-der"). */
export function readCertificateFields(der: Uint8Array): CertificateFields {
  const outer = new DerReader(der);
  const certificate = outer.enter(DER_TAG.sequence);
  outer.expectEnd();
  const signed = certificate.read(DER_TAG.sequence);
  const algorithm = certificate.read(DER_TAG.sequence);
  const signature = derBitString(certificate.read(DER_TAG.bitString));
  if (signature.unusedBitCount !== 0) throw malformed("its signature is not whole bytes");
  return {
    signed: signed.encoded,
    signatureAlgorithmDer: algorithm.encoded,
    signatureAlgorithm: derOid(new DerReader(algorithm.content).read(DER_TAG.oid)),
    signature: signature.bytes,
    ...readSigned(new DerReader(signed.content), algorithm.encoded),
  };
}

type SignedFields = Omit<
  CertificateFields,
  "signed" | "signatureAlgorithmDer" | "signatureAlgorithm" | "signature"
>;

function readSigned(signed: DerReader, outerAlgorithm: Uint8Array): SignedFields {
  const version = readVersion(signed);
  const serialHex = readSerial(signed);
  if (!equalBytes(signed.read(DER_TAG.sequence).encoded, outerAlgorithm)) {
    throw malformed("its two signature algorithms differ");
  }
  const issuer = signed.read(DER_TAG.sequence);
  const validity = signed.enter(DER_TAG.sequence);
  const notBeforeMs = derTimeMs(validity.readAny());
  const notAfterMs = derTimeMs(validity.readAny());
  const subject = signed.read(DER_TAG.sequence);
  const spkiDer = signed.read(DER_TAG.sequence).encoded;
  for (const tag of UNIQUE_ID_TAGS) signed.readOptional(tag);
  return {
    version,
    serialHex,
    issuerDer: issuer.encoded,
    issuer: readDistinguishedName(new DerReader(issuer.content)),
    subjectDer: subject.encoded,
    subject: readDistinguishedName(new DerReader(subject.content)),
    notBeforeMs,
    notAfterMs,
    spkiDer,
    extensions: version === 3 ? readExtensions(signed) : noExtensions(),
  };
}

function readVersion(signed: DerReader): number {
  const explicit = signed.readOptional(CONTEXT.version);
  if (explicit === undefined) return 1;
  const content = derInteger(new DerReader(explicit.content).read(DER_TAG.integer));
  const version = (content[0] ?? 0) + 1;
  if (content.length !== 1 || version > 3) throw malformed("its version is not 1, 2 or 3");
  return version;
}

function readSerial(signed: DerReader): string {
  const serial = readSerialHex(signed);
  if (serial === undefined) throw malformed("its serial number is negative");
  return serial;
}

/** Lower-case hexadecimal of the next INTEGER without its sign octet, or `undefined` when it is negative. */
export function readSerialHex(reader: DerReader): string | undefined {
  const content = derInteger(reader.read(DER_TAG.integer));
  if ((content[0] ?? 0) >= 0x80) return undefined;
  const isSignOctet = content[0] === 0 && content.length > 1;
  return toHex(isSignOctet ? content.subarray(1) : content);
}

function readExtensions(signed: DerReader): CertificateExtensions {
  const explicit = signed.readOptional(CONTEXT.extensions);
  if (explicit === undefined) return noExtensions();
  return readCertificateExtensions(new DerReader(explicit.content).enter(DER_TAG.sequence));
}

/** The certificate of these parts: what was signed, how, and the signature. */
export function encodeCertificate(parts: {
  readonly signed: Uint8Array;
  readonly signatureAlgorithmDer: Uint8Array;
  readonly signature: Uint8Array;
}): Uint8Array {
  const signature = encodeDer(DER_TAG.bitString, new Uint8Array([0]), parts.signature);
  return encodeDer(DER_TAG.sequence, parts.signed, parts.signatureAlgorithmDer, signature);
}

function malformed(why: string): CryptoError {
  return new CryptoError("malformed-der", `malformed certificate: ${why}`);
}
