import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { describe, expect, test } from "vitest";
import { Msp, MspError } from "../../../src/msp/index.ts";
import { fromHex } from "../../../src/kernel/bytes.ts";
import { create, FabricMSPConfig, type Partially } from "../../../src/wire/index.ts";
import { issueOdd, type OddCertificate, type OddRequest } from "./odd-certificates.ts";
import { serialize } from "./organization.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const MSP_ID = "OddMSP";

function verdict(
  authorities: {
    readonly roots: readonly OddCertificate[];
    readonly intermediates?: readonly OddCertificate[];
  },
  member: OddCertificate,
): string {
  const fields: Partially<FabricMSPConfig> = {
    name: MSP_ID,
    rootCerts: authorities.roots.map(({ pem }) => pem),
    intermediateCerts: (authorities.intermediates ?? []).map(({ pem }) => pem),
    fabricNodeOus: {
      enable: true,
      clientOuIdentifier: { organizationalUnitIdentifier: "client" },
      adminOuIdentifier: { organizationalUnitIdentifier: "admin" },
    },
  };
  try {
    const msp = Msp.fromConfig(create<FabricMSPConfig>(FabricMSPConfig, fields));
    const result = msp.identity(serialize(MSP_ID, member.pem));
    return result.ok ? "valid" : result.reason;
  } catch (error) {
    if (error instanceof MspError) return `configuration: ${error.message}`;
    throw error;
  }
}

const ca = (name: string, changes: Partial<OddRequest> = {}): Promise<OddCertificate> =>
  issueOdd({ name, isCa: true, ...changes });
const member = (
  issuer: OddCertificate,
  changes: Partial<OddRequest> = {},
): Promise<OddCertificate> => issueOdd({ name: "member", units: ["client"], issuer, ...changes });

describe("algorithms", () => {
  test.each(["rsa", "ecdsa-p384", "ed25519"] as const)(
    "an authority of %s may issue members",
    async (algorithm) => {
      const root = await ca("root", { algorithm });
      expect(verdict({ roots: [root] }, await member(root))).toBe("valid");
    },
  );

  test.each(["rsa", "ed25519"] as const)("a member's key of %s is refused", async (algorithm) => {
    const root = await ca("root");
    expect(verdict({ roots: [root] }, await member(root, { algorithm }))).toBe(
      `a key of algorithm ${algorithm} is not supported: use ECDSA`,
    );
  });

  test("a signature over SHA-1 is none", async () => {
    const root = await ca("root");
    const weak = await member(root, { hash: "SHA-1" });
    expect(verdict({ roots: [root] }, weak)).toMatch(
      /unknown authority: the signature is not that of 'root'/,
    );
  });

  test("one over SHA-384 is", async () => {
    const root = await ca("root");
    expect(verdict({ roots: [root] }, await member(root, { hash: "SHA-384" }))).toBe("valid");
  });
});

describe("chains", () => {
  test("an authority beyond a path length limit is refused", async () => {
    const root = await ca("root", { pathLengthMax: 0 });
    const intermediate = await ca("intermediate", { issuer: root });
    const both = { roots: [root], intermediates: [intermediate] };
    expect(verdict({ roots: [root] }, await member(root))).toBe("valid");
    expect(verdict(both, await member(intermediate))).toMatch(
      /too many intermediates .* of 'root'/,
    );
  });

  test("an authority that may not sign certificates is refused", async () => {
    const root = await ca("root", { usages: x509.KeyUsageFlags.cRLSign });
    expect(verdict({ roots: [root] }, await member(root))).toMatch(/^configuration: /);
  });

  test("two chains to a member are one too many", async () => {
    const [one, two] = [await ca("one"), await ca("two")];
    const first = await ca("intermediate", { issuer: one });
    const second = await ca("intermediate", { issuer: two, keys: first.keys });
    const all = { roots: [one, two], intermediates: [first, second] };
    expect(verdict(all, await member(first))).toMatch(
      /only a single validation chain is supported, got 2/,
    );
  });

  test("authorities that certify each other do not send the search in circles", async () => {
    const root = await ca("root");
    const a = await ca("a", { issuer: root });
    const b = await ca("b", { issuer: a });
    const aByB = await ca("a", { issuer: b, keys: a.keys });
    const all = { roots: [root], intermediates: [a, b, aByB] };
    expect(verdict(all, await member(b))).toMatch(/^configuration: .*the chain comes back to 'a'/);
  });

  test("a critical extension that nobody knows makes a certificate useless", async () => {
    const root = await ca("root");
    const unknown = (isCritical: boolean): x509.Extension =>
      new x509.Extension("1.2.3.4.5", isCritical, new Uint8Array([5, 0]));
    const strange = await member(root, { extensions: [unknown(true)] });
    expect(verdict({ roots: [root] }, strange)).toMatch(/unhandled critical extension 1.2.3.4.5/);
    const harmless = await member(root, { extensions: [unknown(false)] });
    expect(verdict({ roots: [root] }, harmless)).toBe("valid");
  });

  test("many authorities of one name cost bounded work", async () => {
    const roots = await Promise.all(Array.from({ length: 100 }, () => ca("root")));
    const stranger = await ca("root");
    const start = cpuTimeMs();
    expect(verdict({ roots }, await member(stranger))).toMatch(/unknown authority/);
    // Setting up checks each authority once; the search stops at its bound.
    expect(cpuTimeMs() - start).toBeLessThan(2000);
  });
});

