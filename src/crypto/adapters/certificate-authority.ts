import "reflect-metadata";
import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { toHex } from "../../kernel/bytes.ts";
import type { Clock } from "../../kernel/ports/clock.ts";
import type { Random } from "../../kernel/ports/random.ts";
import { type Certificate, parseCertificate } from "../certificate.ts";
import { DER_TAG, encodeDer } from "../der.ts";
import { encodeCertificate, readCertificateFields } from "../certificate-fields.ts";
import { generateKeyPair, type KeyPair } from "./key-pair.ts";
import { type MessageSigner, messageSigner } from "./message-signer.ts";
import { readPrivateKey, writePrivateKey } from "./private-key.ts";

/** `signerOf` makes the signer of an authority's key; OpenSSL's by default. With a deterministic one, all bytes repeat. */
export interface AuthorityDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly signerOf?: (key: KeyObject) => MessageSigner;
}

/** A certificate and its private key (PKCS#8), both in PEM. */
export interface IssuedCertificate {
  readonly certificate: Certificate;
  readonly certificatePem: Uint8Array;
  readonly privateKeyPem: Uint8Array;
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
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

const TLS_USAGES = ["digitalSignature", "keyEncipherment"] as const;
const CA_USAGES = [...TLS_USAGES, "keyCertSign", "cRLSign"] as const;

/** Issues P-256 certificates with the fields that Fabric's cryptogen gives them. */
export class CertificateAuthority implements IssuedCertificate {
  readonly certificate: Certificate;
  readonly certificatePem: Uint8Array;
  readonly privateKeyPem: Uint8Array;
  readonly #deps: AuthorityDeps;
  readonly #sign: MessageSigner;

  private constructor(deps: AuthorityDeps, issued: IssuedCertificate, key: KeyObject) {
    this.#deps = deps;
    this.certificate = issued.certificate;
    this.certificatePem = issued.certificatePem;
    this.privateKeyPem = issued.privateKeyPem;
    this.#sign = signerOf(deps, key);
  }

  /** An authority that signs its own certificate, named such as `ca.org1.example.com` of `org1.example.com`. */
  static async createRoot(
    deps: AuthorityDeps,
    name: {
      readonly commonName: string;
      readonly organization: string;
      readonly validity?: CertificateRequest["validity"];
    },
  ): Promise<CertificateAuthority> {
    const keys = generateKeyPair(deps.random);
    const sign = signerOf(deps, keys.privateKey);
    const issued = await issue(deps, keys, caRequest(name), { certificate: undefined, sign });
    return new CertificateAuthority(deps, issued, keys.privateKey);
  }

  /** The authority of stored material. Throws `CryptoError` when it is malformed. */
  static load(
    deps: AuthorityDeps,
    stored: { readonly certificatePem: Uint8Array; readonly privateKeyPem: Uint8Array },
  ): CertificateAuthority {
    const issued = { ...stored, certificate: parseCertificate(stored.certificatePem) };
    return new CertificateAuthority(deps, issued, readPrivateKey(stored.privateKeyPem));
  }

