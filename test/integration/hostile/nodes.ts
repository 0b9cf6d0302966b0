/** An orderer and a peer as hosts in this process, on real sockets with TLS, and the people who speak to them. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificateAuthority } from "../../../src/crypto/adapters/certificate-authority.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { createSigner, readSigner, writeOrganization } from "../../../src/msp/adapters/index.ts";
import { NetworkLayout } from "../../../src/network/layout.ts";
import { writeNetwork } from "../../../src/network/material.ts";
import { planTopology, type Topology } from "../../../src/network/topology.ts";
import { loadOrdererConfig, loadPeerConfig } from "../../../src/node/config.ts";
import { startOrderer } from "../../../src/node/orderer.ts";
import { startPeer } from "../../../src/node/peer.ts";
import type { RunningHost } from "../../../src/node/running-host.ts";
import { openPeerWorld } from "../../../src/node/open-peer-world.ts";
import { openWorld } from "../../../src/node/open-world.ts";
import { freeOffset } from "../network/harness.ts";

/** A TLS certificate and its key, PEM. */
export interface TlsMaterial {
  readonly certificatePem: Uint8Array;
  readonly keyPem: Uint8Array;
}

/** Where a server listens and how its certificate is checked. */
export interface Endpoint {
  readonly port: number;
  readonly name: string;
  readonly rootPem: Uint8Array;
}

/** Who signs. All but `member` are to be refused wherever a signature counts. */
export interface Signers {
  readonly member: Signer;
  /** Of a channel organisation, with a certificate that ended an hour ago. */
  readonly expired: Signer;
  /** Of an organisation that no channel knows. */
  readonly stranger: Signer;
  /** Names the member's organisation; its authority is another. */
  readonly impostor: Signer;
  /** The peer of the other organisation, which does not run. */
  readonly otherPeer: Signer;
}

export interface Nodes {
  readonly topology: Topology;
  readonly orderer: Endpoint;
  readonly peer: Endpoint;
  /** Where chaincode dials the peer. */
  readonly chaincode: Endpoint;
  /** The name and the root of a peer that does not run. */
  readonly otherPeer: Omit<Endpoint, "port">;
  readonly operationsPorts: readonly number[];
  readonly signers: Signers;
  readonly ordererTls: TlsMaterial;
  readonly otherPeerTls: TlsMaterial;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const LOG_SPEC = "fatal";

export async function startNodes(): Promise<Nodes> {
  const scratch = await mkdtemp(join(tmpdir(), "heddle-hostile-"));
  const options = { ordererCount: 1, peerCountPerOrganization: 1 };
  const sized = { ...options, portOffset: await freeOffset(options) };
  const topology = planTopology(sized);
  const layout = new NetworkLayout(join(scratch, "network"));
  await writeNetwork(layout.directory, topology, sized);
  const [ordererSite] = topology.orderers;
  const [own, other] = topology.organizations;
  const [peerSite] = own!.peers;
  const [otherSite] = other!.peers;
  const ordererHost = await runOrderer(layout, ordererSite!.name);
  const peerHost = await runPeer(layout, peerSite!.name);
  const peerRoot = await readFile(layout.tlsRoot(own!.domain));
  return {
    topology,
    orderer: {
      port: ordererHost.port,
      name: ordererSite!.name,
      rootPem: await readFile(join(layout.orderer(ordererSite!), "tls", "ca.crt")),
    },
    peer: { port: peerHost.port, name: peerSite!.name, rootPem: peerRoot },
    chaincode: { port: peerSite!.chaincodePort, name: peerSite!.name, rootPem: peerRoot },
    otherPeer: { name: otherSite!.name, rootPem: await readFile(layout.tlsRoot(other!.domain)) },
    operationsPorts: [ordererHost.operationsPort, peerHost.operationsPort],
    signers: {
      ...(await writeSigners(scratch, layout, own!.domain, own!.mspId)),
      otherPeer: await readSigner(join(layout.peer(otherSite!), "msp"), other!.mspId),
    },
    ordererTls: await readTls(layout.orderer(ordererSite!)),
    otherPeerTls: await readTls(layout.peer(otherSite!)),
    close: async () => {
      await peerHost.close();
      await ordererHost.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

async function runOrderer(layout: NetworkLayout, name: string): Promise<RunningHost> {
  const loaded = await loadOrdererConfig(layout.node(name).config);
  const config = { ...loaded, log: { spec: LOG_SPEC } };
  return startOrderer(config, await openWorld(config, { process: false }));
}

async function runPeer(layout: NetworkLayout, name: string): Promise<RunningHost> {
  const loaded = await loadPeerConfig(layout.node(name).config);
  const config = { ...loaded, log: { spec: LOG_SPEC } };
  return startPeer(config, await openPeerWorld(config, { process: false }));
}

async function writeSigners(
  scratch: string,
  layout: NetworkLayout,
  domain: string,
  mspId: string,
): Promise<Omit<Signers, "otherPeer">> {
  const ports = { clock: systemClock, random: systemRandom };
  const member = await readSigner(join(layout.user(domain, "User1"), "msp"), mspId);
  const outside = { ...ports, directory: scratch, kind: "peer", nodes: [], users: [] } as const;
  const stranger = await writeOrganization({ ...outside, mspId: "Org9MSP", domain: "org9.com" });
  const impostor = await writeOrganization({ ...outside, mspId, domain: "false.com" });
  const caFolder = join(layout.peerOrganization(domain), "ca");
  const authority = CertificateAuthority.load(ports, {
    certificatePem: await readFile(join(caFolder, `ca.${domain}-cert.pem`)),
    privateKeyPem: await readFile(join(caFolder, "priv_sk")),
  });
  const nowMs = systemClock.wallMs();
  const expired = await authority.issue({
    commonName: "Late",
    organizationalUnits: ["client"],
    keyUsages: ["digitalSignature"],
    validity: { notBeforeMs: nowMs - 2 * HOUR_MS, notAfterMs: nowMs - HOUR_MS },
  });
  return {
    member,
    expired: createSigner({ mspId, ...expired }),
    stranger: await readSigner(stranger.users[0]!.mspDirectory, "Org9MSP"),
    impostor: await readSigner(impostor.users[0]!.mspDirectory, mspId),
  };
}

async function readTls(folder: string): Promise<TlsMaterial> {
  return {
    certificatePem: await readFile(join(folder, "tls", "server.crt")),
    keyPem: await readFile(join(folder, "tls", "server.key")),
  };
}
