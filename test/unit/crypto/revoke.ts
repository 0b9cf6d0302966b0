import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { IssuedCertificate } from "../../../src/crypto/adapters/certificate-authority.ts";
import { decodePem, encodePem } from "../../../src/crypto/index.ts";

/** A revocation list of `ca`, in PEM, that revokes these serial numbers (hexadecimal). */
export async function revoke(
  ca: IssuedCertificate,
  serials: readonly string[],
): Promise<Uint8Array> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keyDer = new Uint8Array(decodePem(ca.privateKeyPem)!.bytes);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", keyDer, algorithm, false, ["sign"]);
  const list = await x509.X509CrlGenerator.create({
    issuer: new x509.Name(new Uint8Array(ca.certificate.subjectDer)),
    thisUpdate: new Date(0),
    nextUpdate: new Date(1),
    entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date(0) })),
    extensions: [new x509.AuthorityKeyIdentifierExtension(ca.certificate.subjectKeyId!)],
    signingAlgorithm: algorithm,
    signingKey,
  });
  return encodePem("X509 CRL", new Uint8Array(list.rawData));
}
