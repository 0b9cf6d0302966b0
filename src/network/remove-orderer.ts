/** Takes an orderer out of a development network. */
import { rename } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { GroupReport } from "../../cluster/ordering/index.ts";
import { removeOrdererFiles, type OrdererSteps } from "./add-orderer.ts";
import { namesConsenter, removeConsenter } from "./consenter-changes.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import { writeManifest } from "./manifest.ts";
import {
  addressOf,
  configInForce,
  leaderOf,
  orderedChannels,
  untilLeader,
  updateChannel,
  viewOrderers,
  type OrdererView,
} from "./orderer-cluster.ts";
import { stopNode } from "./processes.ts";
import type { OrdererSite } from "./topology.ts";

const POLL_INTERVAL_MS = 100;
const REMOVAL_TIMEOUT_MS = 30_000;

/** Rejects with `NetworkError` ("needed") when a channel would be left without a quorum. */
export async function checkOrdererRemoval(
  network: DevelopmentNetwork,
  site: OrdererSite,
): Promise<void> {
  if (network.topology.orderers.length === 1) {
    throw new NetworkError(
      "needed",
      `${site.name} is the network's last orderer: nothing would be ordered any more; use \`heddle reset\` to remove the network`,
    );
  }
  const views = await viewOrderers(network);
  for (const channelId of orderedChannels(views)) {
    const leader = leaderOf(views, channelId) ?? (await untilLeader(network, channelId));
    const forecast = removalForecast(leader.group, addressOf(site));
    if (forecast === undefined) continue;
    throw new NetworkError(
      "needed",
      `removing ${site.name} would stop channel ${channelId}: ${forecast}; ` +
        "start the orderers that are down first (`heddle orderer list` shows them)",
    );
  }
}

/** What the removal of the consenter at `address` would leave, when that is too little: "1 of 2 would be reachable; needs 2". */
export function removalForecast(
  { consenters, voters }: Pick<GroupReport, "consenters" | "voters">,
  address: string,
): string | undefined {
  const leaving = consenters.find((each) => each.address === address);
  // Who does not vote is not missed.
  if (leaving === undefined || !voters.includes(leaving.raftId)) return undefined;
  const remaining = consenters.filter((each) => each !== leaving && each.isVoter);
  const reachable = remaining.filter(({ isActive }) => isActive === true).length;
  const needed = Math.floor(remaining.length / 2) + 1;
  return reachable >= needed
    ? undefined
    : `${reachable} of ${remaining.length} would be reachable; needs ${needed}`;
}

/**
 * Takes the orderer out of every channel, stops it and forgets it. Its files go unless they are to be kept: then the folder
 * is renamed, so that an orderer of the same name does not find them. Answers where they are.
 */
export async function removeOrderer(
  network: DevelopmentNetwork,
  site: OrdererSite,
  options: { readonly keepData: boolean },
  steps: OrdererSteps,
): Promise<string | undefined> {
  for (const channelId of orderedChannels(await viewOrderers(network))) {
    await removeFromChannel(network, site, channelId, steps);
  }
  steps.step(`stopping ${site.name}`);
  await stopNode({ name: site.name, role: "orderer", layout: network.layout.node(site.name) });
  await forgetOrderer(network, site);
  const kept = options.keepData ? await keepFolder(network, site) : undefined;
  await removeOrdererFiles(network, site);
  return kept;
}

async function keepFolder({ layout }: DevelopmentNetwork, { name }: OrdererSite): Promise<string> {
  const { directory } = layout.node(name);
  const kept = `${directory}.kept-${new Date().toISOString().replaceAll(":", "-")}`;
  await rename(directory, kept);
  return kept;
}

/** What is left of an orderer that the manifest does not have is harmless. */
async function forgetOrderer(network: DevelopmentNetwork, { name }: OrdererSite): Promise<void> {
  const { layout, options } = network;
  const added = options.addedOrderers ?? [];
  const addedOrderers = added.filter((orderer) => orderer.name !== name);
  const wasAdded = addedOrderers.length < added.length;
  const removed = options.removedOrderers ?? [];
  const removedOrderers = wasAdded ? removed : [...removed, name];
  await writeManifest(layout.manifest, { ...options, addedOrderers, removedOrderers });
}

async function removeFromChannel(
  network: DevelopmentNetwork,
  site: OrdererSite,
  channelId: string,
  steps: OrdererSteps,
): Promise<void> {
  const leader = await untilLeader(network, channelId);
  const { config } = await configInForce(network, leader);
  if (!namesConsenter(config, addressOf(site))) return;
  if (leader.site.name === site.name) {
    steps.step(`handing the leadership of ${channelId} away`);
    await (await network.ordererAdmin(site.name)).transferLeadership(channelId);
  }
  const raftId = leader.group.consenters.find(({ address }) => address === addressOf(site))?.raftId;
  steps.step(`taking ${site.name} out of the consenters of ${channelId}`);
  await updateChannel(network, channelId, (current) =>
    namesConsenter(current, addressOf(site))
      ? removeConsenter(current, site.mspId, addressOf(site))
      : undefined,
  );
  if (raftId !== undefined) await untilNoVoter(network, { site, channelId, raftId });
}

interface Leaver {
  readonly site: OrdererSite;
  readonly channelId: string;
  readonly raftId: number;
}

// It is needed for its own removal: stopped too early, the others might be too few to complete it.
async function untilNoVoter(network: DevelopmentNetwork, leaver: Leaver): Promise<void> {
  const deadlineMs = performance.now() + REMOVAL_TIMEOUT_MS;
  for (;;) {
    const views = await viewOrderers(network);
    if (isGone(views, leaver)) return;
    if (performance.now() > deadlineMs) {
      throw new NetworkError(
        "node failed",
        `${leaver.site.name} still votes in ${leaver.channelId} after ${REMOVAL_TIMEOUT_MS} ms; give the command again when all orderers run (\`heddle orderer list\`)`,
      );
    }
    await delay(POLL_INTERVAL_MS);
  }
}

function isGone(views: readonly OrdererView[], { site, channelId, raftId }: Leaver): boolean {
  const leader = leaderOf(views, channelId);
  return (
    leader !== undefined &&
    leader.site.name !== site.name &&
    !leader.group.voters.includes(raftId) &&
    leader.group.pending?.raftId !== raftId
  );
}
