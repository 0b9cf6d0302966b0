/** Takes a peer out of a development network. */
import { rm } from "node:fs/promises";
import { LIFECYCLE_NAMESPACE } from "../chaincode/index.ts";
import { writeConnectionProfile } from "./connection-profile.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import type { NetworkLayout } from "./layout.ts";
import { writeManifest } from "./manifest.ts";
import { readMembers, type MembersReport } from "./members.ts";
import { stopNode } from "./processes.ts";
import { planTopology, type PeerSite, type TopologyOptions } from "./topology.ts";

/** Rejects with `NetworkError` ("needed") when others depend on the peer: what is to be asked before it is removed. */
export async function checkRemoval(network: DevelopmentNetwork, peer: string): Promise<void> {
  const { site, organization } = network.peer(peer);
  const { name } = site;
  const others = organization.peers.filter((each) => each.name !== name);
  const { channelId } = network.topology;
  if (others.length === 0) {
    throw needed(`${name} is the last peer of ${organization.mspId}, which could endorse nothing`);
  }
  if (name === `peer0.${organization.domain}`) {
    throw needed(`${name} is the anchor peer where others begin to look for ${organization.mspId}`);
  }
  const members = await membersSeenBy([site, ...others], channelId);
  const endpoint = `${site.name}:${site.port}`;
  const alone = chaincodesOnlyAt(members, endpoint, organization.mspId);
  if (alone.length > 0) {
    throw needed(`${name} is the last peer of ${organization.mspId} that runs ${alone.join(", ")}`);
  }
}

/** Stops the peer, forgets it, and removes its ledger, keys and configuration. */
export async function removePeer(network: DevelopmentNetwork, peer: string): Promise<void> {
  const { site } = network.peer(peer);
  const { layout } = network;
  const { name } = site;
  await stopNode({ name, role: "peer", layout: layout.node(name) });
  await forgetPeer(layout, network.options, site);
}

/** Forgets a peer that does not run. The manifest comes first: what is left of a peer that nobody knows is harmless. */
export async function forgetPeer(
  layout: NetworkLayout,
  options: TopologyOptions,
  site: PeerSite,
): Promise<void> {
  const added = options.addedPeers ?? [];
  const addedPeers = added.filter((peer) => peer.name !== site.name);
  const wasAdded = addedPeers.length < added.length;
  const removed = options.removedPeers ?? [];
  const removedPeers = wasAdded ? removed : [...removed, site.name];
  const next = { ...options, addedPeers, removedPeers };
  await writeManifest(layout.manifest, next);
  await removePeerFiles(layout, site);
  const organization = planTopology(next).organizations.find(({ mspId }) => mspId === site.mspId);
  if (organization !== undefined) await writeConnectionProfile(layout, organization);
}

export async function removePeerFiles(layout: NetworkLayout, site: PeerSite): Promise<void> {
  await rm(layout.node(site.name).directory, { recursive: true, force: true });
  await rm(layout.peer(site), { recursive: true, force: true });
}

async function membersSeenBy(
  peers: readonly PeerSite[],
  channelId: string,
): Promise<MembersReport["members"]> {
  for (const peer of peers) {
    const report = await readMembers(peer, channelId).catch(() => undefined);
    if (report !== undefined) return report.members;
  }
  return [];
}

function chaincodesOnlyAt(
  members: MembersReport["members"],
  endpoint: string,
  mspId: string,
): readonly string[] {
  const own = members.filter((member) => member.mspId === mspId);
  const elsewhere = new Set(
    own
      .filter((member) => member.endpoint !== endpoint)
      .flatMap(({ chaincodes }) => chaincodes.map((chaincode) => chaincode.name)),
  );
  return own
    .filter((member) => member.endpoint === endpoint)
    .flatMap(({ chaincodes }) => chaincodes.map((chaincode) => chaincode.name))
    .filter((name) => name !== LIFECYCLE_NAMESPACE && !elsewhere.has(name));
}

function needed(reason: string): NetworkError {
  return new NetworkError("needed", `${reason}; remove it all the same with --force`);
}
