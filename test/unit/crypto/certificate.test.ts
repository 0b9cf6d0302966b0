import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { CertificateAuthority } from "../../../src/crypto/adapters/certificate-authority.ts";
import {
  encodeCertificate,
  readCertificateFields,
} from "../../../src/crypto/certificate-fields.ts";
import { CERTIFICATE_BYTES_MAX } from "../../../src/crypto/limits.ts";
import {
  type Certificate,
  certificateSpkiDer,
  CryptoError,
  CURVES,
  decodeEcdsaSignature,
  encodeEcdsaSignature,
  parseCertificate,
  parsePemCertificate,
} from "../../../src/crypto/index.ts";
import { concatBytes, utf8 } from "../../../src/kernel/bytes.ts";
import { seededRandom, stoppedClock } from "./ports.ts";

let ca: CertificateAuthority;
let leaf: Certificate;
let otherCa: CertificateAuthority;

beforeAll(async () => {
  const deps = { clock: stoppedClock(Date.UTC(2026, 0, 1)), random: seededRandom(7) };
  const name = { commonName: "ca", organization: "org" };
  ca = await CertificateAuthority.createRoot(deps, name);
  otherCa = await CertificateAuthority.createRoot(deps, name);
  const member = { commonName: "Jürgen", organizationalUnits: ["client", "Zürich"] };
  leaf = (await ca.issueIdentity(member)).certificate;
});

// The same certificate with its signature in the other of its two forms.
function withHighS(certificate: Certificate): Certificate {
  const fields = readCertificateFields(certificate.der);
  const { r, s } = decodeEcdsaSignature(fields.signature)!;
  const signature = encodeEcdsaSignature({ r, s: CURVES[0]!.order - s });
  return parseCertificate(encodeCertificate({ ...fields, signature }));
}

test("DER, PEM and PEM among text are the same certificate", () => {
  const chatty = concatBytes(utf8("subject=/CN=x\n"), leaf.pem, utf8("rest"));
  for (const bytes of [leaf.der, leaf.pem, chatty]) {
    expect(parseCertificate(bytes).fingerprint).toBe(leaf.fingerprint);
  }
  expect(() => parsePemCertificate(leaf.der)).toThrow(/no PEM block/);
});

test("a certificate's key is read in the same bytes without the rest", () => {
  for (const bytes of [leaf.der, leaf.pem]) {
    expect(certificateSpkiDer(bytes)).toEqual(leaf.spkiDer);
  }
  for (const bytes of [leaf.der.slice(0, -1), utf8("no certificate"), new Uint8Array(0)]) {
    expect(() => certificateSpkiDer(bytes)).toThrow(CryptoError);
  }
});

test("names outside ASCII are read", () => {
  expect(leaf.subject).toEqual({
    commonName: "Jürgen",
    organizations: [],
    organizationalUnits: ["client", "Zürich"],
  });
});

test("a certificate does not change with the bytes that it was parsed from", () => {
  const bytes = leaf.der.slice();
  const parsed = parseCertificate(bytes);
  bytes.fill(0);
  expect(parsed.isIssuedBy(ca.certificate)).toBe(true);
});

describe("issuing", () => {
  test("an authority of the same name with another key has not issued it", () => {
    expect(otherCa.certificate.subjectDer).toEqual(ca.certificate.subjectDer);
    expect(leaf.isIssuedBy(ca.certificate)).toBe(true);
    expect(leaf.isIssuedBy(otherCa.certificate)).toBe(false);
  });

  test("the high-S form is as valid for issuing, has another fingerprint and one low form", () => {
    const high = withHighS(leaf);
    expect(high.isIssuedBy(ca.certificate)).toBe(true);
    expect(high.fingerprint).not.toBe(leaf.fingerprint);
    expect(high.withLowS(ca.certificate).der).toEqual(leaf.der);
    expect(leaf.withLowS(ca.certificate)).toBe(leaf);
  });
});

describe("hostile bytes", () => {
  test("a certificate cut short anywhere is refused", () => {
    for (let length = 0; length < leaf.der.length; length += 1) {
      expect(() => parseCertificate(leaf.der.slice(0, length))).toThrow(CryptoError);
    }
  });

  test("a certificate with bytes after it is refused", () => {
    expect(() => parseCertificate(concatBytes(leaf.der, new Uint8Array(1)))).toThrow(
      /after the last/,
    );
  });

  test("one beyond the bound is refused unread", () => {
    const huge = new Uint8Array(CERTIFICATE_BYTES_MAX + 1).fill(0x30);
    expect(() => parseCertificate(huge)).toThrow(/more than 65536 bytes/);
  });

  test.prop([fc.uint8Array({ maxLength: 1000 })])("random bytes are refused", (bytes) => {
    expect(() => parseCertificate(bytes)).toThrow(CryptoError);
    expect(() => parseCertificate(concatBytes(new Uint8Array([0x30]), bytes))).toThrow(CryptoError);
  });

  const mutation = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
  test.prop([fc.array(mutation, { minLength: 1, maxLength: 4 })], { numRuns: 2000 })(
    "a changed certificate is refused, or read as OpenSSL reads it and no longer issued",
    (mutations) => {
      const bytes = leaf.der.slice();
      for (const [at, change] of mutations) bytes[at % bytes.length]! ^= change;
      const parsed = attempt(() => parseCertificate(bytes));
      if (parsed === undefined || parsed.fingerprint === leaf.fingerprint) return;
      expect(parsed.isIssuedBy(ca.certificate)).toBe(false);
      const theirs = attempt(() => new X509Certificate(bytes));
      if (theirs === undefined) return;
      expect(theirs.serialNumber.toLowerCase()).toBe(parsed.serialHex);
      expect(Date.parse(theirs.validFrom)).toBe(parsed.notBeforeMs);
      expect(theirs.ca).toBe(parsed.isCa);
    },
  );
});

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && error.name === "InvariantViolation") throw error;
    return undefined;
  }
}
