import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPrivateKey } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { utf8, utf8Decode } from "../../../../src/kernel/bytes.ts";
import { createSigner, readMspDirectory, readSigner } from "../../../../src/msp/adapters/index.ts";
import { createDeterministicSigner } from "../../../../src/msp/adapters/deterministic-signer.ts";
import { Msp } from "../../../../src/msp/index.ts";
import { decode, SerializedIdentity } from "../../../../src/wire/index.ts";
import { serialize, TestOrganization } from "../organization.ts";

const org = await TestOrganization.create("Org1MSP", 1);
const other = await TestOrganization.create("Org2MSP", 2);
const user = await org.issue(["client"]);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "heddle-msp-"));
  await write("cacerts/ca.pem", org.ca.certificatePem);
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function write(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(join(directory, path, ".."), { recursive: true });
  await writeFile(join(directory, path), content);
}

describe("an organisation's directory", () => {
  test("is read whole, in the order of file names", async () => {
    await write("cacerts/b.pem", other.ca.certificatePem);
    await write("admincerts/a.pem", user.certificatePem);
    await write("tlscacerts/t.pem", org.tlsCa.certificatePem);
    await write("intermediatecerts/.gitkeep", "");
    await write("cacerts/notes.txt", "no certificate");
    await write("cacerts/folder/c.pem", other.ca.certificatePem);
    const config = await readMspDirectory(directory, "Org1MSP");
    expect(config).toMatchObject({
      name: "Org1MSP",
      rootCerts: [other.ca.certificatePem, org.ca.certificatePem],
      intermediateCerts: [],
      admins: [user.certificatePem],
      tlsRootCerts: [org.tlsCa.certificatePem],
      fabricNodeOus: undefined,
      organizationalUnitIdentifiers: [],
    });
    expect(Msp.fromConfig(config).identity(serialize("Org1MSP", user.certificatePem)).ok).toBe(
      true,
    );
  });

  test("without authorities is refused with its path", async () => {
    await rm(join(directory, "cacerts"), { recursive: true });
    await expect(readMspDirectory(directory, "Org1MSP")).rejects.toThrow(
      `no CA certificate in ${directory}/cacerts`,
    );
  });

  test("may pin units or not, and leave roles out", async () => {
    await write(
      "config.yaml",
      "NodeOUs:\n  Enable: true\n  Extra: x\n  PeerOUIdentifier: {OrganizationalUnitIdentifier: p}\n  AdminOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: a}\n  OrdererOUIdentifier: {OrganizationalUnitIdentifier: ''}\n",
    );
    const { fabricNodeOus } = await readMspDirectory(directory, "Org1MSP");
    expect(fabricNodeOus).toEqual({
      enable: true,
      clientOuIdentifier: undefined,
      peerOuIdentifier: { organizationalUnitIdentifier: "p", certificate: new Uint8Array(0) },
      adminOuIdentifier: { organizationalUnitIdentifier: "a", certificate: org.ca.certificatePem },
      ordererOuIdentifier: undefined,
    });
  });

  test.each(["", "NodeOUs:\n", "NodeOUs: {Enable: false, ClientOUIdentifier: {}}\n"])(
    "does not tell roles apart with config.yaml %j",
    async (text) => {
      await write("config.yaml", text);
      const { fabricNodeOus } = await readMspDirectory(directory, "Org1MSP");
      expect(fabricNodeOus).toBeUndefined();
    },
  );

  test.each([
    ["not YAML", "NodeOUs: [", /config.yaml: /],
    ["of the wrong shape", "NodeOUs: {Enable: perhaps}", /Enable/],
    [
      "naming a file that is missing",
      "NodeOUs: {Enable: true, PeerOUIdentifier: {Certificate: cacerts/x.pem, OrganizationalUnitIdentifier: p}}",
      /config.yaml names cacerts\/x.pem, which cannot be read/,
    ],
    [
      "with a unit of nobody",
      "OrganizationalUnitIdentifiers: [{OrganizationalUnitIdentifier: sales}]",
      /'sales' in config.yaml names no certificate/,
    ],
  ])("with a config.yaml %s is refused", async (_what, text, message) => {
    await write("config.yaml", text);
    await expect(readMspDirectory(directory, "Org1MSP")).rejects.toThrow(message);
  });
});

describe("a signer", () => {
  test("is found by its certificate among keys of any name", async () => {
    await write("signcerts/user.pem", user.certificatePem);
    await write("keystore/a_sk", (await org.issue(["client"])).privateKeyPem);
    await write("keystore/b_sk", user.privateKeyPem);
    await write("keystore/c.pem", user.certificatePem);
    const signer = await readSigner(directory, "Org1MSP");
    const { mspid, idBytes } = decode(SerializedIdentity, signer.identity);
    expect([mspid, utf8Decode(idBytes)]).toEqual(["Org1MSP", utf8Decode(user.certificatePem)]);
    const result = Msp.fromConfig(org.config()).identity(signer.identity);
    const signature = await signer.sign(utf8("x"));
    expect(result.ok && (await result.identity.verify(utf8("x"), signature))).toBe(true);
  });

  test("of an encrypted key needs its passphrase", async () => {
    const pem = createPrivateKey(utf8Decode(user.privateKeyPem)).export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-128-cbc",
      passphrase: "open sesame",
    });
    await write("signcerts/user.pem", user.certificatePem);
    await write("keystore/user_sk", pem.toString());
    const signer = await readSigner(directory, "Org1MSP", { passphrase: "open sesame" });
    expect((await signer.sign(utf8("x"))).length).toBeGreaterThan(60);
    await expect(readSigner(directory, "Org1MSP")).rejects.toThrow(/give its passphrase/);
  });

  test("without certificate or key is refused with the path", async () => {
    await expect(readSigner(directory, "Org1MSP")).rejects.toThrow(`${directory}/signcerts`);
    await write("signcerts/user.pem", user.certificatePem);
    await write("keystore/a_sk", (await org.issue(["client"])).privateKeyPem);
    await expect(readSigner(directory, "Org1MSP")).rejects.toThrow(
      `none of the 1 keys in ${directory}/keystore belongs to the certificate`,
    );
  });

  test("of a key and a certificate that do not belong together is refused", async () => {
    const { privateKeyPem } = await org.issue(["client"]);
    const { certificatePem } = user;
    expect(() => createSigner({ mspId: "Org1MSP", certificatePem, privateKeyPem })).toThrow(
      /not that of the certificate/,
    );
  });

  test("for simulations repeats itself", async () => {
    const signer = createDeterministicSigner({ mspId: "Org1MSP", ...user });
    expect(await signer.sign(utf8("x"))).toEqual(await signer.sign(utf8("x")));
    const result = Msp.fromConfig(org.config()).identity(signer.identity);
    expect(
      result.ok && (await result.identity.verify(utf8("x"), await signer.sign(utf8("x")))),
    ).toBe(true);
  });
});
