/** Brings a further organisation into a channel of a running development network. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { applicationOrganization, type ChannelConfig } from "../channel/index.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import { readSigner } from "../msp/adapters/msp-directory.ts";
import { AnchorPeers, encode, type ConfigGroup } from "../wire/index.ts";
import { writeConnectionProfile } from "./connection-profile.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import { writeManifest } from "./manifest.ts";
import { updateChannel } from "./client/orderer-cluster.ts";
import {
  ORGANIZATION_NAME,
  nextOrganization,
  type PeerOrganization,
  type PeerSite,
} from "./topology.ts";

export interface AddOrganizationReport {
  /** `org3`. */
  readonly name: string;
  readonly mspId: string;
  readonly domain: string;
  readonly channelId: string;
  /** MSP ids of those whose administrators signed for it. */
  readonly signedBy: readonly string[];
}

/**
 * Issues an organisation's certificates and adds it to the channel, by a configuration update that the administrators of all
 * organisations in it sign. What an interrupted attempt has done is not done again. `name`: default the next number.
 */
export async function addOrganization(
  network: DevelopmentNetwork,
  name: string | undefined,
  onStep: (text: string) => void,
): Promise<AddOrganizationReport> {
  const { layout, options, topology } = network;
  const organization = plan(network, name);
  const { shortName, mspId, domain } = organization;
  const { writePeerOrganization, applicationOrganizationProfile } = await import("./material.ts");
  if (!(await exists(layout.peerOrganization(domain)))) {
    onStep(`issuing certificates to ${mspId}`);
    await writePeerOrganization(layout, organization);
  }
  const profile = await applicationOrganizationProfile(layout, organization);
  onStep(`adding ${mspId} to channel ${topology.channelId}`);
  const signers = await Promise.all(
    topology.organizations.map((each) => administrator(network, each)),
  );
  await updateChannel(network, topology.channelId, addingOrganization(profile), signers);
  await writeConnectionProfile(layout, organization);
  const addedOrganizations = [...(options.addedOrganizations ?? []), shortName];
  await writeManifest(layout.manifest, { ...options, addedOrganizations });
  const signedBy = topology.organizations.map((each) => each.mspId);
  return { name: shortName, mspId, domain, channelId: topology.channelId, signedBy };
}

/** Makes the peer its organisation's anchor peer of the channel, where it has none. Answers whether it did. */
export async function announceAnchorPeer(
  network: DevelopmentNetwork,
  channelId: string,
  site: PeerSite,
): Promise<boolean> {
  const { organization } = network.peer(site.name);
  let isAnnounced = false;
  const change = (config: ChannelConfig): ((root: ConfigGroup) => void) | undefined => {
    const listed = config.application.organizations.find(({ mspId }) => mspId === site.mspId);
    if (listed === undefined || listed.anchorPeers.length > 0) return undefined;
    isAnnounced = true;
    const anchorPeers = [{ host: site.name, port: site.port }];
    return (root) => {
      const group = root.groups.get("Application")?.groups.get(listed.name);
      const value = encode(AnchorPeers, { anchorPeers });
      group?.values.set("AnchorPeers", { version: 0, value, modPolicy: "Admins" });
    };
  };
  await updateChannel(network, channelId, change, [await administrator(network, organization)]);
  return isAnnounced;
}

function addingOrganization(
  profile: Parameters<typeof applicationOrganization>[0],
): (config: ChannelConfig) => ((root: ConfigGroup) => void) | undefined {
  return ({ application }) => {
    if (application.organizations.some(({ mspId }) => mspId === profile.mspId)) return undefined;
    return (root) => {
      root.groups.get("Application")?.groups.set(profile.name, applicationOrganization(profile));
    };
  };
}

function plan(
  { options, topology }: DevelopmentNetwork,
  name: string | undefined,
): PeerOrganization {
  const wanted = name?.toLowerCase();
  if (wanted !== undefined && !ORGANIZATION_NAME.test(wanted)) {
    throw new NetworkError(
      "unknown name",
      `${wanted} cannot be the name of an organisation: use a-z and 0-9, such as org3, and begin with neither "peer" nor "orderer"`,
    );
  }
  const organization = nextOrganization(options, wanted);
  const { domain, mspId } = organization;
  if (topology.organizations.some((each) => each.domain === domain)) {
    throw new NetworkError("unknown name", `the network has ${mspId}; choose another name`);
  }
  return organization;
}

function administrator(
  { layout }: DevelopmentNetwork,
  { domain, mspId }: PeerOrganization,
): Promise<Signer> {
  return readSigner(join(layout.user(domain, "Admin"), "msp"), mspId);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