  /** An authority below this one. */
  async createIntermediate(name: {
    readonly commonName: string;
    readonly organization: string;
  }): Promise<CertificateAuthority> {
    const issued = await this.issue(caRequest(name));
    const key = readPrivateKey(issued.privateKeyPem);
    return new CertificateAuthority(this.#deps, issued, key);
  }

  /** A member's certificate: its organizational units say its role (`client`, `peer`, `admin`, `orderer`). */
  issueIdentity(name: {
    readonly commonName: string;
    readonly organizationalUnits: readonly string[];
  }): Promise<IssuedCertificate> {
    return this.issue({ ...name, keyUsages: ["digitalSignature"] });
  }

  /** A certificate for both ends of TLS, for the host names and addresses in `alternativeNames`. */
  issueTls(name: {
    readonly commonName: string;
    readonly alternativeNames: readonly string[];
  }): Promise<IssuedCertificate> {
    const extendedKeyUsages = [SERVER_AUTH, CLIENT_AUTH];
    return this.issue({ ...name, keyUsages: TLS_USAGES, extendedKeyUsages });
  }

  /** Any certificate, for a fresh key. */
  issue(request: CertificateRequest): Promise<IssuedCertificate> {
    const issuer = { certificate: this.certificate, sign: this.#sign };
    return issue(this.#deps, generateKeyPair(this.#deps.random), request, issuer);
  }
}

function signerOf(deps: AuthorityDeps, key: KeyObject): MessageSigner {
  return (deps.signerOf ?? messageSigner)(key);
}

function caRequest(name: {
  readonly commonName: string;
  readonly organization: string;
}): CertificateRequest {
  const extendedKeyUsages = [CLIENT_AUTH, SERVER_AUTH];
  return { ...name, isCa: true, keyUsages: CA_USAGES, extendedKeyUsages };
}

interface Issuer {
  /** Absent for a certificate that signs itself. */
  readonly certificate: Certificate | undefined;
  readonly sign: MessageSigner;
}

async function issue(
  deps: AuthorityDeps,
  keys: KeyPair,
  request: CertificateRequest,
  issuer: Issuer,
): Promise<IssuedCertificate> {
  const unsigned = await writeUnsigned(deps, keys, request, issuer.certificate);
  const fields = readCertificateFields(unsigned);
  const signature = await issuer.sign(fields.signed);
  const certificate = parseCertificate(encodeCertificate({ ...fields, signature }));
  const privateKeyPem = writePrivateKey(keys.privateKey);
  return { certificate, certificatePem: certificate.pem, privateKeyPem };
}

// The library writes; the signature in it is none. Ours goes in its place, from whatever signer there is.
async function writeUnsigned(
  deps: AuthorityDeps,
  keys: KeyPair,
  request: CertificateRequest,
  issuer: Certificate | undefined,
): Promise<Uint8Array> {
  const subject = subjectOf(request);
  const { notBeforeMs, notAfterMs } = request.validity ?? defaultValidity(deps.clock);
  const written = await x509.X509CertificateGenerator.create({
    serialNumber: toHex(deps.random.bytes(SERIAL_BYTES)),
    subject,
    issuer: issuer === undefined ? subject : new x509.Name(copyOf(issuer.subjectDer)),
    notBefore: new Date(notBeforeMs),
    notAfter: new Date(notAfterMs),
    publicKey: copyOf(keys.spkiDer),
    extensions: extensionsOf(keys, request, issuer),
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

function subjectOf(request: CertificateRequest): x509.Name {
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

function extensionsOf(
  keys: KeyPair,
  request: CertificateRequest,
  issuer: Certificate | undefined,
): x509.Extension[] {
  const isCa = request.isCa === true;
  const usages = request.extendedKeyUsages ?? [];
  const names = request.alternativeNames ?? [];
  const issuerKeyId = issuer?.subjectKeyId;
  return [
    keyUsageExtension(request.keyUsages),
    ...(usages.length > 0 ? [new x509.ExtendedKeyUsageExtension([...usages])] : []),
    new x509.BasicConstraintsExtension(isCa, undefined, true),
    ...(isCa ? [new x509.SubjectKeyIdentifierExtension(toHex(keys.subjectKeyId))] : []),
    ...(issuerKeyId === undefined ? [] : [new x509.AuthorityKeyIdentifierExtension(issuerKeyId)]),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names.map(generalName))] : []),
  ];
}

function generalName(name: string): x509.JsonGeneralName {
  return { type: isIP(name) === 0 ? "dns" : "ip", value: name };
}

const KEY_USAGE_OID = "2.5.29.15";
const KEY_USAGE_BITS: Readonly<Record<KeyUsage, number>> = {
  digitalSignature: 0x80,
  keyEncipherment: 0x20,
  keyCertSign: 0x04,
  cRLSign: 0x02,
};

function keyUsageExtension(usages: readonly KeyUsage[]): x509.Extension {
  const bits = usages.reduce((all, usage) => all | KEY_USAGE_BITS[usage], 0);
  const unusedBitCount = 31 - Math.clz32(bits & -bits);
  const value = encodeDer(DER_TAG.bitString, new Uint8Array([unusedBitCount, bits]));
  return new x509.Extension(KEY_USAGE_OID, true, copyOf(value));
}
