/** Names and ports of a development network: those that Fabric's users know. Pure arithmetic, no files. */
import { hostAt } from "./namespace-plan.ts";
import {
  ADMIN_PORT,
  CHAINCODE_PORT,
  OPERATIONS_PORT,
  ORDERER_PORT,
  PEER_PORT,
  PORT_STEP,
} from "./port-plan.ts";

export const CHANNEL_ID = "mychannel";
export const ORDERER_DOMAIN = "example.com";
export const ORDERER_MSP_ID = "OrdererMSP";

/** Bounds of what one machine's port plan can hold. */
export const ORDERER_COUNT_MAX = 7;
export const PEER_COUNT_PER_ORGANIZATION_MAX = 8;
export const PORT_OFFSET_MAX = 40_000;

const LOOPBACK = "127.0.0.1";

export interface TopologyOptions {
  /** 1 to 7; default 3. An even number tolerates no more failures than the odd one below it. */
  readonly ordererCount: number;
  /** 1 to 8; default 2. */
  readonly peerCountPerOrganization: number;
  /** Added to every port, so that networks can run side by side. 0 to 40,000; default 0. */
  readonly portOffset: number;
  /** Organisations that joined the network after it was made, such as `org3`; their peers are added ones. Default: none. */
  readonly addedOrganizations?: readonly string[];
  /** Peers that joined the network after it was made. Default: none. */
  readonly addedPeers?: readonly AddedPeer[];
  /** Names of peers that the network was made with and that have left it. Default: none. */
  readonly removedPeers?: readonly string[];
  /** As of peers. */
  readonly addedOrderers?: readonly AddedOrderer[];
  readonly removedOrderers?: readonly string[];
  /** Each node has a network namespace and an address of this subnet; absent: all share the machine's loopback. */
  readonly namespaceSubnet?: number;
}

/** An orderer that joined later: its ports were chosen then and stay. */
export interface AddedOrderer {
  readonly name: string;
  readonly port: number;
  readonly adminPort: number;
  readonly operationsPort: number;
}

/** A peer that joined later: its ports were chosen then and stay. */
export interface AddedPeer {
  readonly name: string;
  /** `org1`. */
  readonly organization: string;
  readonly port: number;
  readonly chaincodePort: number;
  readonly operationsPort: number;
}

export interface NodeSite {
  /** `peer0.org1.example.com`: name in certificates, endpoints and folders. */
  readonly name: string;
  readonly mspId: string;
  readonly domain: string;
  readonly port: number;
  readonly operationsPort: number;
  /** Where it listens; absent: the machine's loopback. */
  readonly host?: string;
}

export interface OrdererSite extends NodeSite {
  /** Of the channel participation API. */
  readonly adminPort: number;
}

export interface PeerSite extends NodeSite {
  /** Where chaincode that this peer launches dials it. */
  readonly chaincodePort: number;
}

export interface PeerOrganization {
  /** `org1`. */
  readonly shortName: string;
  readonly mspId: string;
  readonly domain: string;
  readonly peers: readonly PeerSite[];
}

export interface Topology {
  readonly channelId: string;
  readonly orderers: readonly OrdererSite[];
  readonly organizations: readonly PeerOrganization[];
}

const ORGANIZATION_COUNT = 2;

/** What an organisation that joins may be called: the first part of its domain. */
export const ORGANIZATION_NAME: RegExp = /^(?!orderer|peer)[a-z][a-z0-9]{0,30}$/;

/** The network of `options`: orderers of one organisation, peers of two and of those that joined. */
export function planTopology(options: TopologyOptions): Topology {
  const operations = operationsPorts(options);
  const orderers = planOrderers(options, operations.orderer);
  const organizations = [
    ...count(ORGANIZATION_COUNT).map((index) =>
      planOrganization(`org${index + 1}`, options, firstPeers(index, options, operations.peer)),
    ),
    ...(options.addedOrganizations ?? []).map((name) => planOrganization(name, options, [])),
  ];
  const topology = { channelId: CHANNEL_ID, orderers, organizations };
  const { namespaceSubnet } = options;
  return namespaceSubnet === undefined ? topology : placed(topology, namespaceSubnet);
}

/** Names of all nodes, orderers first. */
export function nodesOf({ orderers, organizations }: Topology): readonly string[] {
  return [...orderers, ...organizations.flatMap(({ peers }) => peers)].map(({ name }) => name);
}

/** Where to dial it. */
export function hostOf({ host }: Pick<NodeSite, "host">): string {
  return host ?? LOOPBACK;
}

/** `localhost:7050`: where people dial it. */
export function dialAddressOf(site: Pick<NodeSite, "host" | "port">): string {
  return `${site.host ?? "localhost"}:${site.port}`;
}

