/** Adds an orderer to a running development network. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemRandom } from "../kernel/adapters/system-random.ts";
import { writeNode } from "../msp/adapters/index.ts";
import {
  addToChannel,
  additionForecast,
  type MemberLevel,
  type OrdererSteps,
} from "./client/consenters.ts";
import {
  addressOf,
  leaderOf,
  orderedChannels,
  untilLeader,
  viewOrderers,
} from "./client/orderer-cluster.ts";
import { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import { writeManifest } from "./manifest.ts";
import { writeOrdererConfig } from "./node-configs.ts";
import { nextOrderer } from "./next-site.ts";
import { planAround, startNode } from "./processes.ts";
import { requireGrowable } from "./require-growable.ts";
import { ORDERER_COUNT_MAX, ORDERER_DOMAIN, type OrdererSite } from "./topology.ts";

export interface AddOrdererReport {
  readonly name: string;
  readonly address: string;
  readonly channels: readonly MemberLevel[];
  /** From the start of its process until it votes and is level in every channel. */
  readonly levelMs: number;
}

/**
 * `name`: `orderer7` or whole; default the next free one. Each step looks first whether it is done, so that the same
 * command, given again, goes on where an earlier one was interrupted.
 */
export async function addOrderer(
  network: DevelopmentNetwork,
  request: { readonly name?: string },
  steps: OrdererSteps,
): Promise<AddOrdererReport> {
  const channelIds = await channelsToJoin(network, presentOrderer(network, request.name));
  const site = await prepare(network, request.name, steps);
  const extended = await DevelopmentNetwork.open(network.layout.directory);
  const startedMs = performance.now();
  if ((await extended.pidOf(site.name)) === undefined) {
    steps.step(`starting ${site.name}`);
    const layout = extended.layout.node(site.name);
    (await startNode({ name: site.name, role: "orderer", layout })).unref();
  }
  const tlsCertPem = await readFile(join(extended.layout.orderer(site), "tls", "server.crt"));
  const channels: MemberLevel[] = [];
  for (const channelId of channelIds) {
    channels.push(await addToChannel(extended, site, { channelId, tlsCertPem }, steps));
  }
  const levelMs = Math.round(performance.now() - startedMs);
  return { name: site.name, address: `localhost:${site.port}`, channels, levelMs };
}

// Nothing is begun that the group could not finish.
async function channelsToJoin(
  network: DevelopmentNetwork,
  present: OrdererSite | undefined,
): Promise<readonly string[]> {
  const views = await viewOrderers(network);
  const channelIds = orderedChannels(views);
  if (channelIds.length === 0) {
    throw new NetworkError(
      "not running",
      "no orderer of the network answers; start it with `heddle up`",
    );
  }
  for (const channelId of channelIds) {
    const { group } = leaderOf(views, channelId) ?? (await untilLeader(network, channelId));
    const address = present && addressOf(present);
    if (group.consenters.some((consenter) => consenter.address === address)) continue;
    const forecast = additionForecast(group);
    if (forecast === undefined) continue;
    throw new NetworkError(
      "needed",
      `a further consenter would stop channel ${channelId}: ${forecast}; ` +
        "start the orderers that are down first (`heddle orderer list` shows them)",
    );
  }
  return channelIds;
}

function presentOrderer(
  { topology }: DevelopmentNetwork,
  name: string | undefined,
): OrdererSite | undefined {
  const whole = name === undefined ? undefined : wholeName(name);
  return topology.orderers.find((site) => site.name === whole);
}

async function prepare(
  network: DevelopmentNetwork,
  name: string | undefined,
  steps: OrdererSteps,
): Promise<OrdererSite> {
  const present = presentOrderer(network, name);
  if (present !== undefined) return present;
  const site = await planOrderer(network, name === undefined ? undefined : wholeName(name));
  steps.step(`issuing certificates to ${site.name}`);
  const { layout, options } = network;
  // What an interrupted attempt or removal left of an orderer that the manifest does not have.
  await removeOrdererFiles(network, site);
  await writeNode({
    clock: systemClock,
    random: systemRandom,
    directory: layout.directory,
    kind: "orderer",
    domain: site.domain,
    hostname: site.name,
  });
  await writeOrdererConfig(layout, site, []);
  const { port, adminPort, operationsPort } = site;
  const added = { name: site.name, port, adminPort, operationsPort };
  const addedOrderers = [...(options.addedOrderers ?? []), added];
  await writeManifest(layout.manifest, { ...options, addedOrderers });
  return site;
}

async function planOrderer(
  network: DevelopmentNetwork,
  name: string | undefined,
): Promise<OrdererSite> {
  const { topology } = network;
  if (topology.orderers.length >= ORDERER_COUNT_MAX) {
    throw new NetworkError(
      "port in use",
      `the network has ${ORDERER_COUNT_MAX} orderers, which is the most it may have; remove one first`,
    );
  }
  requireGrowable(network.options);
  const added = await planAround(
    (occupied) => nextOrderer(topology, name, occupied),
    ({ port, adminPort, operationsPort }) => [port, adminPort, operationsPort],
  );
  const [first] = topology.orderers;
  if (added === undefined || first === undefined) {
    throw new NetworkError("port in use", "there are no ports left for a further orderer");
  }
  const { mspId, domain } = first;
  return { ...added, mspId, domain };
}

function wholeName(name: string): string {
  const suffix = `.${ORDERER_DOMAIN}`;
  const label = name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(label)) return `${label}${suffix}`;
  throw new NetworkError(
    "unknown name",
    `${name} cannot be the name of an orderer: use a-z, 0-9 and "-", such as orderer4`,
  );
}

/** Removes all files of an orderer. */
export async function removeOrdererFiles(
  { layout }: DevelopmentNetwork,
  site: OrdererSite,
): Promise<void> {
  await rm(layout.node(site.name).directory, { recursive: true, force: true });
  await rm(layout.orderer(site), { recursive: true, force: true });
}
