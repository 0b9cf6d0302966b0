/** Adds a peer to a running development network: certificates, configuration, process, channels, chaincodes. */
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { LIFECYCLE_NAMESPACE } from "../chaincode/index.ts";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemRandom } from "../kernel/adapters/system-random.ts";
import { writeNode } from "../msp/adapters/index.ts";
import { Block, encode } from "../wire/index.ts";
import { announceAnchorPeer } from "./add-organization.ts";
import { writeConnectionProfile } from "./connection-profile.ts";
import type { Level } from "./client/level.ts";
import { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import { joinedChannels } from "./join-channel.ts";
import { readMembers } from "./members.ts";
import { writeManifest } from "./manifest.ts";
import { writePeerConfig } from "./node-configs.ts";
import { copyPackage, runPackages, type RunPackage } from "./peer-packages.ts";
import { nextPeer } from "./next-site.ts";
import { planAround, startNode } from "./processes.ts";
import { requireGrowable } from "./require-growable.ts";
import { forgetPeer, removePeerFiles } from "./remove-peer.ts";
import type { PeerOrganization, PeerSite } from "./topology.ts";
import { untilLevel } from "./until-level.ts";

/** Told of what is being done. */
export interface PeerSteps {
  step(text: string): void;
  level(level: Level): void;
}

export interface AddPeerReport {
  readonly name: string;
  readonly mspId: string;
  readonly address: string;
  readonly channels: readonly Level[];
  /** Time from the start of the process until its ledgers were level. */
  readonly levelMs: number;
  /** Chaincodes that it can run. */
  readonly runnable: readonly string[];
  /** Packages that the organisation's other peers run and that are not installed here. */
  readonly notInstalled: readonly RunPackage[];
}

const POLL_INTERVAL_MS = 100;
const RUNNABLE_TIMEOUT_MS = 10_000;

/** `name`: `peer7` or whole; default the next free one. `install`: also the packages that the organisation's peers run. */
export async function addPeer(
  network: DevelopmentNetwork,
  request: { readonly organization: string; readonly name?: string; readonly install: boolean },
  steps: PeerSteps,
): Promise<AddPeerReport> {
  const organization = network.organization(request.organization);
  const site = await planPeer(network, organization, request.name);
  const running = await runningPeers(network, organization);
  steps.step(`issuing certificates to ${site.name}`);
  const channelIds = await writePeer(network, organization, site, running[0]);
  const extended = await DevelopmentNetwork.open(network.layout.directory);
  try {
    steps.step(`starting ${site.name}`);
    const startedMs = performance.now();
    await start(extended, site);
    const channels: Level[] = [];
    for (const channelId of channelIds) {
      channels.push(
        await untilLevel(extended, site, channelId, (level) => {
          steps.level(level);
        }),
      );
    }
    const levelMs = Math.round(performance.now() - startedMs);
    for (const channelId of channelIds) {
      if (await announceAnchorPeer(extended, channelId, site)) {
        steps.step(`${site.name} is the anchor peer of ${site.mspId} in ${channelId}`);
      }
    }
    const packages = await packagesFor(extended, running[0], steps);
    if (request.install) await install(extended, packages, { from: running[0], to: site }, steps);
    const channelId = channelIds[0] ?? "";
    const wanted = request.install ? await runnableAt(running[0], channelId) : [];
    return {
      name: site.name,
      mspId: site.mspId,
      address: `localhost:${site.port}`,
      channels,
      levelMs,
      runnable: await untilRunnable(site, channelId, wanted),
      notInstalled: request.install ? [] : packages,
    };
  } finally {
    extended.close();
  }
}

async function planPeer(
  network: DevelopmentNetwork,
  organization: PeerOrganization,
  name: string | undefined,
): Promise<PeerSite> {
  const whole = name === undefined ? undefined : wholeName(name, organization);
  requireGrowable(network.options);
  if (network.peers.some((peer) => peer.name === whole)) {
    throw new NetworkError("unknown name", `the network has a peer ${whole}; choose another name`);
  }
  const added = await planAround(
    (occupied) => nextPeer(network.topology, organization, whole, occupied),
    ({ port, chaincodePort, operationsPort }) => [port, chaincodePort, operationsPort],
  );
  if (added === undefined) {
    throw new NetworkError("port in use", "there are no ports left for a further peer");
  }
  const { name: chosen, port, chaincodePort, operationsPort } = added;
  const { mspId, domain } = organization;
  return { name: chosen, mspId, domain, port, chaincodePort, operationsPort };
}

function wholeName(name: string, { domain }: PeerOrganization): string {
  const label = name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : name;
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(label)) return `${label}.${domain}`;
  throw new NetworkError(
    "unknown name",
    `${name} cannot be the name of a peer of ${domain}: use a-z, 0-9 and "-", such as peer5`,
  );
}

