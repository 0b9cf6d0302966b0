/** Takes orderers into the group of a channel and out of it, step by step, as its administrators do. */
import type { GroupReport } from "../../../cluster/ordering/index.ts";
import { equalBytes } from "../../kernel/bytes.ts";
import { sleep } from "../../kernel/sleep.ts";
import { NetworkError } from "../errors.ts";
import {
  addConsenter,
  namesConsenter,
  removeConsenter,
  renewConsenter,
} from "./consenter-changes.ts";
import type { Level } from "./level.ts";
import {
  addressOf,
  channelOf,
  configInForce,
  leaderOf,
  untilLeader,
  updateChannel,
  viewOrderers,
  type OrdererAt,
  type OrdererCluster,
  type OrdererView,
} from "./orderer-cluster.ts";

/** Told of what is being done. */
export interface OrdererSteps {
  step(text: string): void;
  level(level: Level): void;
}

/** Where an orderer stands in a channel. */
export type MemberLevel = Level & { readonly raftId: number };

const POLL_INTERVAL_MS = 100;
/** An orderer whose ledger has not grown for so long, and that does not vote, has a fault. */
const STANDSTILL_MS = 60_000;
const REMOVAL_TIMEOUT_MS = 30_000;

/** Makes a running orderer a consenter; each step looks first whether it is done. Resolves when it votes and is level. */
export async function addToChannel(
  cluster: OrdererCluster,
  site: OrdererAt,
  { channelId, tlsCertPem }: { readonly channelId: string; readonly tlsCertPem: Uint8Array },
  steps: OrdererSteps,
): Promise<MemberLevel> {
  const admin = await cluster.ordererAdmin(site.name);
  const joined = await admin.list();
  if (!joined.some(({ name }) => name === channelId)) {
    steps.step(`joining ${channelId} as a follower`);
    const { block } = await configInForce(cluster, await untilLeader(cluster, channelId));
    await admin.join(block);
  }
  // As a follower it costs the group nothing; it votes at once when it is named.
  await untilLevel(cluster, site, channelId, steps, () => true);
  steps.step(`making ${site.name} a consenter of ${channelId}`);
  await updateChannel(cluster, channelId, (config) =>
    namesConsenter(config, addressOf(site))
      ? undefined
      : addConsenter(config, site.mspId, { host: site.name, port: site.port, tlsCertPem }),
  );
  return untilLevel(cluster, site, channelId, steps, (raftId, voters) => voters.includes(raftId));
}

/** Takes a consenter out, and hands its leadership away before. Resolves when nobody counts on its vote any more. */
export async function removeFromChannel(
  cluster: OrdererCluster,
  site: OrdererAt,
  channelId: string,
  steps: Pick<OrdererSteps, "step">,
): Promise<void> {
  const leader = await untilLeader(cluster, channelId);
  const { config } = await configInForce(cluster, leader);
  if (!namesConsenter(config, addressOf(site))) return;
  if (leader.site.name === site.name) {
    steps.step(`handing the leadership of ${channelId} away`);
    await (await cluster.ordererAdmin(site.name)).transferLeadership(channelId);
  }
  const raftId = leader.group.consenters.find(({ address }) => address === addressOf(site))?.raftId;
  steps.step(`taking ${site.name} out of the consenters of ${channelId}`);
  await updateChannel(cluster, channelId, (current) =>
    namesConsenter(current, addressOf(site))
      ? removeConsenter(current, site.mspId, addressOf(site))
      : undefined,
  );
  if (raftId !== undefined) await untilNoVoter(cluster, { site, channelId, raftId });
}

/** Tells the channel of a consenter's new TLS certificate. Answers whether it names the orderer at all. */
export async function renewInChannel(
  cluster: OrdererCluster,
  site: OrdererAt,
  { channelId, tlsCertPem }: { readonly channelId: string; readonly tlsCertPem: Uint8Array },
  steps: Pick<OrdererSteps, "step">,
): Promise<boolean> {
  const address = addressOf(site);
  let isConsenter = false;
  steps.step(`telling ${channelId} of the new certificate`);
  await updateChannel(cluster, channelId, (config) => {
    isConsenter = namesConsenter(config, address);
    const isKnown = config.orderer.consenters.some(({ clientTlsCertPem }) =>
      equalBytes(clientTlsCertPem, tlsCertPem),
    );
    return isConsenter && !isKnown ? renewConsenter(address, tlsCertPem) : undefined;
  });
  return isConsenter;
}

