import "reflect-metadata";
import { generateKeyPairSync } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import {
  CURVES,
  decodeEcdsaSignature,
  encodeEcdsaSignature,
  parseCertificate,
  toLowS,
} from "../../../src/crypto/index.ts";
import {
  encodeCertificate,
  readCertificateFields,
} from "../../../src/crypto/certificate-fields.ts";
import { messageSigner } from "../../../src/crypto/adapters/message-signer.ts";
import { readPrivateKey } from "../../../src/crypto/adapters/private-key.ts";
import { concatBytes, utf8 } from "../../../src/kernel/bytes.ts";
import {
  identityRefusal,
  isExpired,
  Msp,
  MspError,
  rolePrincipal,
} from "../../../src/msp/index.ts";
import type { FabricMSPConfig, Partially } from "../../../src/wire/index.ts";
import { revoke } from "../crypto/revoke.ts";
import { CREATED_MS, serialize, TestOrganization } from "./organization.ts";

const DAY_MS = 86_400_000;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE = "2.5.29.37.0";

const org1 = await TestOrganization.create("Org1MSP", 1);
const org2 = await TestOrganization.create("Org2MSP", 2);
const msp = Msp.fromConfig(org1.config());

function reasonOf(serialized: Uint8Array, judge: Msp = msp): string | undefined {
  const result = judge.identity(serialized);
  return result.ok ? undefined : result.reason;
}

