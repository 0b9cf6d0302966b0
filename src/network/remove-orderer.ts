/** Takes an orderer out of a development network. */
import { rename } from "node:fs/promises";
import { removeOrdererFiles } from "./add-orderer.ts";
import { forecastRemoval, removeFromChannel, type OrdererSteps } from "./client/consenters.ts";
import { orderedChannels, viewOrderers } from "./client/orderer-cluster.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import { writeManifest } from "./manifest.ts";
import { stopNode } from "./processes.ts";
import type { OrdererSite } from "./topology.ts";

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
  for (const channelId of orderedChannels(await viewOrderers(network))) {
    const forecast = await forecastRemoval(network, site, channelId);
    if (forecast === undefined) continue;
    throw new NetworkError(
      "needed",
      `removing ${site.name} would stop channel ${channelId}: ${forecast}; ` +
        "start the orderers that are down first (`heddle orderer list` shows them)",
    );
  }
}

/**
 * Takes the orderer out of every channel, stops it and forgets it. Its files go unless they are to be kept: then the folder
 * is renamed, so that an orderer of the same name does not find them. Answers where they are.
 */
export async function removeOrderer(
  network: DevelopmentNetwork,
  site: OrdererSite,
  options: { readonly keepData: boolean },
  steps: Pick<OrdererSteps, "step">,
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