describe("what Fabric's parser decides", () => {
  const extension = (oid: string, isCritical: boolean, hex: string): x509.Extension =>
    new x509.Extension(oid, isCritical, new Uint8Array(fromHex(hex)!));

  test.each([
    [
      "a critical authority key identifier",
      extension("2.5.29.35", true, "3000"),
      /must not be critical/,
    ],
    [
      "a critical subject key identifier",
      extension("2.5.29.14", true, "0401aa"),
      /must not be critical/,
    ],
    ["a host name beyond ASCII", extension("2.5.29.17", false, "30038201ff"), /beyond ASCII/],
    ["an address of three bytes", extension("2.5.29.17", false, "30058703010203"), /odd length/],
    [
      "critical alternative names of no known kind",
      extension("2.5.29.17", true, "3000"),
      /unhandled critical/,
    ],
    [
      "a URI with a control character",
      extension("2.5.29.17", false, "3003860101"),
      /malformed URI/,
    ],
    [
      "distribution points that are none",
      extension("2.5.29.31", false, "3002020101"),
      /malformed DER/,
    ],
    ["one policy twice", extension("2.5.29.32", false, "300a300306012a300306012a"), /comes twice/],
    [
      "policy mappings that are none",
      extension("2.5.29.33", false, "3005300306012a"),
      /malformed DER/,
    ],
    ["a limit on any policy that is none", extension("2.5.29.54", false, "3000"), /malformed DER/],
    [
      "policy constraints, which are not evaluated",
      extension("2.5.29.36", false, "3003800100"),
      /unhandled critical/,
    ],
    ["empty name constraints", extension("2.5.29.30", false, "3000"), /empty name constraints/],
    ["the same extension twice", extension("2.5.29.19", false, "3000"), /comes twice/],
  ])("a certificate with %s is refused", async (_what, odd, reason) => {
    const root = await ca("root");
    expect(verdict({ roots: [root] }, await member(root, { extensions: [odd] }))).toMatch(reason);
  });

  test.each([
    ["distribution points", extension("2.5.29.31", true, "300d300ba009a0078605613a2f2f62")],
    ["policies", extension("2.5.29.32", true, "3005300306012a")],
    ["policy mappings", extension("2.5.29.33", true, "3008300606012a06012b")],
    ["a limit on any policy", extension("2.5.29.54", true, "020100")],
    ["information access", extension("1.3.6.1.5.5.7.1.1", false, "300c300a06012a8605613a2f2f62")],
  ])("a certificate with %s is a member", async (_what, odd) => {
    const root = await ca("root");
    expect(verdict({ roots: [root] }, await member(root, { extensions: [odd] }))).toBe("valid");
  });

  test("a root is what its own key signed, whatever it calls its issuer", async () => {
    const self = await ca("self");
    const root = await issueOdd({ name: "root", isCa: true, keys: self.keys, issuer: self });
    expect(verdict({ roots: [root] }, await member(root))).toBe("valid");
  });
});

describe("name constraints", () => {
  // permittedSubtrees: dNSName example.com
  const value = fromHex("3011a00f300d820b6578616d706c652e636f6d")!;
  const constraints = new x509.Extension("2.5.29.30", true, value);
  const alternativeName = new x509.SubjectAlternativeNameExtension([
    { type: "dns", value: "a.example.com" },
  ]);

  test("a common name that is a host name is refused without alternative names", async () => {
    const root = await ca("root", { extensions: [constraints] });
    const hosts = await member(root, { name: "peer0.example.com" });
    expect(verdict({ roots: [root] }, hosts)).toMatch(
      /issuer has name constraints but leaf doesn't have a SAN/,
    );
    expect(verdict({ roots: [root] }, await member(root, { name: "User 1" }))).toBe("valid");
  });

  test("alternative names below them are refused, for constraints are not evaluated", async () => {
    const root = await ca("root", { extensions: [constraints] });
    const named = await member(root, { extensions: [alternativeName] });
    expect(verdict({ roots: [root] }, named)).toMatch(/alternative names .* are not supported/);
  });

  test("alternative names are fine elsewhere", async () => {
    const root = await ca("root");
    expect(verdict({ roots: [root] }, await member(root, { extensions: [alternativeName] }))).toBe(
      "valid",
    );
  });
});
