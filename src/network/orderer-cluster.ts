/** The orderers of a network as their own reports show them, and what an administrator does to their channels. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { GroupReport } from "../../cluster/ordering/index.ts";
import { ChannelConfig } from "../channel/index.ts";
import { errorMessage } from "../kernel/error.ts";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemRandom } from "../kernel/adapters/system-random.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import { readSigner } from "../msp/adapters/msp-directory.ts";
import { Block, decode, type ConfigGroup } from "../wire/index.ts";
import { configUpdateOf, signedConfigUpdate } from "./client/config-update.ts";
import type { OrdererChannelReport, OrdererReport } from "./client/orderer-report.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import type { OrdererSite } from "./topology.ts";

/** One orderer, seen from outside. */
export interface OrdererView {
  readonly site: OrdererSite;
  /** Undefined: it does not run. */
  readonly pid: number | undefined;
  /** Undefined: it does not answer. */
  readonly report: OrdererReport | undefined;
}

/** A member that leads a channel. */
export interface LeaderView {
  readonly site: OrdererSite;
  readonly group: GroupReport;
}

/** An election takes two seconds. */
const LEADER_TIMEOUT_MS = 15_000;
const POLL_INTERVAL_MS = 100;

/** `host:port` of an orderer in configurations. */
export function addressOf({ name, port }: OrdererSite): string {
  return `${name}:${port}`;
}

export function viewOrderers(network: DevelopmentNetwork): Promise<readonly OrdererView[]> {
  return Promise.all(network.topology.orderers.map((site) => viewOrderer(network, site)));
}

async function viewOrderer(network: DevelopmentNetwork, site: OrdererSite): Promise<OrdererView> {
  const pid = await network.pidOf(site.name);
  if (pid === undefined) return { site, pid, report: undefined };
  const admin = await network.ordererAdmin(site.name);
  return { site, pid, report: await admin.report().catch(() => undefined) };
}

export function channelOf(view: OrdererView, channelId: string): OrdererChannelReport | undefined {
  return view.report?.channels.find(({ name }) => name === channelId);
}

/** The channels that the orderers which answer order together, sorted. */
export function orderedChannels(views: readonly OrdererView[]): readonly string[] {
  const channels = views.flatMap(({ report }) => report?.channels ?? []);
  const ordered = channels.filter(({ group }) => group !== null).map(({ name }) => name);
  return [...new Set(ordered)].sort();
}

/** Who leads now, by the newest term. */
export function leaderOf(views: readonly OrdererView[], channelId: string): LeaderView | undefined {
  const leaders = views.flatMap((view) => {
    const group = channelOf(view, channelId)?.group;
    return group?.role === "leader" ? [{ site: view.site, group }] : [];
  });
  return leaders.sort((a, b) => b.group.term - a.group.term)[0];
}

/** Waits for a leader through an election. Rejects with `NetworkError` ("not running") when none comes. */
export async function untilLeader(
  network: DevelopmentNetwork,
  channelId: string,
): Promise<LeaderView> {
  const deadlineMs = performance.now() + LEADER_TIMEOUT_MS;
  for (;;) {
    const views = await viewOrderers(network);
    const leader = leaderOf(views, channelId);
    if (leader !== undefined) return leader;
    if (performance.now() > deadlineMs) throw leaderless(views, channelId);
    await delay(POLL_INTERVAL_MS);
  }
}

function leaderless(views: readonly OrdererView[], channelId: string): NetworkError {
  const silent = views.filter(({ report }) => report === undefined).map(({ site }) => site.name);
  const who =
    silent.length === 0 ? "though all orderers answer" : `${silent.join(", ")} do not answer`;
  return new NetworkError(
    "not running",
    `channel ${channelId} has no leader (${who}); start what is down with \`heddle orderer start --config nodes/NAME/config.yaml\`, ` +
      "or, if the majority is lost for good, see `heddle orderer recover --help`",
  );
}

/** The configuration in force, and the block that holds it, from the channel's leader. */
export async function configInForce(
  network: DevelopmentNetwork,
  leader: LeaderView,
): Promise<{ readonly config: ChannelConfig; readonly block: Uint8Array }> {
  const admin = await network.ordererAdmin(leader.site.name);
  const block = await admin.configBlock(leader.group.channelId);
  return { config: ChannelConfig.fromBlock(decode(Block, block)), block };
}

const ATTEMPTS_MAX = 40;
const RETRY_MS = 250;

/**
 * Changes the channel's configuration, signed by the orderers' administrator and by `others`. An update that another one overtook, or that
 * comes before an earlier change of the members is complete, is made again. Rejects with what the orderers say.
 */
export async function updateChannel(
  network: DevelopmentNetwork,
  channelId: string,
  changeOf: (config: ChannelConfig) => ((root: ConfigGroup) => void) | undefined,
  others: readonly Signer[] = [],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const leader = await untilLeader(network, channelId);
    try {
      await tryUpdate(network, leader, changeOf, others);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isPassing(errorMessage(error))) throw error;
      await delay(RETRY_MS);
    }
  }
}

async function tryUpdate(
  network: DevelopmentNetwork,
  leader: LeaderView,
  changeOf: (config: ChannelConfig) => ((root: ConfigGroup) => void) | undefined,
  others: readonly Signer[],
): Promise<void> {
  const { config } = await configInForce(network, leader);
  const change = changeOf(config);
  const update = change && configUpdateOf(config, change);
  if (update === undefined) return;
  const { domain, mspId } = leader.site;
  const signer = await readSigner(join(network.layout.ordererAdmin(domain), "msp"), mspId);
  const source = { signer, clock: systemClock, random: systemRandom };
  const envelope = await signedConfigUpdate(source, update, others);
  await (await network.ordererAdmin(leader.site.name)).update(envelope);
}

// A drained leader hands over and takes nothing meanwhile.
function isPassing(message: string): boolean {
  return ["try again later", "is drained", "no Raft leader", "he is a follower", "readset"].some(
    (text) => message.includes(text),
  );
}

/** The orderer called `name`, `orderer4` or whole. */
export function ordererNamed(network: DevelopmentNetwork, name: string): OrdererSite {
  const { orderers } = network.topology;
  const found = orderers.find(
    (site) => site.name === name || site.name === `${name}.${site.domain}`,
  );
  if (found !== undefined) return found;
  const known = orderers.map((site) => site.name).join(", ");
  throw new NetworkError("unknown name", `there is no orderer ${name}; the network has ${known}`);
}
