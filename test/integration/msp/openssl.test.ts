import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import {
  type OrganizationMaterial,
  readSigner,
  writeOrganization,
} from "../../../src/msp/adapters/index.ts";

const run = promisify(execFile);
const isInstalled = spawnSync("openssl", ["version"]).status === 0;

// Another program's opinion of what we issue. Skipped where there is no `openssl`.
describe.skipIf(!isInstalled)("OpenSSL's command line", () => {
  let directory: string;
  let material: OrganizationMaterial;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "heddle-openssl-"));
    material = await writeOrganization({
      directory,
      kind: "peer",
      mspId: "Org1MSP",
      domain: "org1.example.com",
      nodes: [{ hostname: "peer0.org1.example.com" }],
      users: ["User1"],
      clock: systemClock,
      random: systemRandom,
    });
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const openssl = async (...args: string[]): Promise<string> => (await run("openssl", args)).stdout;
  const caFile = (): string =>
    join(material.mspDirectory, "cacerts", "ca.org1.example.com-cert.pem");

  test("accepts the chains of members and of TLS", async () => {
    const user = join(
      material.users[0]!.mspDirectory,
      "signcerts",
      "User1@org1.example.com-cert.pem",
    );
    expect(await openssl("verify", "-x509_strict", "-CAfile", caFile(), user)).toMatch(/: OK\n$/);
    const { tls } = material.nodes[0]!;
    const purpose = ["-purpose", "sslserver", "-verify_hostname", "peer0.org1.example.com"];
    expect(await openssl("verify", ...purpose, "-CAfile", tls.ca, tls.certificate)).toMatch(
      /: OK\n$/,
    );
    const client = material.users[0]!.tls;
    const verdict = await openssl(
      "verify",
      "-purpose",
      "sslclient",
      "-CAfile",
      client.ca,
      client.certificate,
    );
    expect(verdict).toMatch(/: OK\n$/);
  });

  test("shows cryptogen's fields", async () => {
    const text = await openssl("x509", "-noout", "-text", "-in", caFile());
    expect(text).toContain(
      "Subject: C = US, ST = California, L = San Francisco, O = org1.example.com, CN = ca.org1.example.com",
    );
    expect(text).toMatch(
      /Key Usage: critical\s+Digital Signature, Key Encipherment, Certificate Sign, CRL Sign/,
    );
    expect(text).toMatch(
      /Extended Key Usage: ?\s+TLS Web Client Authentication, TLS Web Server Authentication/,
    );
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE\n/);
    expect(text).toMatch(/Subject Key Identifier: ?\s+(?:[0-9A-F]{2}:){31}[0-9A-F]{2}\n/);
  });

  test("verifies what a signer has signed", async () => {
    const home = material.users[0]!.mspDirectory;
    const signer = await readSigner(home, "Org1MSP");
    const message = systemRandom.bytes(500);
    await writeFile(join(directory, "message"), message);
    await writeFile(join(directory, "signature"), await signer.sign(message));
    const certificate = join(home, "signcerts", "User1@org1.example.com-cert.pem");
    await writeFile(
      join(directory, "key.pem"),
      await openssl("x509", "-noout", "-pubkey", "-in", certificate),
    );
    const files = [
      "-verify",
      join(directory, "key.pem"),
      "-signature",
      join(directory, "signature"),
    ];
    const verdict = await openssl("dgst", "-sha256", ...files, join(directory, "message"));
    expect(verdict).toBe("Verified OK\n");
  });
});
