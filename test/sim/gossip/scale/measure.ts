/** The measurements of the report: each a seeded run of whole cores. */
import { FAST_PROBES, type GossipOptions } from "../../../../gossip/core/index.ts";
import { ChannelWorld } from "./channel-world.ts";
import { copiesPerPeer } from "./invariants/g6-bounded-load.ts";
import { forgetful } from "./invariants/g7-remembered-sides.ts";
import { MeshWorld } from "./mesh-world.ts";

const BLOCKS = 5;

/** With thousands of peers the machine's time goes into ticks: fewer of them, at the price of coarser times. */
function pace(size: number): Partial<GossipOptions> {
  return size > 1_000 ? { tickIntervalMs: 100 } : {};
}

export interface Spread {
  /** Milliseconds from the deliverer's push, worst over the blocks. */
  readonly halfMs: number;
  readonly mostMs: number;
  readonly allMs: number;
  readonly copies: number;
}

/** `deadShare`: of the peers, 0–1, that have died without anybody's notice. */
export function measureSpread(
  size: number,
  seeds: readonly number[],
  { lossRate, deadShare = 0 }: { readonly lossRate: number; readonly deadShare?: number },
): Spread {
  const runs = seeds.map((seed) => spreadOnce(size, seed, lossRate, deadShare));
  const worst = (pick: (run: Spread) => number): number => Math.max(...runs.map(pick));
  return {
    halfMs: worst(({ halfMs }) => halfMs),
    mostMs: worst(({ mostMs }) => mostMs),
    allMs: worst(({ allMs }) => allMs),
    copies: worst(({ copies }) => copies),
  };
}

function spreadOnce(size: number, seed: number, lossRate: number, deadShare: number): Spread {
  const world = new ChannelWorld({ seed, size, options: pace(size) });
  world.links.lossRate = lossRate;
  const worst = { halfMs: 0, mostMs: 0, allMs: 0 };
  world.run(500);
  for (let index = 0; index < Math.floor(size * deadShare); index += 1) {
    world.crash(world.peers[size - 1 - index]!);
  }
  const running = world.peers.filter(({ isUp }) => isUp);
  for (let count = 0; count < BLOCKS; count += 1) {
    const startMs = world.nowMs;
    const number = world.order(running[count % running.length]!);
    const isAll = world.runUntil(() => world.isLevel(number + 1), 60_000);
    const times = running
      .map(({ storedMs }) => (storedMs.get(number) ?? Number.POSITIVE_INFINITY) - startMs)
      .sort((a, b) => a - b);
    worst.halfMs = Math.max(worst.halfMs, times[Math.floor(running.length / 2)]!);
    worst.mostMs = Math.max(worst.mostMs, times[Math.floor((running.length - 1) * 0.99)]!);
    worst.allMs = Math.max(worst.allMs, isAll ?? Number.POSITIVE_INFINITY);
  }
  return { ...worst, copies: copiesPerPeer(world, BLOCKS) };
}

export interface Detection {
  /** From the stop of one peer, worst over the seeds. */
  readonly suspectedMs: number;
  readonly knownMs: number;
  /** From its restart until all know it. */
  readonly joinedMs: number;
  /** Of a peer, while nothing happens. */
  readonly idleMessagesPerSecond: number;
  readonly idleBytesPerSecond: number;
  readonly falseDeaths: number;
}

export function measureDetection(
  size: number,
  seeds: readonly number[],
  lossRate: number,
  isFast: boolean,
): Detection {
  const runs = seeds.map((seed) => detectOnce(size, seed, lossRate, isFast));
  const worst = (pick: (run: Detection) => number): number => Math.max(...runs.map(pick));
  return {
    suspectedMs: worst(({ suspectedMs }) => suspectedMs),
    knownMs: worst(({ knownMs }) => knownMs),
    joinedMs: worst(({ joinedMs }) => joinedMs),
    idleMessagesPerSecond: worst(({ idleMessagesPerSecond }) => idleMessagesPerSecond),
    idleBytesPerSecond: worst(({ idleBytesPerSecond }) => idleBytesPerSecond),
    falseDeaths: runs.reduce((sum, { falseDeaths }) => sum + falseDeaths, 0),
  };
}

