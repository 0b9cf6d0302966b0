/** Writes the configuration file of each node of a network, with paths relative to it. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import type { NetworkLayout, NodeLayout } from "./layout.ts";
import {
  hostOf,
  ORDERER_DOMAIN,
  type NodeSite,
  type OrdererSite,
  type PeerOrganization,
  type PeerSite,
  type Topology,
} from "./topology.ts";

// Contracts run beside their peer.
const LOOPBACK = "127.0.0.1";

/** Host name → address. */
export type HostAddresses = Readonly<Record<string, string>>;

// Every node, those that join later too.
const ALL_HERE: HostAddresses = { [`*.${ORDERER_DOMAIN}`]: LOOPBACK };

function hostsOf({ orderers, organizations }: Topology): HostAddresses {
  const sites = [...orderers, ...organizations.flatMap(({ peers }) => peers)];
  const hosts = new Map(
    sites.flatMap(({ name, host }) => (host === undefined ? [] : [[name, host] as const])),
  );
  return hosts.size === 0 ? ALL_HERE : Object.fromEntries(hosts);
}

export async function writeNodeConfigs(layout: NetworkLayout, topology: Topology): Promise<void> {
  for (const site of topology.orderers) {
    await writeOrdererConfig(layout, site, [topology.channelId], hostsOf(topology));
  }
  for (const organization of topology.organizations) {
    for (const site of organization.peers) {
      await writePeerConfig(layout, organization, site, [topology.channelId], hostsOf(topology));
    }
  }
}

/** Of one orderer, which joins `channelIds` at its first start. */
export async function writeOrdererConfig(
  layout: NetworkLayout,
  site: OrdererSite,
  channelIds: readonly string[],
  hostAddresses: HostAddresses = ALL_HERE,
): Promise<void> {
  const node = layout.node(site.name);
  await write(node, {
    kind: "orderer",
    ...commonKeys(layout, channelIds, node, site, layout.orderer(site)),
    hostAddresses,
    admin: {
      listen: { host: hostOf(site), port: site.adminPort },
      clientRootFiles: [relative(node.directory, join(layout.orderer(site), "tls", "ca.crt"))],
    },
  });
}

/** Of one peer, which joins `channelIds` at its first start. */
export async function writePeerConfig(
  layout: NetworkLayout,
  organization: PeerOrganization,
  site: PeerSite,
  channelIds: readonly string[],
  hostAddresses: HostAddresses = ALL_HERE,
): Promise<void> {
  const node = layout.node(site.name);
  await write(node, {
    kind: "peer",
    ...commonKeys(layout, channelIds, node, site, layout.peer(site)),
    hostAddresses,
    chaincode: { listen: { host: LOOPBACK, port: site.chaincodePort } },
    gossip: {
      externalEndpoint: `${site.name}:${site.port}`,
      bootstrap: bootstrapOf(organization, site),
    },
  });
}

function bootstrapOf(organization: PeerOrganization, site: PeerSite): readonly string[] {
  return organization.peers
    .filter((peer) => peer.name !== site.name)
    .map((peer) => `${peer.name}:${peer.port}`);
}

function commonKeys(
  layout: NetworkLayout,
  channelIds: readonly string[],
  node: NodeLayout,
  site: NodeSite,
  material: string,
): Record<string, unknown> {
  const at = (path: string): string => relative(node.directory, path);
  return {
    name: site.name,
    listen: { host: hostOf(site), port: site.port },
    operations: { host: hostOf(site), port: site.operationsPort },
    dataDirectory: at(node.data),
    msp: { id: site.mspId, directory: at(join(material, "msp")) },
    tls: {
      certificateFile: at(join(material, "tls", "server.crt")),
      keyFile: at(join(material, "tls", "server.key")),
    },
    channels: channelIds.map((channelId) => ({
      genesisBlockFile: at(layout.genesisBlock(channelId)),
    })),
    log: { spec: "info" },
    // Whoever reaches another address than loopback could set faults: there the kernel makes them.
    ...(site.host === undefined ? { development: { faults: true } } : {}),
  };
}

async function write(node: NodeLayout, content: unknown): Promise<void> {
  await mkdir(node.data, { recursive: true });
  await writeFile(node.config, stringify(content));
}
