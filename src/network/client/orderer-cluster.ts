/** The orderers of a network as their own reports show them, and what an administrator does to their channels. */
import type { GroupReport } from "../../../cluster/ordering/index.ts";
import { ChannelConfig } from "../../channel/index.ts";
import { errorMessage } from "../../kernel/error.ts";
import type { Clock } from "../../kernel/ports/clock.ts";
import type { Random } from "../../kernel/ports/random.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import type { Timers } from "../../kernel/ports/timers.ts";
import { sleep } from "../../kernel/sleep.ts";
import type { MspCache } from "../../msp/index.ts";
import { Block, decode, type ConfigGroup } from "../../wire/index.ts";
import { NetworkError } from "../errors.ts";
import { configUpdateOf, signedConfigUpdate } from "./config-update.ts";
import type { OrdererAdmin } from "./orderer-admin.ts";
import type { OrdererChannelReport, OrdererReport } from "./orderer-report.ts";

/** An orderer as channel configurations know it. */
export interface OrdererAt {
  readonly name: string;
  readonly port: number;
  readonly mspId: string;
}

/** The orderers of a network and their administrators: a development network, or a simulated one. */
export interface OrdererCluster {
  readonly orderers: readonly OrdererAt[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Of the organisations in configurations that were read. */
  readonly msps: MspCache;
  /** Whether the orderer has a process. */
  isRunning(name: string): Promise<boolean>;
  ordererAdmin(name: string): Promise<OrdererAdmin>;
  /** Whoever signs for the orderer's organisation. */
  ordererSigner(orderer: OrdererAt): Promise<Signer>;
  /** Where an orderer's log is, for whoever reads an error. */
  logOf(name: string): string;
}

/** One orderer, seen from outside. */
export interface OrdererView {
  readonly site: OrdererAt;
  readonly isRunning: boolean;
  /** Undefined: it does not answer. */
  readonly report: OrdererReport | undefined;
}

/** A member that leads a channel. */
export interface LeaderView {
  readonly site: OrdererAt;
  readonly group: GroupReport;
}

/** An election takes two seconds. */
const LEADER_TIMEOUT_MS = 15_000;
const POLL_INTERVAL_MS = 100;

/** `host:port` of an orderer in configurations. */
export function addressOf({ name, port }: OrdererAt): string {
  return `${name}:${port}`;
}

export function viewOrderers(cluster: OrdererCluster): Promise<readonly OrdererView[]> {
  return Promise.all(cluster.orderers.map((site) => viewOrderer(cluster, site)));
}

async function viewOrderer(cluster: OrdererCluster, site: OrdererAt): Promise<OrdererView> {
  const isRunning = await cluster.isRunning(site.name);
  if (!isRunning) return { site, isRunning, report: undefined };
  const admin = await cluster.ordererAdmin(site.name);
  return { site, isRunning, report: await admin.report().catch(() => undefined) };
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
export async function untilLeader(cluster: OrdererCluster, channelId: string): Promise<LeaderView> {
  const deadlineMs = cluster.clock.monotonicMs() + LEADER_TIMEOUT_MS;
  for (;;) {
    const views = await viewOrderers(cluster);
    const leader = leaderOf(views, channelId);
    if (leader !== undefined) return leader;
    if (cluster.clock.monotonicMs() > deadlineMs) throw leaderless(views, channelId);
    await sleep(cluster.timers, POLL_INTERVAL_MS);
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
  cluster: OrdererCluster,
  leader: LeaderView,
): Promise<{ readonly config: ChannelConfig; readonly block: Uint8Array }> {
  const admin = await cluster.ordererAdmin(leader.site.name);
  const block = await admin.configBlock(leader.group.channelId);
  return { config: ChannelConfig.fromBlock(decode(Block, block), cluster.msps), block };
}

const ATTEMPTS_MAX = 40;
const RETRY_MS = 250;

/**
 * Changes the channel's configuration, signed by the orderers' administrator and by `others`. An update that another one overtook, or that
 * comes before an earlier change of the members is complete, is made again. Rejects with what the orderers say.
 */
export async function updateChannel(
  cluster: OrdererCluster,
  channelId: string,
  changeOf: (config: ChannelConfig) => ((root: ConfigGroup) => void) | undefined,
  others: readonly Signer[] = [],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const leader = await untilLeader(cluster, channelId);
    try {
      await tryUpdate(cluster, leader, changeOf, others);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isPassing(errorMessage(error))) throw error;
      await sleep(cluster.timers, RETRY_MS);
    }
  }
}

async function tryUpdate(
  cluster: OrdererCluster,
  leader: LeaderView,
  changeOf: (config: ChannelConfig) => ((root: ConfigGroup) => void) | undefined,
  others: readonly Signer[],
): Promise<void> {
  const { config } = await configInForce(cluster, leader);
  const change = changeOf(config);
  const update = change && configUpdateOf(config, change);
  if (update === undefined) return;
  const signer = await cluster.ordererSigner(leader.site);
  const { clock, random } = cluster;
  const source = { signer, clock, random };
  const envelope = await signedConfigUpdate(source, update, others);
  await (await cluster.ordererAdmin(leader.site.name)).update(envelope);
}

// A drained leader hands over and takes nothing meanwhile.
function isPassing(message: string): boolean {
  return ["try again later", "is drained", "no Raft leader", "he is a follower", "readset"].some(
    (text) => message.includes(text),
  );
}
