/** Partitions: how they are noticed, and what their end costs. */
import { ChannelWorld } from "../channel-world.ts";
import { forgetful } from "../invariants/g7-remembered-sides.ts";
import { MeshWorld } from "../mesh-world.ts";
import { pace } from "./pace.ts";

const halfOf = (index: number): number => index % 2;

export interface PartitionPlan {
  readonly size: number;
  readonly seeds: readonly number[];
}

/** An entry for each seed. */
export interface Heal {
  /** From the end of a partition of halves until all hold all for alive again. */
  readonly oneMs: readonly number[];
  readonly bytesPerPeer: readonly number[];
  /** Those bytes, in claims of all members: each has one that is new to everybody. */
  readonly claimsPerMember: readonly number[];
}

const CLAIM_BYTES = 1_100;

export function measureHeal({ size, seeds }: PartitionPlan): Heal {
  const runs = seeds.map((seed) => healOnce(size, seed));
  return {
    oneMs: runs.map(({ oneMs }) => oneMs),
    bytesPerPeer: runs.map(({ bytesPerPeer }) => bytesPerPeer),
    claimsPerMember: runs.map(({ bytesPerPeer }) => bytesPerPeer / size / CLAIM_BYTES),
  };
}

/** Halves that have given each other up, after a while. */
function healOnce(
  size: number,
  seed: number,
): { readonly oneMs: number; readonly bytesPerPeer: number } {
  const options = pace(size);
  const world = new MeshWorld({ seed, size, isWarm: true, options, sideOf: halfOf });
  world.links.isCut = (from, to) => halfOf(from) !== halfOf(to);
  world.run(1_000);
  world.links.isCut = () => false;
  world.byteCount = 0;
  const oneMs = world.runUntil(() => world.isConvergent(), 60_000) ?? Infinity;
  return { oneMs, bytesPerPeer: world.byteCount / size };
}

/** An entry for each seed. */
export interface Split {
  /** From the cut of one peer in six until the small side holds nobody else for alive, and until the large side does. */
  readonly smallMs: readonly number[];
  readonly largeMs: readonly number[];
  /** From the cut in halves until each holds nobody else for alive, and from the end of that until they are one. */
  readonly halvesMs: readonly number[];
  readonly oneMs: readonly number[];
}

export function measureSplit({ size, seeds }: PartitionPlan): Split {
  const uneven = seeds.map((seed) => splitUnevenly(size, seed));
  const even = seeds.map((seed) => splitInHalves(size, seed));
  return {
    smallMs: uneven.map(({ smallMs }) => smallMs),
    largeMs: uneven.map(({ largeMs }) => largeMs),
    halvesMs: even.map(({ halvesMs }) => halvesMs),
    oneMs: even.map(({ oneMs }) => oneMs),
  };
}

function splitInHalves(
  size: number,
  seed: number,
): { readonly halvesMs: number; readonly oneMs: number } {
  const world = new MeshWorld({ seed, size, isWarm: true, options: pace(size) });
  world.run(2_000);
  world.links.isCut = (from, to) => halfOf(from) !== halfOf(to);
  const isSplit = (): boolean => forgetful(world, halfOf).length === 0;
  const halvesMs = world.runUntil(isSplit, 120_000, 200) ?? Infinity;
  world.links.isCut = () => false;
  return { halvesMs, oneMs: world.runUntil(() => world.isConvergent(), 60_000) ?? Infinity };
}

function splitUnevenly(
  size: number,
  seed: number,
): { readonly smallMs: number; readonly largeMs: number } {
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
  return { smallMs: took.small ?? Infinity, largeMs: took.large ?? Infinity };
}

/** Blocks that one half has and the other lacks when the membership is one again. */
const BLOCKS_BEHIND = 1_000;

/** An entry for each seed. */
export interface Levelling {
  /** From the moment that the membership is one until the last peer has asked for a block that it lacks. */
  readonly noticedMs: readonly number[];
  /** Until all ledgers are level. */
  readonly levelMs: readonly number[];
  /** Blocks that arrived, for each one that was lacking. */
  readonly copies: readonly number[];
}

export function measureLevelling({ size, seeds }: PartitionPlan): Levelling {
  const runs = seeds.map((seed) => levelOnce(size, seed));
  return {
    noticedMs: runs.map(({ noticedMs }) => noticedMs),
    levelMs: runs.map(({ levelMs }) => levelMs),
    copies: runs.map(({ copies }) => copies),
  };
}

function levelOnce(
  size: number,
  seed: number,
): { readonly noticedMs: number; readonly levelMs: number; readonly copies: number } {
  const world = new ChannelWorld({
    seed,
    size,
    options: pace(size),
    sideOf: halfOf,
    heightOf: (index) => (halfOf(index) === 0 ? 1 + BLOCKS_BEHIND : 1),
    knownHeightOf: () => 1,
  });
  world.links.isCut = (from, to) => halfOf(from) !== halfOf(to);
  world.run(5_000);
  const behind = new Set(world.peers.filter(({ height }) => height === 1));
  const behindCount = behind.size;
  const startMs = world.nowMs;
  let noticedMs = startMs;
  world.onStored = (peer) => {
    if (behind.delete(peer)) noticedMs = world.nowMs;
  };
  world.links.isCut = () => false;
  world.reunite();
  const levelMs = world.runUntil(() => world.isLevel(1 + BLOCKS_BEHIND), 60_000) ?? Infinity;
  const copies = world.peers.reduce((sum, peer) => sum + peer.copies, 0);
  return {
    noticedMs: behind.size === 0 ? noticedMs - startMs : Infinity,
    levelMs,
    copies: copies / behindCount / BLOCKS_BEHIND,
  };
}
