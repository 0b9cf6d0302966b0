/** The connection profile that Fabric's client libraries read, one for each organisation. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NetworkLayout } from "./layout.ts";
import { dialAddressOf, type PeerOrganization, type PeerSite } from "./topology.ts";

export async function writeConnectionProfile(
  layout: NetworkLayout,
  organization: PeerOrganization,
): Promise<void> {
  const { shortName, mspId, peers, domain } = organization;
  const displayName = shortName.charAt(0).toUpperCase() + shortName.slice(1);
  const pem = await readFile(layout.tlsRoot(domain), "utf8");
  const profile = {
    name: `heddle-${shortName}`,
    version: "1.0.0",
    client: {
      organization: displayName,
      connection: { timeout: { peer: { endorser: "300" } } },
    },
    organizations: { [displayName]: { mspid: mspId, peers: peers.map(({ name }) => name) } },
    peers: Object.fromEntries(peers.map((peer) => [peer.name, peerEntry(peer, pem)])),
  };
  await writeFile(
    join(layout.peerOrganization(domain), `connection-${shortName}.json`),
    `${JSON.stringify(profile, undefined, 2)}\n`,
  );
}

function peerEntry(peer: PeerSite, pem: string): unknown {
  return {
    url: `grpcs://${dialAddressOf(peer)}`,
    tlsCACerts: { pem },
    grpcOptions: { "ssl-target-name-override": peer.name, hostnameOverride: peer.name },
  };
}
