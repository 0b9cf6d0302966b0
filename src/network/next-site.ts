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

/** A further peer of an organisation, with ports that no node of the network has. Undefined when there are none left. */
export function nextPeer(
  topology: Topology,
  organization: PeerOrganization,
  name: string = nextPeerName(organization),
): AddedPeer | undefined {
  const sites = topology.organizations.flatMap(({ peers }) => peers);
  const taken = new Set(portsOf(topology).map(({ port }) => port));
  const first = (start: number, step: number): number => {
    let port = start;
    while (taken.has(port)) port += step;
    taken.add(port);
    return port;
  };
  const highest = Math.max(
    ...sites.map(({ port }) => port),
    ...topology.orderers.map((o) => o.port + 1),
  );
  const port = first(highest + PORT_STEP, PORT_STEP);
  const chaincodePort = first(port + CHAINCODE_PORT - PEER_PORT, PORT_STEP);
  const operationsPort = first(
    Math.max(...[...sites, ...topology.orderers].map((site) => site.operationsPort)) + 1,
    1,
  );
  const isPossible = Math.max(port, chaincodePort, operationsPort) <= PORT_MAX;
  return isPossible
    ? { name, organization: organization.shortName, port, chaincodePort, operationsPort }
    : undefined;
}

/** A further orderer, with ports that no node of the network has. Undefined when there are none left. */
export function nextOrderer(
  topology: Topology,
  name: string = nextOrdererName(topology),
): AddedOrderer | undefined {
  const sites = topology.organizations.flatMap(({ peers }) => peers);
  const taken = new Set(portsOf(topology).map(({ port }) => port));
  const free = (start: number, step: number): number => {
    let port = start;
    while (taken.has(port)) port += step;
    taken.add(port);
    return port;
  };
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

// The first is called orderer, the second orderer2.
function nextOrdererName({ orderers }: Topology): string {
  const numbers = orderers.map(({ name }) => Number(/^orderer(\d+)\./.exec(name)?.[1] ?? 1));
  return `orderer${Math.max(1, ...numbers) + 1}.${ORDERER_DOMAIN}`;
}

function nextPeerName({ peers, domain }: PeerOrganization): string {
  const indexes = peers.map(({ name }) => Number(/^peer(\d+)\./.exec(name)?.[1] ?? -1));
  return `peer${Math.max(-1, ...indexes) + 1}.${domain}`;
}
