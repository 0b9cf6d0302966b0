import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { connect, createServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseCertificate } from "../../../../src/crypto/index.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import {
  type OrganizationMaterial,
  type OrganizationSpec,
  readMspDirectory,
  readSigner,
  writeOrganization,
} from "../../../../src/msp/adapters/index.ts";
import { Msp, MspManager, rolePrincipal, verifySignatures } from "../../../../src/msp/index.ts";
import { seededRandom, stoppedClock } from "../../crypto/ports.ts";

let directory: string;
let peers: OrganizationMaterial;
let orderers: OrganizationMaterial;

function spec(changes: Partial<OrganizationSpec> = {}): OrganizationSpec {
  return {
    directory,
    kind: "peer",
    mspId: "Org1MSP",
    domain: "org1.example.com",
    nodes: [{ hostname: "peer0.org1.example.com", extraSans: ["peer0.internal", "10.0.0.7"] }],
    users: ["User1"],
    clock: stoppedClock(Date.now()),
    random: seededRandom(21),
    ...changes,
  };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "heddle-msp-"));
  peers = await writeOrganization(spec());
  orderers = await writeOrganization(
    spec({
      kind: "orderer",
      mspId: "OrdererMSP",
      domain: "example.com",
      nodes: [{ hostname: "orderer.example.com" }],
      users: [],
    }),
  );
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function tree(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort((a, b) => (a < b ? -1 : 1));
}

const publicMsp = (msp: string, domain: string): string[] => [
  `${msp}/cacerts/ca.${domain}-cert.pem`,
  `${msp}/config.yaml`,
  `${msp}/tlscacerts/tlsca.${domain}-cert.pem`,
];
const member = (home: string, name: string, domain: string, tls: "server" | "client"): string[] => [
  ...publicMsp(`${home}/${name}/msp`, domain),
  `${home}/${name}/msp/keystore/priv_sk`,
  `${home}/${name}/msp/signcerts/${name}-cert.pem`,
  `${home}/${name}/tls/ca.crt`,
  `${home}/${name}/tls/${tls}.crt`,
  `${home}/${name}/tls/${tls}.key`,
];
const authorities = (domain: string): string[] => [
  `ca/ca.${domain}-cert.pem`,
  "ca/priv_sk",
  `tlsca/tlsca.${domain}-cert.pem`,
  "tlsca/priv_sk",
  ...publicMsp("msp", domain),
];

describe("the tree", () => {
  test("of a peer organisation is cryptogen's", async () => {
    const domain = "org1.example.com";
    expect(peers.directory).toBe(join(directory, "organizations", "peerOrganizations", domain));
    expect(await tree(peers.directory)).toEqual(
      [
        ...authorities(domain),
        ...member("peers", "peer0.org1.example.com", domain, "server"),
        ...member("users", "Admin@org1.example.com", domain, "client"),
        ...member("users", "User1@org1.example.com", domain, "client"),
      ].sort((a, b) => (a < b ? -1 : 1)),
    );
  });

  test("of an orderer organisation is cryptogen's", async () => {
    expect(await tree(orderers.directory)).toEqual(
      [
        ...authorities("example.com"),
        ...member("orderers", "orderer.example.com", "example.com", "server"),
        ...member("users", "Admin@example.com", "example.com", "client"),
      ].sort((a, b) => (a < b ? -1 : 1)),
    );
  });

  test("shows private keys to nobody else", async () => {
    for (const path of await tree(peers.directory)) {
      const { mode } = await stat(join(peers.directory, path));
      const isPrivate = path.endsWith("priv_sk") || path.endsWith(".key");
      expect([path, (mode & 0o077) === 0]).toEqual([path, isPrivate]);
    }
  });

  test("has a config.yaml of cryptogen's words", async () => {
    const text = await readFile(join(peers.mspDirectory, "config.yaml"), "utf8");
    expect(text.split("\n").map((line) => line.trim())).toEqual([
      "NodeOUs:",
      "Enable: true",
      ...["Client", "Peer", "Admin", "Orderer"].flatMap((role) => [
        `${role}OUIdentifier:`,
        "Certificate: cacerts/ca.org1.example.com-cert.pem",
        `OrganizationalUnitIdentifier: ${role.toLowerCase()}`,
      ]),
      "",
    ]);
  });

  test("is not written over an existing one", async () => {
    await expect(writeOrganization(spec())).rejects.toThrow(/org1.example.com exists: remove it/);
  });

  test("replaces what a crash left, which was recognisable", async () => {
    const left = join(directory, "organizations", "peerOrganizations", "org9.example.com.partial");
    await mkdir(left, { recursive: true });
    await writeFile(join(left, "leftover"), "x");
    const written = await writeOrganization(
      spec({ domain: "org9.example.com", mspId: "Org9MSP", nodes: [], users: [] }),
    );
    expect(await tree(written.directory)).not.toContain("leftover");
    expect(await readdir(join(directory, "organizations", "peerOrganizations"))).not.toContain(
      "org9.example.com.partial",
    );
  });
});

