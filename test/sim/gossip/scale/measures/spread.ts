/** How blocks get about, and what that costs. */
import type { ChannelPeer } from "../channel-peer.ts";
import { ChannelWorld } from "../channel-world.ts";
import { copiesPerPeer } from "../invariants/g6-bounded-load.ts";
import { addCoverage, coverageOf, type Coverage } from "./coverage.ts";
import { pace } from "./pace.ts";

const BLOCKS = 5;
const SETTLE_MS = 500;
const IDLE_MS = 2_000;
const LOAD_BLOCKS = 6;
const LOAD_INTERVAL_MS = 500;
const COVERAGE_STEP_MS = 10;
const COVERAGE_STEPS = 81;

export interface SpreadPlan {
  readonly size: number;
  readonly seeds: readonly number[];
  readonly lossRate: number;
  /** Of the peers, 0–1, that have died without anybody's notice. */
  readonly deadShare: number;
  /** Whether the cost of a channel is measured, too. */
  readonly isLoadWanted: boolean;
}

/** Of a peer, in one direction: what it sends. */
export interface Rate {
  readonly messagesPerSecond: number;
  /** Without the payloads of blocks. */
  readonly bytesPerSecond: number;
}

/** Milliseconds from the deliverer's push: an entry for each block of each seed. */
export interface Spread {
  readonly halfMs: readonly number[];
  readonly mostMs: readonly number[];
  readonly nearlyAllMs: readonly number[];
  readonly allMs: readonly number[];
  /** Payloads that arrived for each block and running peer: an entry for each seed. */
  readonly copies: readonly number[];
  readonly idle: readonly Rate[];
  readonly busy: readonly Rate[];
  readonly coverage: Coverage;
}

export function measureSpread(plan: SpreadPlan): Spread {
  const all: Spread[] = plan.seeds.map((seed) => spreadOnce(plan, seed));
  return joinSpreads(all);
}

export function joinSpreads(all: readonly Spread[]): Spread {
  return {
    halfMs: all.flatMap(({ halfMs }) => halfMs),
    mostMs: all.flatMap(({ mostMs }) => mostMs),
    nearlyAllMs: all.flatMap(({ nearlyAllMs }) => nearlyAllMs),
    allMs: all.flatMap(({ allMs }) => allMs),
    copies: all.flatMap(({ copies }) => copies),
    idle: all.flatMap(({ idle }) => idle),
    busy: all.flatMap(({ busy }) => busy),
    coverage: all.map(({ coverage }) => coverage).reduce(addCoverage),
  };
}

function spreadOnce(plan: SpreadPlan, seed: number): Spread {
  const { size, lossRate, deadShare, isLoadWanted } = plan;
  const world = new ChannelWorld({ seed, size, options: pace(size) });
  world.links.lossRate = lossRate;
  world.run(SETTLE_MS);
  const deadCount = Math.round(size * deadShare);
  for (let index = 0; index < deadCount; index += 1) world.crash(world.peers[size - 1 - index]!);
  const running = world.peers.filter(({ isUp }) => isUp);
  const idle = isLoadWanted
    ? [
        rateOf(world, running, () => {
          world.run(IDLE_MS);
        }),
      ]
    : [];
  const copiesBefore = world.peers.map(({ copies }) => copies);
  const blocks = Array.from({ length: BLOCKS }, (_, count) =>
    timesOfBlock(world, running, running[count % running.length]!),
  );
  const copies = copiesPerPeer(world, BLOCKS, copiesBefore);
  const busy = isLoadWanted
    ? [
        rateOf(world, running, () => {
          load(world, running);
        }),
      ]
    : [];
  const at = (share: number): readonly number[] =>
    blocks.map((times) => times[Math.ceil(share * times.length) - 1] as number);
  return {
    halfMs: at(0.5),
    mostMs: at(0.99),
    nearlyAllMs: at(0.999),
    allMs: at(1),
    copies: [copies],
    idle,
    busy,
    coverage: blocks
      .map((times) => coverageOf(times, COVERAGE_STEP_MS, COVERAGE_STEPS))
      .reduce(addCoverage),
  };
}

/** When each running peer had stored the next block, in ascending order. */
function timesOfBlock(
  world: ChannelWorld,
  running: readonly ChannelPeer[],
  deliverer: ChannelPeer,
): readonly number[] {
  const startMs = world.nowMs;
  const number = world.order(deliverer);
  world.runUntil(() => world.isLevel(number + 1), 60_000);
  return running
    .map(({ storedMs }) => (storedMs.get(number) ?? Number.POSITIVE_INFINITY) - startMs)
    .sort((a, b) => a - b);
}

function load(world: ChannelWorld, running: readonly ChannelPeer[]): void {
  for (let count = 0; count < LOAD_BLOCKS; count += 1) {
    world.order(running[0]!);
    world.run(LOAD_INTERVAL_MS);
  }
}

function rateOf(world: ChannelWorld, running: readonly ChannelPeer[], run: () => void): Rate {
  const startMs = world.nowMs;
  world.messageCount = 0;
  world.overheadByteCount = 0;
  run();
  const peerSeconds = (running.length * (world.nowMs - startMs)) / 1_000;
  return {
    messagesPerSecond: world.messageCount / peerSeconds,
    bytesPerSecond: world.overheadByteCount / peerSeconds,
  };
}
