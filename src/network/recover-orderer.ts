/** Makes one orderer of a development network the whole of a channel's group, when its majority is lost for good. */
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import type * as ordering from "../../cluster/ordering/index.ts";
import { nodeFiles } from "../kernel/adapters/node-files.ts";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemTimers } from "../kernel/adapters/system-timers.ts";
import { silentLogger } from "../kernel/ports/logger.ts";
import { removeConsenter } from "./client/consenter-changes.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import type { OrdererSteps } from "./client/consenters.ts";
import {
  addressOf,
  channelOf,
  leaderOf,
  untilLeader,
  updateChannel,
  viewOrderers,
} from "./client/orderer-cluster.ts";
import { startNode, stopNode } from "./processes.ts";
import type { OrdererSite } from "./topology.ts";

/** What is known of another member. */
export interface LostMember {
  readonly raftId: number;
  readonly address: string;
  /** `answers`, or why it does not. */
  readonly state: "answers" | "silent" | "down" | "not of this network";
  /** As it says itself now; null where it does not answer. */
  readonly height: number | null;
  readonly lastIndex: number | null;
}

export interface RecoveryOutlook {
  readonly forecast: ordering.RecoveryForecast;
  readonly others: readonly LostMember[];
}

export interface RecoveryReport {
  readonly channelId: string;
  readonly name: string;
  readonly raftId: number;
  /** Addresses of the consenters that were taken out of the configuration. */
  readonly removed: readonly string[];
  /** Path of the record. */
  readonly record: string;
}

// An orderer's whole code: what every other command need not wait for.
const loadOrdering = (): Promise<typeof ordering> => import("../../cluster/ordering/index.ts");

const deps: ordering.RecoveryDeps = {
  files: nodeFiles,
  clock: systemClock,
  timers: systemTimers,
  logger: silentLogger,
};

/**
 * Stops the orderer, and says what a recovery would do. Rejects with `NetworkError` ("needed") while a majority of the
 * channel's members can be reached: then nothing is lost, and nothing may be forced.
 */
export async function recoveryOutlook(
  network: DevelopmentNetwork,
  site: OrdererSite,
  channelId: string,
): Promise<RecoveryOutlook> {
  const views = await viewOrderers(network);
  const leader = leaderOf(views, channelId);
  if (leader !== undefined) {
    throw new NetworkError(
      "needed",
      `channel ${channelId} has a leader, ${leader.site.name}: nothing is lost; take dead orderers out with \`heddle orderer remove NAME\``,
    );
  }
  await stopNode(network.processOf({ name: site.name, role: "orderer" }));
  const directory = channelDirectory(network, site, channelId);
  const { forecastRecovery } = await loadOrdering();
  const forecast = await forecastRecovery(deps, directory);
  const others = forecast.consenters
    .filter(({ raftId }) => raftId !== forecast.raftId)
    .map(({ raftId, address }): LostMember => {
      const view = views.find((each) => addressOf(each.site) === address);
      if (view === undefined) {
        return { raftId, address, state: "not of this network", height: null, lastIndex: null };
      }
      const channel = channelOf(view, channelId);
      const lastIndex = channel?.group?.lastIndex ?? null;
      const state = !view.isRunning ? "down" : channel === undefined ? "silent" : "answers";
      return { raftId, address, state, height: channel?.height ?? null, lastIndex };
    });
  requireLost(forecast, others, site);
  return { forecast, others };
}

function requireLost(
  { voters, channelId, isAlone }: ordering.RecoveryForecast,
  others: readonly LostMember[],
  { name }: OrdererSite,
): void {
  const answering = others.filter(
    ({ state, raftId }) => state === "answers" && voters.includes(raftId),
  );
  const reachable = answering.length + 1;
  const needed = Math.floor(voters.length / 2) + 1;
  if (reachable < needed || isAlone) return;
  throw new NetworkError(
    "needed",
    `${reachable} of ${voters.length} members of ${channelId} can be reached, which is a majority (${needed}): ` +
      `nothing is lost; start ${name} again instead, they elect a leader`,
  );
}

/**
 * Does it: the member's log first, then the node, then the channel's configuration, which still names the others. Interrupted
 * before the log is changed, the same call goes on; after that the orderer leads once it is started, and those who are still
 * named are taken out as any other orderer is.
 */
export async function recoverOrderer(
  network: DevelopmentNetwork,
  site: OrdererSite,
  { forecast, others }: RecoveryOutlook,
  steps: Pick<OrdererSteps, "step">,
): Promise<RecoveryReport> {
  const { channelId, raftId } = forecast;
  steps.step(`making ${site.name} the whole group of ${channelId}`);
  const directory = channelDirectory(network, site, channelId);
  const by = `${userInfo().username}@${hostname()}`;
  const { recoverAlone } = await loadOrdering();
  const { path } = await recoverAlone(deps, { directory, by, others });
  steps.step(`starting ${site.name}`);
  (await startNode(network.processOf({ name: site.name, role: "orderer" }))).unref();
  await untilLeader(network, channelId);
  const removed: string[] = [];
  for (const { address } of forecast.consenters.filter((each) => each.raftId !== raftId)) {
    steps.step(`taking ${address} out of the consenters of ${channelId}`);
    await updateChannel(network, channelId, (config) =>
      removeConsenter(config, site.mspId, address),
    );
    removed.push(address);
  }
  return { channelId, name: site.name, raftId, removed, record: path };
}

function channelDirectory(
  network: DevelopmentNetwork,
  { name }: OrdererSite,
  channelId: string,
): string {
  return join(network.layout.node(name).data, "channels", channelId);
}
