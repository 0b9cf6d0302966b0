/** Moves the leadership of channels between the orderers of a development network. */
import { setTimeout as delay } from "node:timers/promises";
import type { OrdererReport } from "./client/orderer-report.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import { addressOf, leaderOf, untilLeader, viewOrderers } from "./client/orderer-cluster.ts";
import type { OrdererSite } from "./topology.ts";

export interface TransferReport {
  readonly channelId: string;
  readonly from: string;
  readonly to: string;
}

const POLL_INTERVAL_MS = 50;
const TIMEOUT_MS = 15_000;

/** Hands the leadership of a channel to `to`, or to the most advanced. Rejects with what the leader says. */
export async function transferLeader(
  network: DevelopmentNetwork,
  channelId: string,
  to: OrdererSite | undefined,
): Promise<TransferReport> {
  const leader = await untilLeader(network, channelId);
  const from = leader.site.name;
  if (to?.name === from) return { channelId, from, to: from };
  const target = to && leader.group.consenters.find(({ address }) => address === addressOf(to));
  if (to !== undefined && target === undefined) {
    throw new NetworkError(
      "refused",
      `${to.name} is no consenter of ${channelId}; \`heddle orderer list\` shows who is`,
    );
  }
  await (await network.ordererAdmin(from)).transferLeadership(channelId, target?.raftId);
  return { channelId, from, to: await untilLedElsewhere(network, channelId, from) };
}

/** Drains an orderer, or lets it work again. */
export async function drainOrderer(
  network: DevelopmentNetwork,
  site: OrdererSite,
  isOn: boolean,
): Promise<OrdererReport> {
  return (await network.ordererAdmin(site.name)).drain(isOn);
}

async function untilLedElsewhere(
  network: DevelopmentNetwork,
  channelId: string,
  from: string,
): Promise<string> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  for (;;) {
    const leader = leaderOf(await viewOrderers(network), channelId);
    if (leader !== undefined && leader.site.name !== from) return leader.site.name;
    if (performance.now() > deadlineMs) {
      throw new NetworkError("refused", `${from} still leads ${channelId}; try again`);
    }
    await delay(POLL_INTERVAL_MS);
  }
}
