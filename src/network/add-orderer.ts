/** Adds an orderer to a running development network. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemRandom } from "../kernel/adapters/system-random.ts";
import { writeNode } from "../msp/adapters/index.ts";
import type { Level } from "./add-peer.ts";
import { addConsenter, namesConsenter } from "./consenter-changes.ts";
import { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import { writeManifest } from "./manifest.ts";
import { writeOrdererConfig } from "./node-configs.ts";
import {
  addressOf,
  channelOf,
  configInForce,
  leaderOf,
  orderedChannels,
  untilLeader,
  updateChannel,
  viewOrderers,
  type OrdererView,
} from "./orderer-cluster.ts";
import { nextOrderer } from "./next-site.ts";
import { requirePortsFree, startNode } from "./processes.ts";
import { requireGrowable } from "./require-growable.ts";
import { ORDERER_COUNT_MAX, ORDERER_DOMAIN, type OrdererSite } from "./topology.ts";

/** Told of what is being done. */
export interface OrdererSteps {
  step(text: string): void;
  level(level: Level): void;
}

export interface AddOrdererReport {
  readonly name: string;
  readonly address: string;
  readonly channels: readonly (Level & { readonly raftId: number })[];
  /** From the start of its process until it votes and is level in every channel. */
  readonly levelMs: number;
}

const POLL_INTERVAL_MS = 100;
/** An orderer whose ledger has not grown for so long, and that does not vote, has a fault. */
const STANDSTILL_MS = 60_000;

/**
 * `name`: `orderer7` or whole; default the next free one. Each step looks first whether it is done, so that the same
 * command, given again, goes on where an earlier one was interrupted.
 */
export async function addOrderer(
  network: DevelopmentNetwork,
  request: { readonly name?: string },
  steps: OrdererSteps,
): Promise<AddOrdererReport> {
  const channelIds = await channelsToJoin(network);
  const site = await prepare(network, request.name, steps);
  const extended = await DevelopmentNetwork.open(network.layout.directory);
  const startedMs = performance.now();
  if ((await extended.pidOf(site.name)) === undefined) {
    steps.step(`starting ${site.name}`);
    const layout = extended.layout.node(site.name);
    (await startNode({ name: site.name, role: "orderer", layout })).unref();
  }
  const channels: AddOrdererReport["channels"][number][] = [];
  for (const channelId of channelIds) {
    channels.push(await addToChannel(extended, site, channelId, steps));
  }
  const levelMs = Math.round(performance.now() - startedMs);
  return { name: site.name, address: `localhost:${site.port}`, channels, levelMs };
}

// Nothing is begun that the group could not finish.
async function channelsToJoin(network: DevelopmentNetwork): Promise<readonly string[]> {
  const views = await viewOrderers(network);
  const channelIds = orderedChannels(views);
  if (channelIds.length === 0) {
    throw new NetworkError(
      "not running",
      "no orderer of the network answers; start it with `heddle up`",
    );
  }
  for (const channelId of channelIds) {
    if (leaderOf(views, channelId) === undefined) await untilLeader(network, channelId);
  }
  return channelIds;
}

async function prepare(
  network: DevelopmentNetwork,
  name: string | undefined,
  steps: OrdererSteps,
): Promise<OrdererSite> {
  const whole = name === undefined ? undefined : wholeName(name);
  const present = network.topology.orderers.find((site) => site.name === whole);
  if (present !== undefined) return present;
  const site = await planOrderer(network, whole);
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
  const added = nextOrderer(topology, name);
  const [first] = topology.orderers;
  if (added === undefined || first === undefined) {
    throw new NetworkError("port in use", "there are no ports left for a further orderer");
  }
  const { port, adminPort, operationsPort } = added;
  await requirePortsFree(
    [port, adminPort, operationsPort].map((each) => ({ port: each, use: added.name })),
  );
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

async function addToChannel(
  network: DevelopmentNetwork,
  site: OrdererSite,
  channelId: string,
  steps: OrdererSteps,
): Promise<AddOrdererReport["channels"][number]> {
  const admin = await network.ordererAdmin(site.name);
  const joined = await admin.list();
  if (!joined.some(({ name }) => name === channelId)) {
    steps.step(`joining ${channelId} as a follower`);
    const { block } = await configInForce(network, await untilLeader(network, channelId));
    await admin.join(block);
  }
  // As a follower it costs the group nothing; it votes at once when it is named.
  await untilLevel(network, site, channelId, steps, () => true);
  steps.step(`making ${site.name} a consenter of ${channelId}`);
  const tlsCertPem = await readFile(join(network.layout.orderer(site), "tls", "server.crt"));
  await updateChannel(network, channelId, (config) =>
    namesConsenter(config, addressOf(site))
      ? undefined
      : addConsenter(config, site.mspId, { host: site.name, port: site.port, tlsCertPem }),
  );
  return untilLevel(network, site, channelId, steps, (raftId, voters) => voters.includes(raftId));
}

/** Waits until the orderer has the leader's blocks and `isReady`. Rejects when it stands still. */
export async function untilLevel(
  network: DevelopmentNetwork,
  site: OrdererSite,
  channelId: string,
  steps: OrdererSteps,
  isReady: (raftId: number, voters: readonly number[]) => boolean,
): Promise<AddOrdererReport["channels"][number]> {
  let best = -1;
  let grownMs = performance.now();
  for (;;) {
    const views = await viewOrderers(network);
    const leader = leaderOf(views, channelId);
    const own = views.find((view) => view.site.name === site.name);
    const reading = readingOf(own, channelId, leader?.group.height);
    if (reading.height > best) grownMs = performance.now();
    best = Math.max(best, reading.height);
    steps.level(reading);
    const isLevel = leader !== undefined && reading.height >= reading.target;
    if (isLevel && isReady(reading.raftId, leader.group.voters)) return reading;
    if (performance.now() - grownMs > STANDSTILL_MS) {
      const pending = leader?.group.pending;
      const why = pending ? ` (member ${pending.raftId}: ${pending.reason})` : "";
      throw new NetworkError(
        "node failed",
        `${site.name} stands still at block ${reading.height} of ${reading.target} of ${channelId}${why}; ` +
          `see ${network.layout.node(site.name).log}, then give the command again with --name, or take it out with \`heddle orderer remove ${site.name}\``,
      );
    }
    await delay(POLL_INTERVAL_MS);
  }
}

function readingOf(
  view: OrdererView | undefined,
  channelId: string,
  leaderHeight: number | undefined,
): AddOrdererReport["channels"][number] {
  const channel = view && channelOf(view, channelId);
  const height = channel?.height ?? 0;
  const target = Math.max(1, leaderHeight ?? height);
  return { channelId, height, target, raftId: channel?.group?.raftId ?? 0 };
}