/** What the removal of a consenter would leave of the channel's majority, when that is too little. */
export async function forecastRemoval(
  cluster: OrdererCluster,
  site: OrdererAt,
  channelId: string,
): Promise<string | undefined> {
  const leader =
    leaderOf(await viewOrderers(cluster), channelId) ?? (await untilLeader(cluster, channelId));
  return removalForecast(leader.group, addressOf(site));
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

/** What one more consenter would leave, when that is too little. A group of one may always grow: it is stopped by any loss. */
export function additionForecast({
  consenters,
}: Pick<GroupReport, "consenters">): string | undefined {
  const count = consenters.length + 1;
  const reachable = consenters.filter(({ isActive }) => isActive === true).length;
  const needed = Math.floor(count / 2) + 1;
  return count <= 2 || reachable >= needed
    ? undefined
    : `${reachable} of ${count} would be reachable; needs ${needed}`;
}

/** Waits until the orderer has the leader's blocks and `isReady`. Rejects when it stands still. */
export async function untilLevel(
  cluster: OrdererCluster,
  site: OrdererAt,
  channelId: string,
  steps: OrdererSteps,
  isReady: (raftId: number, voters: readonly number[]) => boolean,
): Promise<MemberLevel> {
  const { clock, timers } = cluster;
  let best = -1;
  let grownMs = clock.monotonicMs();
  for (;;) {
    const views = await viewOrderers(cluster);
    const leader = leaderOf(views, channelId);
    const own = views.find((view) => view.site.name === site.name);
    const reading = readingOf(own, channelId, leader?.group.height);
    if (reading.height > best) grownMs = clock.monotonicMs();
    best = Math.max(best, reading.height);
    steps.level(reading);
    const isLevel = leader !== undefined && reading.height >= reading.target;
    if (isLevel && isReady(reading.raftId, leader.group.voters)) return reading;
    if (clock.monotonicMs() - grownMs > STANDSTILL_MS) {
      const pending = leader?.group.pending;
      const why = pending ? ` (member ${pending.raftId}: ${pending.reason})` : "";
      throw new NetworkError(
        "node failed",
        `${site.name} stands still at block ${reading.height} of ${reading.target} of ${channelId}${why}; ` +
          `see ${cluster.logOf(site.name)}, then give the command again with --name, or take it out with \`heddle orderer remove ${site.name}\``,
      );
    }
    await sleep(timers, POLL_INTERVAL_MS);
  }
}

function readingOf(
  view: OrdererView | undefined,
  channelId: string,
  leaderHeight: number | undefined,
): MemberLevel {
  const channel = view && channelOf(view, channelId);
  const height = channel?.height ?? 0;
  const target = Math.max(1, leaderHeight ?? height);
  return { channelId, height, target, raftId: channel?.group?.raftId ?? 0 };
}

interface Leaver {
  readonly site: OrdererAt;
  readonly channelId: string;
  readonly raftId: number;
}

// It is needed for its own removal: stopped too early, the others might be too few to complete it.
async function untilNoVoter(cluster: OrdererCluster, leaver: Leaver): Promise<void> {
  const { clock, timers } = cluster;
  const deadlineMs = clock.monotonicMs() + REMOVAL_TIMEOUT_MS;
  for (;;) {
    const views = await viewOrderers(cluster);
    if (isGone(views, leaver)) return;
    if (clock.monotonicMs() > deadlineMs) {
      throw new NetworkError(
        "node failed",
        `${leaver.site.name} still votes in ${leaver.channelId} after ${REMOVAL_TIMEOUT_MS} ms; give the command again when all orderers run (\`heddle orderer list\`)`,
      );
    }
    await sleep(timers, POLL_INTERVAL_MS);
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
