import type { KeyObject } from "node:crypto";
import type { Clock } from "../../kernel/ports/clock.ts";
import type { Random } from "../../kernel/ports/random.ts";
import { type Certificate, parseCertificate } from "../certificate.ts";
import { encodeCertificate, readCertificateFields } from "../certificate-fields.ts";
import { generateKeyPair, keyPairOf, type KeyPair } from "./key-pair.ts";
import { type MessageSigner, messageSigner } from "./message-signer.ts";
import { readPrivateKey, writePrivateKey } from "./private-key.ts";
import { type CertificateRequest, writeUnsigned } from "./unsigned-certificate.ts";

export type { CertificateRequest, KeyUsage } from "./unsigned-certificate.ts";

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

  /** A further certificate for the key of one, as `issueTls` writes it. */
  renewTls(
    { privateKeyPem }: Pick<IssuedCertificate, "privateKeyPem">,
    name: {
      readonly commonName: string;
      readonly alternativeNames: readonly string[];
      readonly validity: NonNullable<CertificateRequest["validity"]>;
    },
  ): Promise<IssuedCertificate> {
    const keys = keyPairOf(readPrivateKey(privateKeyPem));
    const extendedKeyUsages = [SERVER_AUTH, CLIENT_AUTH];
    const request = { ...name, keyUsages: TLS_USAGES, extendedKeyUsages };
    const issuer = { certificate: this.certificate, sign: this.#sign };
    return issue(this.#deps, keys, request, issuer);
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
