import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  type AuthorityDeps,
  CertificateAuthority,
} from "../../../../src/crypto/adapters/certificate-authority.ts";
import { deterministicMessageSigner } from "../../../../src/crypto/adapters/deterministic-signer.ts";
import { parseCertificate } from "../../../../src/crypto/index.ts";
import { seededRandom, stoppedClock } from "../ports.ts";

const NOW_MS = Date.UTC(2026, 10, 23, 12, 34, 40);
const DAY_MS = 86_400_000;

function deps(seed = 1): AuthorityDeps {
  return { clock: stoppedClock(NOW_MS), random: seededRandom(seed) };
}

const name = { commonName: "ca.org1.example.com", organization: "org1.example.com" };

describe("a root authority", () => {
  test("has cryptogen's fields", async () => {
    const { certificate } = await CertificateAuthority.createRoot(deps(), name);
    expect(certificate.subject).toEqual({
      commonName: "ca.org1.example.com",
      organizations: ["org1.example.com"],
      organizationalUnits: [],
    });
    expect(certificate.subjectDer).toEqual(certificate.issuerDer);
    expect(certificate.extensions).toMatchObject({
      isCa: true,
      pathLengthMax: undefined,
      keyUsage: { digitalSignature: true, certSign: true },
      extendedKeyUsages: ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"],
      authorityKeyId: undefined,
      unhandledCritical: [],
    });
    expect(certificate.subjectKeyId).toMatch(/^[0-9a-f]{64}$/);
    expect(certificate.isIssuedBy(certificate)).toBe(true);
  });

  test("is valid from five minutes before the rounded minute for 3650 days", async () => {
    const { certificate } = await CertificateAuthority.createRoot(deps(), name);
    expect(new Date(certificate.notBeforeMs).toISOString()).toBe("2026-11-23T12:30:00.000Z");
    expect(certificate.notAfterMs - certificate.notBeforeMs).toBe(3650 * DAY_MS);
  });

  test("is the same for the same seed when it signs deterministically, and another for another", async () => {
    const create = (seed: number): Promise<CertificateAuthority> =>
      CertificateAuthority.createRoot(
        { ...deps(seed), signerOf: deterministicMessageSigner },
        name,
      );
    const [first, again, other] = await Promise.all([create(1), create(1), create(2)]);
    expect(first.certificatePem).toEqual(again.certificatePem);
    expect(first.privateKeyPem).toEqual(again.privateKeyPem);
    expect(first.certificatePem).not.toEqual(other.certificatePem);
  });

  test("goes on issuing after it has been stored and loaded", async () => {
    const ca = await CertificateAuthority.createRoot(deps(), name);
    const loaded = CertificateAuthority.load(deps(2), ca);
    const member = { commonName: "User1@org1.example.com", organizationalUnits: ["client"] };
    const { certificate } = await loaded.issueIdentity(member);
    expect(certificate.isIssuedBy(ca.certificate)).toBe(true);
  });
});

describe("what it issues", () => {
  test("a member's certificate has its unit, no usages beyond signing and no names", async () => {
    const ca = await CertificateAuthority.createRoot(deps(), name);
    const member = { commonName: "Admin@org1.example.com", organizationalUnits: ["admin"] };
    const { certificate } = await ca.issueIdentity(member);
    expect(certificate.subject.organizationalUnits).toEqual(["admin"]);
    expect(certificate.extensions).toMatchObject({
      hasBasicConstraints: true,
      isCa: false,
      keyUsage: { digitalSignature: true, certSign: false },
      extendedKeyUsages: [],
      subjectKeyId: undefined,
      subjectAlternativeNames: undefined,
    });
    expect(certificate.authorityKeyId).toBe(ca.certificate.subjectKeyId);
    expect(certificate.isIssuedBy(ca.certificate)).toBe(true);
  });

  test("a TLS certificate is for its host names and addresses", async () => {
    const ca = await CertificateAuthority.createRoot(deps(), name);
    const issued = await ca.issueTls({
      commonName: "peer0.org1.example.com",
      alternativeNames: ["peer0.org1.example.com", "localhost", "127.0.0.1", "::1"],
    });
    const oracle = new X509Certificate(issued.certificatePem);
    expect(oracle.checkHost("peer0.org1.example.com")).toBe("peer0.org1.example.com");
    expect(oracle.checkHost("peer1.org1.example.com")).toBeUndefined();
    expect(oracle.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(oracle.checkIP("::1")).toBe("::1");
    expect(oracle.checkIP("127.0.0.2")).toBeUndefined();
  });

  test("an intermediate authority issues below it", async () => {
    const root = await CertificateAuthority.createRoot(deps(), name);
    const intermediate = await root.createIntermediate({ ...name, commonName: "ica.example.com" });
    const member = { commonName: "x", organizationalUnits: [] };
    const { certificate } = await intermediate.issueIdentity(member);
    expect(certificate.isIssuedBy(intermediate.certificate)).toBe(true);
    expect(certificate.isIssuedBy(root.certificate)).toBe(false);
    expect(intermediate.certificate.isIssuedBy(root.certificate)).toBe(true);
  });

  test("OpenSSL as Node binds it reads the same facts", async () => {
    const ca = await CertificateAuthority.createRoot(deps(), name);
    const request = { commonName: "peer0.org1.example.com", organizationalUnits: ["peer"] };
    const issued = await ca.issueIdentity(request);
    const ours = parseCertificate(issued.certificatePem);
    const theirs = new X509Certificate(issued.certificatePem);
    expect(theirs.verify(new X509Certificate(ca.certificatePem).publicKey)).toBe(true);
    expect(theirs.serialNumber.toLowerCase()).toBe(ours.serialHex);
    expect(theirs.fingerprint256.replaceAll(":", "").toLowerCase()).toBe(ours.fingerprint);
    expect(Date.parse(theirs.validTo)).toBe(ours.notAfterMs);
    expect(theirs.subject).toContain("OU=peer");
  });
});