function placed(topology: Topology, subnet: number): Topology {
  const places = new Map(nodesOf(topology).map((name, index) => [name, index + 1]));
  const place = <Site extends NodeSite>(site: Site): Site => ({
    ...site,
    host: hostAt(subnet, places.get(site.name) ?? 0),
  });
  return {
    ...topology,
    orderers: topology.orderers.map(place),
    organizations: topology.organizations.map((organization) => ({
      ...organization,
      peers: organization.peers.map(place),
    })),
  };
}

function planOrderers(
  options: TopologyOptions,
  operationsPort: (index: number) => number,
): readonly OrdererSite[] {
  const place = { mspId: ORDERER_MSP_ID, domain: ORDERER_DOMAIN };
  const first = count(options.ordererCount).map((index) => ({
    name: `${index === 0 ? "orderer" : `orderer${index + 1}`}.${ORDERER_DOMAIN}`,
    ...place,
    port: ORDERER_PORT + PORT_STEP * index + options.portOffset,
    adminPort: ADMIN_PORT + PORT_STEP * index + options.portOffset,
    operationsPort: operationsPort(index),
  }));
  const removed = new Set(options.removedOrderers);
  const added = (options.addedOrderers ?? []).map((orderer) => ({ ...orderer, ...place }));
  return [...first.filter(({ name }) => !removed.has(name)), ...added];
}

type PeerPorts = Pick<PeerSite, "name" | "port" | "chaincodePort" | "operationsPort">;

/** The peers that an organisation has from the start. */
function firstPeers(
  organization: number,
  options: TopologyOptions,
  operationsPort: (organization: number, peer: number) => number,
): readonly PeerPorts[] {
  // Two slots an organisation at least, so that org2's first peer is at 9051 however few org1 has.
  const slots = Math.max(options.peerCountPerOrganization, 2);
  return count(options.peerCountPerOrganization).map((peer) => {
    const offset = PORT_STEP * (organization * slots + peer) + options.portOffset;
    return {
      name: `peer${peer}.org${organization + 1}.${ORDERER_DOMAIN}`,
      port: PEER_PORT + offset,
      chaincodePort: CHAINCODE_PORT + offset,
      operationsPort: operationsPort(organization, peer),
    };
  });
}

function planOrganization(
  shortName: string,
  options: TopologyOptions,
  first: readonly PeerPorts[],
): PeerOrganization {
  const domain = `${shortName}.${ORDERER_DOMAIN}`;
  const mspId = `${shortName.charAt(0).toUpperCase()}${shortName.slice(1)}MSP`;
  const removed = new Set(options.removedPeers);
  const added = (options.addedPeers ?? []).filter((peer) => peer.organization === shortName);
  const peers = [...first.filter(({ name }) => !removed.has(name)), ...added].map(
    ({ name, port, chaincodePort, operationsPort }) => {
      return { name, mspId, domain, port, chaincodePort, operationsPort };
    },
  );
  return { shortName, mspId, domain, peers };
}

/** An organisation that could join: `name`, or the next number. */
export function nextOrganization(
  options: TopologyOptions,
  name: string = `org${ORGANIZATION_COUNT + 1 + (options.addedOrganizations ?? []).length}`,
): PeerOrganization {
  return planOrganization(name, options, []);
}

// First nodes have Fabric's usual ports (orderer 9443, org1 9444, org2 9445); the others follow on.
function operationsPorts(options: TopologyOptions): {
  readonly orderer: (index: number) => number;
  readonly peer: (organization: number, peer: number) => number;
} {
  const first = OPERATIONS_PORT + options.portOffset;
  const afterFirsts = first + 1 + ORGANIZATION_COUNT;
  const afterOrderers = afterFirsts + options.ordererCount - 1;
  const others = options.peerCountPerOrganization - 1;
  return {
    orderer: (index) => (index === 0 ? first : afterFirsts + index - 1),
    peer: (organization, peer) =>
      peer === 0 ? first + 1 + organization : afterOrderers + organization * others + peer - 1,
  };
}

function count(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}

/** Every port that the network listens on, with what it is for. */
export function portsOf(
  topology: Topology,
): readonly { readonly port: number; readonly use: string }[] {
  const peers = topology.organizations.flatMap((organization) => organization.peers);
  return [
    ...topology.orderers.map(({ port, name }) => ({ port, use: name })),
    ...topology.orderers.map(({ adminPort, name }) => ({
      port: adminPort,
      use: `${name} (administration)`,
    })),
    ...peers.map(({ port, name }) => ({ port, use: name })),
    ...peers.map(({ chaincodePort, name }) => ({
      port: chaincodePort,
      use: `${name} (chaincode)`,
    })),
    ...[...topology.orderers, ...peers].map(({ operationsPort, name }) => ({
      port: operationsPort,
      use: `${name} (operations)`,
    })),
  ];
}
