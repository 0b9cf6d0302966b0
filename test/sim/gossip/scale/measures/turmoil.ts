/** Many that come and go at once, or all the time. */
import type { MeshObserver } from "../mesh-peer.ts";
import { MeshWorld } from "../mesh-world.ts";
import { SeededRandom } from "../../seeded-random.ts";
import { pace } from "./pace.ts";

const LOSS_RATE = 0.05;
const STEP_MS = 100;
const CHURN_MS = 30_000;
const DOWN_MS = 10_000;
const LIMIT_MS = 120_000;

export interface TurmoilPlan {
  readonly size: number;
  readonly seeds: readonly number[];
  readonly turmoil:
    | { readonly name: "join" | "leave"; readonly share: number }
    /** So many of the members a second, 0–1, stop, and start again 10 s later. */
    | { readonly name: "churn"; readonly share: number };
}

/** An entry for each seed. */
export interface Turmoil {
  /** From the last change until everybody knows exactly who runs. */
  readonly settledMs: readonly number[];
  /** Of a peer, from the first change on. */
  readonly messagesPerSecond: readonly number[];
  readonly bytesPerSecond: readonly number[];
  /** Of peers that never stopped. */
  readonly falseDeaths: number;
}

export function measureTurmoil(plan: TurmoilPlan): Turmoil {
  return joinTurmoils(plan.seeds.map((seed) => turmoilOnce(plan, seed)));
}

export function joinTurmoils(all: readonly Turmoil[]): Turmoil {
  return {
    settledMs: all.flatMap(({ settledMs }) => settledMs),
    messagesPerSecond: all.flatMap(({ messagesPerSecond }) => messagesPerSecond),
    bytesPerSecond: all.flatMap(({ bytesPerSecond }) => bytesPerSecond),
    falseDeaths: all.reduce((sum, { falseDeaths }) => sum + falseDeaths, 0),
  };
}

function turmoilOnce({ size, turmoil: kind }: TurmoilPlan, seed: number): Turmoil {
  const count = Math.max(1, Math.floor(size * kind.share));
  // The last ones: new peers turn to the first that runs.
  const isLast = (index: number): boolean => index >= size - count;
  const isJoin = kind.name === "join";
  const world = new MeshWorld({
    seed,
    size,
    isWarm: true,
    options: pace(size),
    isAbsent: (index) => isJoin && isLast(index),
  });
  world.links.lossRate = LOSS_RATE;
  world.run(2_000);
  const steady = new Set(world.peers.map(({ index }) => index));
  const falseDeaths = watchDeathsOf(world, steady);
  world.messageCount = 0;
  world.byteCount = 0;
  const startMs = world.nowMs;
  if (kind.name === "churn") churn(world, seed, kind.share, steady);
  else {
    for (const peer of world.peers.filter(({ index }) => isLast(index))) {
      steady.delete(peer.index);
      if (isJoin) world.restart(peer);
      else world.stop(peer);
    }
  }
  const settledMs = world.runUntil(() => world.isConvergent(), LIMIT_MS) ?? Infinity;
  const peerSeconds = (size * (world.nowMs - startMs)) / 1_000;
  return {
    settledMs: [settledMs],
    messagesPerSecond: [world.messageCount / peerSeconds],
    bytesPerSecond: [world.byteCount / peerSeconds],
    falseDeaths: falseDeaths.count,
  };
}

function churn(world: MeshWorld, seed: number, share: number, steady: Set<number>): void {
  const random = new SeededRandom(seed);
  const down: { readonly index: number; readonly untilMs: number }[] = [];
  const endMs = world.nowMs + CHURN_MS;
  let due = 0;
  while (world.nowMs < endMs || down.length > 0) {
    for (; (down[0]?.untilMs ?? Infinity) <= world.nowMs; down.shift()) {
      world.restart(world.peers[down[0]!.index]!);
    }
    if (world.nowMs < endMs) due += (world.peers.length * share * STEP_MS) / 1_000;
    for (; due >= 1; due -= 1) {
      const peer = world.peers[1 + random.below(world.peers.length - 1)]!;
      if (!peer.isUp) continue;
      steady.delete(peer.index);
      world.stop(peer);
      down.push({ index: peer.index, untilMs: world.nowMs + DOWN_MS });
    }
    world.run(STEP_MS);
  }
}

/** Counts how often one of `steady` was found dead. */
function watchDeathsOf(world: MeshWorld, steady: ReadonlySet<number>): { count: number } {
  const found = { count: 0 };
  const before: MeshObserver = world.observer;
  world.observer = {
    ...before,
    died: (_, subject) => {
      if (steady.has(subject)) found.count += 1;
    },
  };
  return found;
}
