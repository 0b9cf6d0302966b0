/** What a certificate says, in the form that X.509 gives it. */
import { isIP } from "node:net";
import { createRequire } from "node:module";
import type * as library from "@peculiar/x509";
import { toHex } from "../../kernel/bytes.ts";
import type { Clock } from "../../kernel/ports/clock.ts";
import type { Random } from "../../kernel/ports/random.ts";
import type { Certificate } from "../certificate.ts";
import { DER_TAG, encodeDer } from "../der.ts";
import type { KeyPair } from "./key-pair.ts";

type X509 = typeof library;

// Loaded by who issues only: every command of a client would wait a tenth of a second for it.
function loadX509(): X509 {
  const require = createRequire(import.meta.url);
  // The library finds its own parts by what this one adds to the language.
  require("reflect-metadata");
  return require("@peculiar/x509") as X509;
}

/** What a key may be used for (RFC 5280 §4.2.1.3), as far as we issue. */
export type KeyUsage = "digitalSignature" | "keyEncipherment" | "keyCertSign" | "cRLSign";

/**
 * What a certificate shall say. The subject's country, state and locality are always those of Fabric's samples.
 * Validity is that of `validity` or ten years from five minutes ago.
 */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organization?: string;
  readonly organizationalUnits?: readonly string[];
  readonly isCa?: boolean;
  /** At least one. */
  readonly keyUsages: readonly KeyUsage[];
  readonly extendedKeyUsages?: readonly string[];
  /** Host names and IP addresses; each is written as what it is. */
  readonly alternativeNames?: readonly string[];
  readonly validity?: { readonly notBeforeMs: number; readonly notAfterMs: number };
}

const MINUTE_MS = 60_000;
const BACKDATED_MS = 5 * MINUTE_MS;
const VALIDITY_MS = 3650 * 24 * 60 * MINUTE_MS;
const SERIAL_BYTES = 16;
// r ‖ s on P-256.
const PLACEHOLDER_BYTES = 64;
/** A certificate (DER) as `issuer`, or nobody but itself, shall sign it. The signature that is in it is none. */
export async function writeUnsigned(
  deps: { readonly clock: Clock; readonly random: Random },
  keys: KeyPair,
  request: CertificateRequest,
  issuer: Certificate | undefined,
): Promise<Uint8Array> {
  const x509 = loadX509();
  const subject = subjectOf(x509, request);
  const { notBeforeMs, notAfterMs } = request.validity ?? defaultValidity(deps.clock);
  const written = await x509.X509CertificateGenerator.create({
    serialNumber: toHex(deps.random.bytes(SERIAL_BYTES)),
    subject,
    issuer: issuer === undefined ? subject : new x509.Name(copyOf(issuer.subjectDer)),
    notBefore: new Date(notBeforeMs),
    notAfter: new Date(notAfterMs),
    publicKey: copyOf(keys.spkiDer),
    extensions: extensionsOf(x509, { keys, request, issuer }),
    signature: new Uint8Array(PLACEHOLDER_BYTES).fill(1),
    signingAlgorithm: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  });
  return new Uint8Array(written.rawData);
}

function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function defaultValidity(clock: Clock): { notBeforeMs: number; notAfterMs: number } {
  const notBeforeMs = Math.round(clock.wallMs() / MINUTE_MS) * MINUTE_MS - BACKDATED_MS;
  return { notBeforeMs, notAfterMs: notBeforeMs + VALIDITY_MS };
}

function subjectOf(x509: X509, request: CertificateRequest): library.Name {
  const organization = request.organization === undefined ? [] : [{ O: [request.organization] }];
  const units = (request.organizationalUnits ?? []).map((unit) => ({ OU: [unit] }));
  return new x509.Name([
    { C: ["US"] },
    { ST: ["California"] },
    { L: ["San Francisco"] },
    ...organization,
    ...units,
    { CN: [request.commonName] },
  ]);
}

interface Contents {
  readonly keys: KeyPair;
  readonly request: CertificateRequest;
  readonly issuer: Certificate | undefined;
}

function extensionsOf(x509: X509, { keys, request, issuer }: Contents): library.Extension[] {
  const isCa = request.isCa === true;
  const usages = request.extendedKeyUsages ?? [];
  const names = request.alternativeNames ?? [];
  const issuerKeyId = issuer?.subjectKeyId;
  return [
    keyUsageExtension(x509, request.keyUsages),
    ...(usages.length > 0 ? [new x509.ExtendedKeyUsageExtension([...usages])] : []),
    new x509.BasicConstraintsExtension(isCa, undefined, true),
    ...(isCa ? [new x509.SubjectKeyIdentifierExtension(toHex(keys.subjectKeyId))] : []),
    ...(issuerKeyId === undefined ? [] : [new x509.AuthorityKeyIdentifierExtension(issuerKeyId)]),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names.map(generalName))] : []),
  ];
}

function generalName(name: string): library.JsonGeneralName {
  return { type: isIP(name) === 0 ? "dns" : "ip", value: name };
}

const KEY_USAGE_OID = "2.5.29.15";
const KEY_USAGE_BITS: Readonly<Record<KeyUsage, number>> = {
  digitalSignature: 0x80,
  keyEncipherment: 0x20,
  keyCertSign: 0x04,
  cRLSign: 0x02,
};

function keyUsageExtension(x509: X509, usages: readonly KeyUsage[]): library.Extension {
  const bits = usages.reduce((all, usage) => all | KEY_USAGE_BITS[usage], 0);
  const unusedBitCount = 31 - Math.clz32(bits & -bits);
  const value = encodeDer(DER_TAG.bitString, new Uint8Array([unusedBitCount, bits]));
  return new x509.Extension(KEY_USAGE_OID, true, copyOf(value));
}