describe("what was written", () => {
  test("is an organisation whose members have their roles", async () => {
    const msp = Msp.fromConfig(await readMspDirectory(peers.mspDirectory, "Org1MSP"));
    expect(msp.tlsRootsPem).toEqual([new Uint8Array(await readFile(peers.tlsCaCertificate))]);
    const roles: [string, "peer" | "client" | "admin"][] = [
      [peers.nodes[0]!.mspDirectory, "peer"],
      [peers.users[0]!.mspDirectory, "client"],
      [peers.users[1]!.mspDirectory, "admin"],
    ];
    for (const [home, role] of roles) {
      const signer = await readSigner(home, "Org1MSP");
      const signature = await signer.sign(utf8("x"));
      const signed = { data: utf8("x"), identity: signer.identity, signature };
      const [identity] = await verifySignatures(new MspManager([msp]), [signed]);
      expect(identity?.satisfies(rolePrincipal("Org1MSP", role))).toBe(true);
    }
    expect(peers.users.map(({ name }) => name)).toEqual([
      "User1@org1.example.com",
      "Admin@org1.example.com",
    ]);
  });

  test("of an orderer is an orderer", async () => {
    const msp = Msp.fromConfig(await readMspDirectory(orderers.mspDirectory, "OrdererMSP"));
    const signer = await readSigner(orderers.nodes[0]!.mspDirectory, "OrdererMSP");
    const result = msp.identity(signer.identity);
    expect(result.ok && result.identity.satisfies(rolePrincipal("OrdererMSP", "orderer"))).toBe(
      true,
    );
  });

  test("names the node and this machine in its TLS certificate", async () => {
    const pem = await readFile(peers.nodes[0]!.tls.certificate);
    const text = Buffer.from(parseCertificate(pem).extensions.subjectAlternativeNames!).toString(
      "latin1",
    );
    for (const name of ["peer0.org1.example.com", "localhost", "peer0.internal"]) {
      expect(text).toContain(name);
    }
  });

  test("is accepted by TLS at both ends, by name and by address", async () => {
    const read = async (tls: {
      certificate: string;
      key: string;
      ca: string;
    }): Promise<{
      cert: Buffer;
      key: Buffer;
      ca: Buffer;
    }> => ({
      cert: await readFile(tls.certificate),
      key: await readFile(tls.key),
      ca: await readFile(tls.ca),
    });
    const node = await read(peers.nodes[0]!.tls);
    const user = await read(peers.users[0]!.tls);
    const server = createServer({ ...node, requestCert: true, rejectUnauthorized: true });
    server.on("secureConnection", (socket) => socket.end("welcome"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const greet = (servername: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ ...user, host: "127.0.0.1", port, servername });
        socket.on("error", reject);
        socket.on("data", (text) => {
          resolve(String(text));
        });
      });
    try {
      expect(await greet("peer0.org1.example.com")).toBe("welcome");
      expect(await greet("localhost")).toBe("welcome");
      await expect(greet("peer1.org1.example.com")).rejects.toThrow(/altnames/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
