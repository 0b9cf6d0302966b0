import { expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { CryptoError, parseRevocationList } from "../../../src/crypto/index.ts";
import { CertificateAuthority } from "../../../src/crypto/adapters/certificate-authority.ts";
import { decodePem } from "../../../src/crypto/pem.ts";
import { seededRandom, stoppedClock } from "./ports.ts";
import { revoke } from "./revoke.ts";

const deps = { clock: stoppedClock(Date.UTC(2026, 0, 1)), random: seededRandom(11) };
const ca = await CertificateAuthority.createRoot(deps, { commonName: "ca", organization: "org" });
const other = await CertificateAuthority.createRoot(deps, {
  commonName: "ca",
  organization: "org",
});
const pem = await revoke(ca, ["0aff", "8001"]);

test("serial numbers, issuer's key and signature are read from PEM and from DER", () => {
  for (const bytes of [pem, decodePem(pem)!.bytes]) {
    const list = parseRevocationList(bytes);
    expect([...list.serials]).toEqual(["0aff", "8001"]);
    expect(list.authorityKeyId).toBe(ca.certificate.subjectKeyId);
    expect(list.isIssuedBy(ca.certificate)).toBe(true);
    expect(list.isIssuedBy(other.certificate)).toBe(false);
  }
});

test("a list without entries revokes nothing", async () => {
  expect(parseRevocationList(await revoke(ca, [])).serials.size).toBe(0);
});

test("a list cut short anywhere is refused", () => {
  const der = decodePem(pem)!.bytes;
  for (let length = 0; length < der.length; length += 1) {
    expect(() => parseRevocationList(der.slice(0, length))).toThrow(CryptoError);
  }
});

test.prop([fc.uint8Array({ maxLength: 500 })])("random bytes are refused", (bytes) => {
  expect(() => parseRevocationList(bytes)).toThrow(CryptoError);
});
