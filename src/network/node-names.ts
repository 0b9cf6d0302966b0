import { NetworkError } from "./errors.ts";
import type { OrdererSite, PeerSite, Topology } from "./topology.ts";

/**
 * The nodes that `name` means: `orderers`, `peers`, the peers of an organisation (`org1`, `Org1MSP`), or the one node of that
 * name. Throws `NetworkError` ("unknown name").
 */
export function nodesNamed(
  name: string,
  network: { readonly topology: Topology; readonly peers: readonly PeerSite[] },
): readonly string[] {
  const orderers = network.topology.orderers.map((each) => each.name);
  const peers = network.peers.map((each) => each.name);
  if (name === "orderers") return orderers;
  if (name === "peers") return peers;
  const wanted = name.toLowerCase();
  const organization = network.topology.organizations.find(({ shortName, mspId, domain }) =>
    [shortName, mspId.toLowerCase(), domain].includes(wanted),
  );
  if (organization === undefined) return [nodeNamed(name, [...orderers, ...peers])];
  return organization.peers.map((each) => each.name);
}

/**
 * The node that `name` means: whole (`peer0.org1.example.com`) or its first labels (`peer0.org1`, `orderer2`); `orderer1` is the first
 * orderer. Throws `NetworkError` ("unknown name").
 */
export function nodeNamed(name: string, names: readonly string[], kind = "node"): string {
  const wanted = /^orderer1(\.|$)/.test(name) ? name.replace("orderer1", "orderer") : name;
  const found = names.filter((each) => each === wanted || each.startsWith(`${wanted}.`));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const what = first === undefined ? `is no ${kind}` : `may be ${found.join(" or ")}`;
  throw new NetworkError("unknown name", `${name} ${what}; the network has ${names.join(", ")}`);
}

/** The orderer called `name`, `orderer4` or whole. Throws as `nodeNamed`. */
export function ordererNamed(
  { topology: { orderers } }: { readonly topology: Pick<Topology, "orderers"> },
  name: string,
): OrdererSite {
  const found = orderers.find(
    (site) => site.name === name || site.name === `${name}.${site.domain}`,
  );
  if (found !== undefined) return found;
  const known = orderers.map((site) => site.name).join(", ");
  throw new NetworkError("unknown name", `there is no orderer ${name}; the network has ${known}`);
}