function problemOf(changes: Partially<FabricMSPConfig>): string | undefined {
  try {
    Msp.fromConfig(org1.config(changes));
    return undefined;
  } catch (error) {
    if (error instanceof MspError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe("members", () => {
  test.each(["client", "peer", "admin", "orderer"] as const)("a %s is one", async (role) => {
    const serialized = await org1.member([role, "department1"]);
    const result = msp.identity(serialized);
    expect(result).toMatchObject({ ok: true, identity: { mspId: "Org1MSP", serialized } });
  });

  test("one certificate serialised in two ways is one identity", async () => {
    const { certificatePem, certificate } = await org1.issue(["client"]);
    const plain = msp.identity(serialize("Org1MSP", certificatePem));
    const chatty = msp.identity(serialize("Org1MSP", concatBytes(utf8("hello\n"), certificatePem)));
    expect(plain.ok && chatty.ok && plain.identity.id === chatty.identity.id).toBe(true);
    expect(plain.ok && plain.identity.id).toBe(`Org1MSP/${certificate.fingerprint}`);
  });

  test("the high-S form of a certificate is the same identity", async () => {
    const { certificate, certificatePem } = await org1.issue(["client"]);
    const fields = readCertificateFields(certificate.der);
    const { r, s } = decodeEcdsaSignature(fields.signature)!;
    const signature = encodeEcdsaSignature({ r, s: CURVES[0]!.order - s });
    const high = parseCertificate(encodeCertificate({ ...fields, signature }));
    expect(high.fingerprint).not.toBe(certificate.fingerprint);
    const results = [high.pem, certificatePem].map((pem) =>
      msp.identity(serialize("Org1MSP", pem)),
    );
    expect(results.map((each) => each.ok && each.identity.id)).toEqual(
      Array.from({ length: 2 }, () => `Org1MSP/${certificate.fingerprint}`),
    );
  });

  test("an identity does not change with the bytes that it was read from", async () => {
    const serialized = await org1.member(["client"]);
    const result = msp.identity(serialized);
    const copy = serialized.slice();
    serialized.fill(0);
    expect(result.ok && result.identity.serialized).toEqual(copy);
  });

  test("expired and not yet valid certificates are members: time is not asked here", async () => {
    const past = { notBeforeMs: CREATED_MS, notAfterMs: CREATED_MS + DAY_MS };
    const future = {
      notBeforeMs: CREATED_MS + 1000 * DAY_MS,
      notAfterMs: CREATED_MS + 2000 * DAY_MS,
    };
    expect(reasonOf(await org1.member(["client"], { validity: past }))).toBeUndefined();
    expect(reasonOf(await org1.member(["client"], { validity: future }))).toBeUndefined();
  });
});

describe("who is refused", () => {
  test("a member of another organisation under this name", async () => {
    const { certificatePem } = await org2.issue(["client"]);
    expect(reasonOf(serialize("Org1MSP", certificatePem))).toMatch(
      /x509: certificate signed by unknown authority: 'ca.org2msp.example.com' is no authority/,
    );
  });

  test("an identity that says it is of another organisation", async () => {
    expect(reasonOf(await org2.member(["client"]))).toBe(
      "expected MSP ID Org1MSP, received Org2MSP",
    );
  });

  test("one that an authority of the same name issued", async () => {
    const impostor = await TestOrganization.create("Org1MSP", 99);
    expect(reasonOf(await impostor.member(["client"]))).toMatch(
      /signed by unknown authority: the signature is not that of 'ca.org1msp.example.com'/,
    );
  });

  test("a certificate that is valid from before its authority", async () => {
    const validity = { notBeforeMs: CREATED_MS - DAY_MS, notAfterMs: CREATED_MS + DAY_MS };
    expect(reasonOf(await org1.member(["client"], { validity }))).toMatch(
      /'ca.org1msp.example.com' was not valid when the certificate's validity began/,
    );
  });

  test("a certificate that signs itself", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const unsigned = await x509.X509CertificateGenerator.create({
      serialNumber: "01",
      subject: "CN=me",
      issuer: "CN=me",
      notBefore: new Date(CREATED_MS),
      notAfter: new Date(CREATED_MS + DAY_MS),
      publicKey: new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
      signature: new Uint8Array(64).fill(1),
      signingAlgorithm: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
    });
    const fields = readCertificateFields(new Uint8Array(unsigned.rawData));
    const signature = await messageSigner(privateKey)(fields.signed);
    const pem = parseCertificate(encodeCertificate({ ...fields, signature })).pem;
    expect(reasonOf(serialize("Org1MSP", pem))).toMatch(/unknown authority/);
  });

  test("the authority itself", () => {
    expect(reasonOf(serialize("Org1MSP", org1.ca.certificatePem))).toMatch(
      /certificate authority cannot be used as an identity/,
    );
  });

  test("an authority below ours", async () => {
    const intermediate = await org1.ca.createIntermediate({ commonName: "i", organization: "o" });
    expect(reasonOf(serialize("Org1MSP", intermediate.certificatePem))).toMatch(/cannot be used/);
    const member = await intermediate.issueIdentity({
      commonName: "m",
      organizationalUnits: ["client"],
    });
    expect(reasonOf(serialize("Org1MSP", member.certificatePem))).toMatch(/unknown authority/);
  });

  test.each([
    [[CLIENT_AUTH], true],
    [["1.2.3.4"], true],
    [[], false],
    [[SERVER_AUTH], false],
    [[CLIENT_AUTH, SERVER_AUTH], false],
    [[ANY_USAGE], false],
  ])("extended key usages %j: refused is %s", async (extendedKeyUsages, isRefused) => {
    const reason = reasonOf(await org1.member(["client"], { extendedKeyUsages }));
    if (isRefused) expect(reason).toMatch(/x509: certificate specifies an incompatible key usage/);
    else expect(reason).toBeUndefined();
  });

  test("one without a role", async () => {
    expect(reasonOf(await org1.member(["department1"]))).toMatch(
      /^the identity does not have an OU that resolves to client, peer, orderer, or admin role\. OUs: \[department1\([0-9A-F]{16}\)\], MSP: \[Org1MSP\]$/,
    );
    expect(reasonOf(await org1.member([]))).toMatch(/does not have an OU/);
  });

  test.each([[["peer", "client"]], [["peer", "peer"]]])("one with the roles %j", async (units) => {
    expect(reasonOf(await org1.member(units))).toMatch(
      /^the identity must have a client, a peer, an orderer, or an admin OU role to be valid, not a combination of them\./,
    );
  });

  test.each([
    ["no certificate", ""],
    ["text", "hello"],
    ["a PEM block of nothing", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"],
  ])("%s", (_what, text) => {
    expect(reasonOf(serialize("Org1MSP", utf8(text)))).toMatch(/malformed certificate/);
  });

  test("DER where PEM is due", () => {
    expect(reasonOf(serialize("Org1MSP", org1.ca.certificate.der))).toMatch(/no PEM block/);
  });

  test("an identity beyond the bound, unread", () => {
    expect(reasonOf(new Uint8Array(70_000))).toBe("identity of 70000 bytes, more than 65536");
  });

  test.prop([fc.uint8Array({ maxLength: 300 })])("random bytes", (bytes) => {
    expect(msp.identity(bytes).ok).toBe(false);
    expect(msp.unvalidatedIdentity(serialize("Org1MSP", bytes)).ok).toBe(false);
  });
});

describe("at the door", () => {
  test("an expired member is told since when", async () => {
    const validity = { notBeforeMs: CREATED_MS, notAfterMs: CREATED_MS + DAY_MS };
    const result = msp.identity(await org1.member(["client"], { validity }));
    const identity = result.ok ? result.identity : expect.fail();
    expect(isExpired(identity, CREATED_MS + DAY_MS)).toBe(false);
    expect(isExpired(identity, CREATED_MS + DAY_MS + 1)).toBe(true);
    expect(
      identityRefusal(identity, { nowMs: CREATED_MS + DAY_MS, role: "client" }),
    ).toBeUndefined();
    expect(identityRefusal(identity, { nowMs: CREATED_MS + 2 * DAY_MS })).toBe(
      "the certificate of 'member.Org1MSP' of Org1MSP expired at 2026-01-02T00:00:00.000Z: enroll again and replace it",
    );
  });

  test("one of the wrong role is told which it needs", async () => {
    const result = msp.identity(await org1.member(["client"]));
    const identity = result.ok ? result.identity : expect.fail();
    expect(identityRefusal(identity, { nowMs: CREATED_MS, role: "peer" })).toBe(
      "'member.Org1MSP' of Org1MSP is not a valid peer of its organisation (units: client)",
    );
  });
});

describe("revocation", () => {
  test("a revoked certificate is refused, others are not", async () => {
    const revoked = await org1.issue(["client"]);
    const list = await revoke(org1.ca, [revoked.certificate.serialHex]);
    const judge = Msp.fromConfig(org1.config({ revocationList: [list] }));
    expect(reasonOf(serialize("Org1MSP", revoked.certificatePem), judge)).toBe(
      "the certificate has been revoked",
    );
    expect(reasonOf(await org1.member(["client"]), judge)).toBeUndefined();
  });

  test("a list that another authority signed revokes nothing", async () => {
    const member = await org1.issue(["client"]);
    const { certificate, certificatePem } = org1.ca;
    const keyOfOther = { certificate, certificatePem, privateKeyPem: org2.ca.privateKeyPem };
    const list = await revoke(keyOfOther, [member.certificate.serialHex]);
    const judge = Msp.fromConfig(org1.config({ revocationList: [list] }));
    expect(reasonOf(serialize("Org1MSP", member.certificatePem), judge)).toBeUndefined();
  });

  test("a revoked administrator who is listed still is one, as in Fabric", async () => {
    const admin = await org1.issue(["admin"]);
    const revocationList = [await revoke(org1.ca, [admin.certificate.serialHex])];
    const admins = [admin.certificatePem];
    const serialized = serialize("Org1MSP", admin.certificatePem);
    const listed = Msp.fromConfig(org1.config({ revocationList, admins }));
    const unlisted = Msp.fromConfig(org1.config({ revocationList }));
    const verdicts = [listed, unlisted].map((judge) => {
      const result = judge.unvalidatedIdentity(serialized);
      return result.ok && result.identity.satisfies(rolePrincipal("Org1MSP", "admin"));
    });
    expect(verdicts).toEqual([true, false]);
    expect(reasonOf(serialized, listed)).toBe("the certificate has been revoked");
  });

  test("a list that is malformed makes the configuration so", () => {
    expect(problemOf({ revocationList: [utf8("x")] })).toMatch(/^malformed: .*revocation list/);
  });
});

describe("the tree of authorities", () => {
  const name = { commonName: "ica.org1.example.com", organization: "org1.example.com" };

  test("members come from the intermediate authority and no longer from the root", async () => {
    const intermediate = await org1.ca.createIntermediate(name);
    const pinned = {
      organizationalUnitIdentifier: "client",
      certificate: intermediate.certificatePem,
    };
    const judge = Msp.fromConfig(
      org1.config({
        intermediateCerts: [intermediate.certificatePem],
        admins: [],
        fabricNodeOus: { enable: true, clientOuIdentifier: pinned, adminOuIdentifier: pinned },
      }),
    );
    const below = await intermediate.issueIdentity({
      commonName: "m",
      organizationalUnits: ["client"],
    });
    expect(reasonOf(serialize("Org1MSP", below.certificatePem), judge)).toBeUndefined();
    expect(reasonOf(await org1.member(["client"]), judge)).toMatch(
      /its issuer 'ca.org1msp.example.com' is not a leaf of the certification tree/,
    );
  });

  test("a unit pinned to one authority is not accepted from another", async () => {
    const second = await TestOrganization.create("Second", 5);
    const { fabricNodeOus } = org1.config();
    const judge = Msp.fromConfig(
      org1.config({
        rootCerts: [org1.ca.certificatePem, second.ca.certificatePem],
        ...(fabricNodeOus && { fabricNodeOus }),
      }),
    );
    const { certificatePem } = await second.issue(["client"]);
    expect(reasonOf(serialize("Org1MSP", certificatePem), judge)).toMatch(
      /^certifiersIdentifier does not match: \[client\(/,
    );
  });

  test("a root that is configured twice counts once", async () => {
    const rootCerts = [org1.ca.certificatePem, org1.ca.certificatePem];
    const judge = Msp.fromConfig(org1.config({ rootCerts }));
    expect(reasonOf(await org1.member(["client"]), judge)).toBeUndefined();
  });
});

describe("configurations that are refused", () => {
  test("none is refused without reason", () => {
    expect(problemOf({})).toBeUndefined();
  });

  test.each<
    [string, RegExp, () => Promise<Partially<FabricMSPConfig>> | Partially<FabricMSPConfig>]
  >([
    ["no authority", /^invalid-authority: .*expected at least one CA/, () => ({ rootCerts: [] })],
    ["an authority of garbage", /^malformed: .*CA certificate/, () => ({ rootCerts: [utf8("x")] })],
    [
      "a member as an authority",
      /^invalid-authority: /,
      async () => ({ rootCerts: [(await org1.issue(["client"])).certificatePem] }),
    ],
    [
      "an intermediate authority of nobody",
      /^invalid-authority: .*unknown authority/,
      () => ({ intermediateCerts: [org2.ca.certificatePem] }),
    ],
    [
      "a TLS authority that is none",
      /^invalid-authority: .*CA attribute/,
      async () => ({ tlsRootCerts: [(await org1.issue([])).certificatePem] }),
    ],
    [
      "a unit of a foreign authority",
      /^invalid-unit: .*not in root or intermediate certs/,
      () => ({
        organizationalUnitIdentifiers: [
          { organizationalUnitIdentifier: "a", certificate: org2.ca.certificatePem },
        ],
      }),
    ],
    [
      "nobody who could be administrator",
      /^invalid-admin: .*administrators must be declared when no admin ou classification is set/,
      () => ({ fabricNodeOus: undefined }),
    ],
    [
      "an administrator of another organisation",
      /^invalid-admin: .*admin 0 is invalid.*unknown authority/,
      async () => ({ admins: [(await org2.issue(["admin"])).certificatePem] }),
    ],
    [
      "a peer as administrator",
      /^invalid-admin: .*admin 0 is invalid/,
      async () => ({ admins: [(await org1.issue(["peer"])).certificatePem] }),
    ],
    ["SHA-3", /^unsupported: /, () => ({ cryptoConfig: { signatureHashFamily: "SHA3" } })],
    [
      "a thousand authorities",
      /^invalid-authority: .*1000 CA certificates, more than 100/,
      () => ({ rootCerts: Array.from({ length: 1000 }, () => org1.ca.certificatePem) }),
    ],
  ])("one with %s", async (_what, problem, changes) => {
    expect(problemOf(await changes())).toMatch(problem);
  });

  test("its message names the organisation", () => {
    expect(problemOf({ rootCerts: [] })).toContain("configuration of MSP 'Org1MSP'");
  });
});

describe("without NodeOUs", () => {
  test("an administrator is who is listed, and roles are not told apart", async () => {
    const admin = await org1.issue([]);
    const judge = Msp.fromConfig(
      org1.config({ fabricNodeOus: undefined, admins: [admin.certificatePem] }),
    );
    const satisfies = (serialized: Uint8Array): boolean[] => {
      const result = judge.identity(serialized);
      const roles = ["member", "admin", "client", "peer"] as const;
      return roles.map(
        (role) => result.ok && result.identity.satisfies(rolePrincipal("Org1MSP", role)),
      );
    };
    expect(satisfies(serialize("Org1MSP", admin.certificatePem))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(satisfies(await org1.member(["peer", "admin"]))).toEqual([true, false, false, false]);
  });

  test("required units are required", async () => {
    const unit = { organizationalUnitIdentifier: "sales", certificate: org1.ca.certificatePem };
    const judge = Msp.fromConfig(org1.config({ organizationalUnitIdentifiers: [unit] }));
    expect(reasonOf(await org1.member(["client", "sales"]), judge)).toBeUndefined();
    expect(reasonOf(await org1.member(["client"]), judge)).toMatch(
      /^none of the identity's organizational units \[client\([0-9A-F]{16}\)\] are in MSP Org1MSP$/,
    );
    expect(reasonOf(await org1.member([]), judge)).toBe(
      "the identity certificate does not contain an Organizational Unit (OU)",
    );
  });
});

test("a signature of a member verifies by the key in its certificate", async () => {
  const issued = await org1.issue(["client"]);
  const result = msp.identity(serialize("Org1MSP", issued.certificatePem));
  const identity = result.ok ? result.identity : expect.fail();
  const signature = await messageSigner(readPrivateKey(issued.privateKeyPem))(utf8("x"));
  expect(toLowS(signature, CURVES[0]!)).toBe(signature);
  expect(await identity.verify(utf8("x"), signature)).toBe(true);
  expect(await identity.verify(utf8("y"), signature)).toBe(false);
});
