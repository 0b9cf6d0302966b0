import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { encodePem } from "../../../src/crypto/index.ts";
import { CREATED_MS } from "./organization.ts";

type KeyPair = webcrypto.CryptoKeyPair;

/** A certificate with its keys, of a shape that our own authority does not issue. */
export interface OddCertificate {
  readonly name: string;
  readonly keys: KeyPair;
  readonly pem: Uint8Array;
}

export interface OddRequest {
  readonly name: string;
  readonly issuer?: OddCertificate;
  /** Of an earlier certificate, for a second one for the same key. */
  readonly keys?: KeyPair;
  readonly algorithm?: "ecdsa" | "ecdsa-p384" | "rsa" | "ed25519";
  readonly hash?: "SHA-1" | "SHA-256" | "SHA-384";
  /** An authority's path length limit; `undefined` with `isCa` is none. */
  readonly isCa?: boolean;
  readonly pathLengthMax?: number;
  readonly units?: readonly string[];
  readonly extensions?: readonly x509.Extension[];
  readonly usages?: x509.KeyUsageFlags;
}

const ALGORITHMS = {
  ecdsa: { name: "ECDSA", namedCurve: "P-256" },
  "ecdsa-p384": { name: "ECDSA", namedCurve: "P-384" },
  rsa: {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  },
  ed25519: { name: "Ed25519" },
} as const;

export async function issueOdd(request: OddRequest): Promise<OddCertificate> {
  const { name, issuer, isCa = false } = request;
  const keys = request.keys ?? (await generateKeys(request.algorithm ?? "ecdsa"));
  const units = (request.units ?? []).map((unit) => `, OU=${unit}`).join("");
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: "0102",
    subject: `CN=${name}${units}`,
    issuer: `CN=${issuer?.name ?? name}`,
    notBefore: new Date(CREATED_MS),
    notAfter: new Date(CREATED_MS + 1e11),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: { name: "ECDSA", hash: request.hash ?? "SHA-256" },
    extensions: [
      new x509.BasicConstraintsExtension(isCa, request.pathLengthMax, true),
      ...(request.usages === undefined ? [] : [new x509.KeyUsagesExtension(request.usages, true)]),
      ...(isCa ? [await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)] : []),
      ...(request.extensions ?? []),
    ],
  });
  return { name, keys, pem: encodePem("CERTIFICATE", new Uint8Array(certificate.rawData)) };
}

async function generateKeys(algorithm: keyof typeof ALGORITHMS): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHMS[algorithm], true, ["sign", "verify"]);
  return keys as KeyPair;
}