function detectOnce(size: number, seed: number, lossRate: number, isFast: boolean): Detection {
  const options = { ...pace(size), ...(isFast ? FAST_PROBES : {}) };
  const world = new MeshWorld({ seed, size, isWarm: true, options });
  world.links.lossRate = lossRate;
  world.run(2_000);
  world.messageCount = 0;
  world.byteCount = 0;
  world.run(3_000);
  const perPeerSecond = size * 3;
  const idleMessagesPerSecond = world.messageCount / perPeerSecond;
  const idleBytesPerSecond = world.byteCount / perPeerSecond;
  const victim = world.peers[size >> 1]!;
  world.stop(victim);
  const startMs = world.nowMs;
  let suspectedMs = 0;
  let falseDeaths = 0;
  world.observer = {
    suspected: (_, subject) => {
      if (subject === victim.index) suspectedMs ||= world.nowMs - startMs;
    },
    died: (_, subject) => {
      if (subject !== victim.index) falseDeaths += 1;
    },
  };
  const isKnown = (): boolean => world.up.every(({ mesh }) => !mesh.isAlive(victim.name));
  const knownMs = world.runUntil(isKnown, 120_000, 100) ?? Number.POSITIVE_INFINITY;
  world.restart(victim);
  const isJoined = (): boolean =>
    world.up.every(({ mesh, name }) => name === victim.name || mesh.isAlive(victim.name));
  const joinedMs = world.runUntil(isJoined, 60_000) ?? Number.POSITIVE_INFINITY;
  return {
    suspectedMs,
    knownMs,
    joinedMs,
    idleMessagesPerSecond,
    idleBytesPerSecond,
    falseDeaths,
  };
}

export interface Recovery {
  /** From the heal until all hold all for alive again. */
  readonly oneMs: number;
  readonly bytesPerPeer: number;
}

export function measureRecovery(size: number, seed: number): Recovery {
  const world = new MeshWorld({ seed, size, isWarm: true, options: pace(size) });
  const sideOf = (index: number): number => index % 2;
  world.run(2_000);
  world.links.isCut = (from, to) => sideOf(from) !== sideOf(to);
  world.runUntil(() => forgetful(world, sideOf).length === 0, 120_000, 500);
  world.links.isCut = () => false;
  world.byteCount = 0;
  const oneMs = world.runUntil(() => world.isConvergent(), 60_000) ?? Number.POSITIVE_INFINITY;
  return { oneMs, bytesPerPeer: world.byteCount / size };
}

export interface Split {
  /** From the cut until the small side, one peer in six, holds nobody else for alive, and until the large side does; the worst. */
  readonly smallMs: number;
  readonly largeMs: number;
}

export function measureSplit(size: number, seeds: readonly number[]): Split {
  const runs = seeds.map((seed) => splitOnce(size, seed));
  return {
    smallMs: Math.max(...runs.map(({ smallMs }) => smallMs)),
    largeMs: Math.max(...runs.map(({ largeMs }) => largeMs)),
  };
}

function splitOnce(size: number, seed: number): Split {
  const world = new MeshWorld({ seed, size, isWarm: true, options: pace(size) });
  const smallCount = Math.round(size / 6);
  const isSmall = (index: number): boolean => index < smallCount;
  world.run(2_000);
  const startMs = world.nowMs;
  world.links.isCut = (from, to) => isSmall(from) !== isSmall(to);
  const took: { small?: number; large?: number } = {};
  const isSplit = (): boolean => {
    const pending = world.peers.filter(
      ({ index, mesh }) =>
        mesh.alive().length !== (isSmall(index) ? smallCount : size - smallCount) - 1,
    );
    const afterMs = world.nowMs - startMs;
    if (pending.every(({ index }) => !isSmall(index))) took.small ??= afterMs;
    if (pending.every(({ index }) => isSmall(index))) took.large ??= afterMs;
    return pending.length === 0;
  };
  world.runUntil(isSplit, 240_000, 200);
  const { small = Number.POSITIVE_INFINITY, large = Number.POSITIVE_INFINITY } = took;
  return { smallMs: small, largeMs: large };
}
