/** Nodes that join later: their names and ports. Pure. */
import {
  ADMIN_PORT,
  CHAINCODE_PORT,
  ORDERER_PORT,
  PEER_PORT,
  PORT_MAX,
  PORT_STEP,
} from "./port-plan.ts";
import {
  ORDERER_DOMAIN,
  portsOf,
  type AddedOrderer,
  type AddedPeer,
  type PeerOrganization,
  type Topology,
} from "./topology.ts";

/** Ports that other programs hold. */
type Occupied = ReadonlySet<number>;

/**
 * A further peer of an organisation, with ports that no node of the network has and nobody else holds. Undefined when there
 * are none left.
 */
export function nextPeer(
  topology: Topology,
  organization: PeerOrganization,
  name: string = nextPeerName(organization),
  occupied: Occupied = new Set(),
): AddedPeer | undefined {
  const sites = topology.organizations.flatMap(({ peers }) => peers);
  const free = freePorts(topology, occupied);
  const highest = Math.max(
    ...sites.map(({ port }) => port),
    ...topology.orderers.map((o) => o.port + 1),
  );
  const port = free(highest + PORT_STEP, PORT_STEP);
  const chaincodePort = free(port + CHAINCODE_PORT - PEER_PORT, PORT_STEP);
  const operationsPort = free(
    Math.max(...[...sites, ...topology.orderers].map((site) => site.operationsPort)) + 1,
    1,
  );
  const isPossible = Math.max(port, chaincodePort, operationsPort) <= PORT_MAX;
  return isPossible
    ? { name, organization: organization.shortName, port, chaincodePort, operationsPort }
    : undefined;
}

/** A further orderer, with ports as above. Undefined when there are none left. */
export function nextOrderer(
  topology: Topology,
  name: string = nextOrdererName(topology),
  occupied: Occupied = new Set(),
): AddedOrderer | undefined {
  const sites = topology.organizations.flatMap(({ peers }) => peers);
  const free = freePorts(topology, occupied);
  const highest = Math.max(
    ...sites.map(({ port }) => port - (PEER_PORT - ORDERER_PORT)),
    ...topology.orderers.map(({ port }) => port),
  );
  const port = free(highest + PORT_STEP, PORT_STEP);
  const adminPort = free(port + ADMIN_PORT - ORDERER_PORT, PORT_STEP);
  const operationsPorts = [...sites, ...topology.orderers].map((site) => site.operationsPort);
  const operationsPort = free(Math.max(...operationsPorts) + 1, 1);
  return Math.max(port, adminPort, operationsPort) <= PORT_MAX
    ? { name, port, adminPort, operationsPort }
    : undefined;
}

/** Answers the first of `start`, `start + step`, … that is free, and none twice. */
function freePorts(
  topology: Topology,
  occupied: Occupied,
): (start: number, step: number) => number {
  const taken = new Set([...occupied, ...portsOf(topology).map(({ port }) => port)]);
  return (start, step) => {
    let port = start;
    while (taken.has(port)) port += step;
    taken.add(port);
    return port;
  };
}

// The first is called orderer, the second orderer2.
function nextOrdererName({ orderers }: Topology): string {
  const numbers = orderers.map(({ name }) => Number(/^orderer(\d+)\./.exec(name)?.[1] ?? 1));
  return `orderer${Math.max(1, ...numbers) + 1}.${ORDERER_DOMAIN}`;
}

function nextPeerName({ peers, domain }: PeerOrganization): string {
  const indexes = peers.map(({ name }) => Number(/^peer(\d+)\./.exec(name)?.[1] ?? -1));
  return `peer${Math.max(-1, ...indexes) + 1}.${domain}`;
}
