/** The orderers of a network in one channel, for people who operate them. */
import type { GroupReport } from "../../cluster/ordering/index.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import {
  addressOf,
  channelOf,
  leaderOf,
  viewOrderers,
  type OrdererView,
} from "./client/orderer-cluster.ts";

export interface ListedOrderer {
  readonly name: string;
  readonly address: string;
  readonly raftId: number | null;
  /** Of Raft, or `follows` where it keeps the blocks only; null while it does not answer. */
  readonly role: string | null;
  readonly term: number | null;
  readonly height: number | null;
  /** Blocks behind the highest that answers. */
  readonly lag: number | null;
  readonly appliedIndex: number | null;
  readonly drained: boolean;
  /** `ok`, or what is wrong, in a few words. */
  readonly health: string;
  readonly isHealthy: boolean;
}

export interface OrdererListing {
  /** Name of the leader; null while there is none. */
  readonly leader: string | null;
  readonly pending: GroupReport["pending"];
  readonly orderers: readonly ListedOrderer[];
}

export async function listOrderers(
  network: DevelopmentNetwork,
  channelId: string,
): Promise<OrdererListing> {
  const views = await viewOrderers(network);
  const leader = leaderOf(views, channelId);
  const heights = views.map((view) => channelOf(view, channelId)?.height ?? 0);
  const highest = Math.max(0, ...heights);
  return {
    leader: leader?.site.name ?? null,
    pending: leader?.group.pending ?? null,
    orderers: views.map((view) => listed(view, channelId, leader?.group, highest)),
  };
}

function listed(
  view: OrdererView,
  channelId: string,
  leader: GroupReport | undefined,
  highest: number,
): ListedOrderer {
  const channel = channelOf(view, channelId);
  const group = channel?.group;
  const health = healthOf(view, channelId);
  const { name } = view.site;
  const named = leader?.consenters.find(({ address }) => address === addressOf(view.site));
  return {
    name,
    address: addressOf(view.site),
    raftId: group?.raftId ?? named?.raftId ?? null,
    role: group?.role ?? (channel === undefined ? null : "follows"),
    term: group?.term ?? null,
    height: channel?.height ?? null,
    lag: channel === undefined ? null : highest - channel.height,
    appliedIndex: group?.appliedIndex ?? null,
    drained: view.report?.drained ?? false,
    health,
    isHealthy: health === "ok",
  };
}

function healthOf(view: OrdererView, channelId: string): string {
  if (!view.isRunning) return "down";
  if (view.report === undefined) return "silent";
  const channel = channelOf(view, channelId);
  if (channel === undefined) return "not in the channel";
  if (channel.status === "failed" || channel.status === "inactive") return channel.status;
  if (channel.group?.complaint) return channel.group.complaint;
  if (view.report.drained) return "drained";
  if (channel.group === null) return "no consenter";
  if (channel.group.leaderId === null) return "no leader";
  return "ok";
}