/** The running peers of the organisation; when none of it runs there must be one of another. */
async function runningPeers(
  network: DevelopmentNetwork,
  organization: PeerOrganization,
): Promise<readonly PeerSite[]> {
  const running = await network.runningPeers();
  if (running.length === 0) {
    throw new NetworkError("not running", "no peer of the network runs; start it with `heddle up`");
  }
  return organization.peers.filter(({ name }) => running.some((peer) => peer.name === name));
}

/** Writes all that the peer needs, the manifest last but one. Answers the channels that it will join. */
async function writePeer(
  network: DevelopmentNetwork,
  organization: PeerOrganization,
  site: PeerSite,
  source: PeerSite | undefined,
): Promise<readonly string[]> {
  const { layout, options } = network;
  // What an interrupted attempt or removal left of a peer that the manifest does not have.
  await removePeerFiles(layout, site);
  await writeNode({
    clock: systemClock,
    random: systemRandom,
    directory: layout.directory,
    kind: "peer",
    domain: organization.domain,
    hostname: site.name,
  });
  const channelIds = await channelsFor(network, source);
  await writePeerConfig(layout, organization, site, channelIds);
  const { name, port, chaincodePort, operationsPort } = site;
  const added = { name, organization: organization.shortName, port, chaincodePort, operationsPort };
  const addedPeers = [...(options.addedPeers ?? []), added];
  await writeManifest(layout.manifest, { ...options, addedPeers });
  const peers = [...organization.peers, site];
  await writeConnectionProfile(layout, { ...organization, peers });
  return channelIds;
}

/** What the organisation's other peers have joined; the genesis blocks are written where they are missing. */
async function channelsFor(
  network: DevelopmentNetwork,
  source: PeerSite | undefined,
): Promise<readonly string[]> {
  if (source === undefined) return [network.topology.channelId];
  const channelIds = await joinedChannels(network, source);
  const { organization } = network.peer(source.name);
  const client = await network.client(organization, "Admin", source);
  for (const channelId of channelIds) {
    if (channelId === network.topology.channelId) continue;
    const block = await client.block(channelId, {
      type: { $case: "specified", value: { number: "0" } },
    });
    if (block === undefined) {
      throw new NetworkError("refused", `${source.name} does not give block 0 of ${channelId}`);
    }
    await writeFile(network.layout.genesisBlock(channelId), encode(Block, block));
  }
  return channelIds;
}

async function start(network: DevelopmentNetwork, site: PeerSite): Promise<void> {
  const { layout } = network;
  try {
    const node = { name: site.name, role: "peer" as const, layout: layout.node(site.name) };
    const child = await startNode(node);
    child.unref();
  } catch (error) {
    await forgetPeer(layout, network.options, site);
    throw error;
  }
}

async function packagesFor(
  network: DevelopmentNetwork,
  source: PeerSite | undefined,
  steps: PeerSteps,
): Promise<readonly RunPackage[]> {
  if (source === undefined) {
    steps.step("no other peer of the organisation runs, so there is none to copy packages from");
    return [];
  }
  return runPackages(network, source);
}

async function install(
  network: DevelopmentNetwork,
  packages: readonly RunPackage[],
  { from, to }: { readonly from: PeerSite | undefined; readonly to: PeerSite },
  steps: PeerSteps,
): Promise<void> {
  if (from === undefined) return;
  for (const { packageId, chaincodes } of packages) {
    steps.step(`installing ${chaincodes.join(", ")} on ${to.name}`);
    await copyPackage(network, packageId, { from, to });
  }
}

/** What the peer says it can run; waits a while for `wanted`. */
async function untilRunnable(
  site: PeerSite,
  channelId: string,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const deadlineMs = performance.now() + RUNNABLE_TIMEOUT_MS;
  for (;;) {
    const runnable = await runnableAt(site, channelId);
    const isComplete = wanted.every((name) => runnable.includes(name));
    if (isComplete || performance.now() > deadlineMs) return runnable;
    await delay(POLL_INTERVAL_MS);
  }
}

async function runnableAt(
  site: PeerSite | undefined,
  channelId: string,
): Promise<readonly string[]> {
  if (site === undefined) return [];
  const { members } = await readMembers(site, channelId);
  const own = members.find(({ isSelf }) => isSelf)?.chaincodes ?? [];
  return own.map(({ name }) => name).filter((name) => name !== LIFECYCLE_NAMESPACE);
}
