/**
 * Writes a new network's folder: certificates and keys of every organisation, the genesis block, connection
 * profiles and node configurations. Everything is made beside the folder and moved into place at the end, so that a
 * folder is either whole or absent.
 */
import { mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  BATCH_SIZE_DEFAULT,
  buildGenesisBlock,
  type ApplicationOrganizationProfile,
  type RaftConsenter,
  type RaftOptions,
} from "../channel/index.ts";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemRandom } from "../kernel/adapters/system-random.ts";
import { readMspDirectory, writeOrganization } from "../msp/adapters/index.ts";
import { Block, encode } from "../wire/index.ts";
import { writeConnectionProfile } from "./connection-profile.ts";
import { NetworkError } from "./errors.ts";
import { NetworkLayout } from "./layout.ts";
import { writeManifest } from "./manifest.ts";
import { writeNodeConfigs } from "./node-configs.ts";
import {
  ORDERER_DOMAIN,
  ORDERER_MSP_ID,
  type OrdererSite,
  type PeerOrganization,
  type Topology,
  type TopologyOptions,
} from "./topology.ts";

/** Upper bound: an idle pipeline cuts at once. */
const BATCH_TIMEOUT_MS = 2_000;
const NONCE_BYTES = 24;

/** An election after one to two seconds without a leader, heartbeats five times a second. */
const RAFT_OPTIONS: RaftOptions = {
  tickIntervalMs: 100,
  electionTicks: 10,
  heartbeatTicks: 2,
  inflightBlocksMax: 5,
  snapshotIntervalBytes: 16 * 1024 * 1024,
};

/** Rejects with `NetworkError` ("unusable folder") when the place cannot be written to. */
export async function writeNetwork(
  directory: string,
  topology: Topology,
  options: TopologyOptions,
  raftOptions: RaftOptions = RAFT_OPTIONS,
): Promise<void> {
  const partial = `${directory}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await writeParts(partial, topology, options, raftOptions);
    // An empty folder may stand in the way.
    await rmdir(directory).catch(() => undefined);
    await rename(partial, directory);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    if (!isSystemError(cause)) throw cause;
    throw new NetworkError(
      "unusable folder",
      `cannot make a network in ${directory} (${cause.message}); choose another folder with --dir`,
      { data: { directory }, cause },
    );
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
}

async function writeParts(
  partial: string,
  topology: Topology,
  options: TopologyOptions,
  raftOptions: RaftOptions,
): Promise<void> {
  const layout = new NetworkLayout(partial);
  await writeOrganizations(layout, topology);
  await writeGenesisBlock(layout, topology, raftOptions);
  for (const organization of topology.organizations) {
    await writeConnectionProfile(layout, organization);
  }
  await writeNodeConfigs(layout, topology);
  await writeManifest(layout.manifest, options);
}

async function writeOrganizations(layout: NetworkLayout, topology: Topology): Promise<void> {
  const ports = { clock: systemClock, random: systemRandom };
  await writeOrganization({
    ...ports,
    directory: layout.directory,
    kind: "orderer",
    mspId: ORDERER_MSP_ID,
    domain: ORDERER_DOMAIN,
    nodes: topology.orderers.map(({ name }) => ({ hostname: name, extraSans: [] })),
    users: [],
  });
  for (const organization of topology.organizations) {
    await writePeerOrganization(layout, organization);
  }
}

/** The authorities, peers and users of one organisation, all or nothing. */
export async function writePeerOrganization(
  layout: NetworkLayout,
  { mspId, domain, peers }: PeerOrganization,
): Promise<void> {
  await writeOrganization({
    clock: systemClock,
    random: systemRandom,
    directory: layout.directory,
    kind: "peer",
    mspId,
    domain,
    nodes: peers.map(({ name }) => ({ hostname: name, extraSans: [] })),
    users: ["User1"],
  });
}

async function writeGenesisBlock(
  layout: NetworkLayout,
  topology: Topology,
  raftOptions: RaftOptions,
): Promise<void> {
  const block = buildGenesisBlock({
    channelId: topology.channelId,
    batchSize: BATCH_SIZE_DEFAULT,
    batchTimeoutMs: BATCH_TIMEOUT_MS,
    raftOptions,
    consenters: await Promise.all(topology.orderers.map((site) => consenter(layout, site))),
    ordererOrganizations: [
      {
        name: "OrdererOrg",
        mspId: ORDERER_MSP_ID,
        msp: await readMspDirectory(
          join(layout.ordererOrganization(ORDERER_DOMAIN), "msp"),
          ORDERER_MSP_ID,
        ),
        endpoints: topology.orderers.map(({ name, port }) => `${name}:${port}`),
      },
    ],
    applicationOrganizations: await Promise.all(
      topology.organizations.map((organization) =>
        applicationOrganizationProfile(layout, organization),
      ),
    ),
    nonce: systemRandom.bytes(NONCE_BYTES),
    timestampMs: systemClock.wallMs(),
  });
  const path = layout.genesisBlock(topology.channelId);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, encode(Block, block));
}

async function consenter(layout: NetworkLayout, site: OrdererSite): Promise<RaftConsenter> {
  const certificate = new Uint8Array(
    await readFile(join(layout.orderer(site), "tls", "server.crt")),
  );
  return {
    host: site.name,
    port: site.port,
    clientTlsCertPem: certificate,
    serverTlsCertPem: certificate,
  };
}

/** As a channel's configuration is to have it: the first peer is its anchor peer. */
export async function applicationOrganizationProfile(
  layout: NetworkLayout,
  organization: PeerOrganization,
): Promise<ApplicationOrganizationProfile> {
  const { mspId, domain, peers } = organization;
  return {
    name: mspId,
    mspId,
    msp: await readMspDirectory(join(layout.peerOrganization(domain), "msp"), mspId),
    anchorPeers: peers.slice(0, 1).map(({ name, port }) => ({ host: name, port })),
  };
}
