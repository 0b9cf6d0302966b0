/** How soon a death and a return are known, and what that costs while nothing happens. */
import { FAST_PROBES } from "../../../../../gossip/core/index.ts";
import { MeshWorld } from "../mesh-world.ts";
import { addCoverage, coverageOf, type Coverage } from "./coverage.ts";
import { pace } from "./pace.ts";
import type { Rate } from "./spread.ts";

const SETTLE_MS = 2_000;
const IDLE_MS = 3_000;
const COVERAGE_STEP_MS = 100;
const COVERAGE_STEPS = 251;

export interface DetectionPlan {
  readonly size: number;
  readonly seeds: readonly number[];
  readonly lossRate: number;
  readonly isFast: boolean;
}

/** An entry for each seed. */
export interface Detection {
  /** From the stop of one peer. */
  readonly suspectedMs: readonly number[];
  readonly knownMs: readonly number[];
  /** From its restart until all know it. */
  readonly joinedMs: readonly number[];
  readonly idle: readonly Rate[];
  readonly falseDeaths: number;
  /** Of the others, who hold it for dead. */
  readonly coverage: Coverage;
}

export function measureDetection(plan: DetectionPlan): Detection {
  return joinDetections(plan.seeds.map((seed) => detectOnce(plan, seed)));
}

export function joinDetections(all: readonly Detection[]): Detection {
  return {
    suspectedMs: all.flatMap(({ suspectedMs }) => suspectedMs),
    knownMs: all.flatMap(({ knownMs }) => knownMs),
    joinedMs: all.flatMap(({ joinedMs }) => joinedMs),
    idle: all.flatMap(({ idle }) => idle),
    falseDeaths: all.reduce((sum, { falseDeaths }) => sum + falseDeaths, 0),
    coverage: all.map(({ coverage }) => coverage).reduce(addCoverage),
  };
}

function detectOnce({ size, lossRate, isFast }: DetectionPlan, seed: number): Detection {
  const options = { ...pace(size), ...(isFast ? FAST_PROBES : {}) };
  const world = new MeshWorld({ seed, size, isWarm: true, options });
  world.links.lossRate = lossRate;
  world.run(SETTLE_MS);
  const idle = idleRate(world);
  const victim = world.peers[size >> 1]!;
  const startMs = world.nowMs;
  const foundMs: number[] = [];
  let suspectedMs: number | undefined;
  let falseDeaths = 0;
  world.observer = {
    suspected: (_, subject) => {
      if (subject === victim.index) suspectedMs ??= world.nowMs - startMs;
    },
    died: (_, subject) => {
      if (subject === victim.index) foundMs.push(world.nowMs - startMs);
      else falseDeaths += 1;
    },
  };
  world.stop(victim);
  const isKnown = (): boolean => foundMs.length >= size - 1;
  const knownMs = world.runUntil(isKnown, 120_000) ?? Number.POSITIVE_INFINITY;
  world.restart(victim);
  const isJoined = (): boolean =>
    world.up.every(({ mesh, name }) => name === victim.name || mesh.isAlive(victim.name));
  const joinedMs = world.runUntil(isJoined, 60_000) ?? Number.POSITIVE_INFINITY;
  return {
    suspectedMs: [suspectedMs ?? Number.POSITIVE_INFINITY],
    knownMs: [knownMs],
    joinedMs: [joinedMs],
    idle: [idle],
    falseDeaths,
    coverage: coverageOf(foundMs, COVERAGE_STEP_MS, COVERAGE_STEPS),
  };
}

function idleRate(world: MeshWorld): Rate {
  world.messageCount = 0;
  world.byteCount = 0;
  world.run(IDLE_MS);
  const peerSeconds = (world.peers.length * IDLE_MS) / 1_000;
  return {
    messagesPerSecond: world.messageCount / peerSeconds,
    bytesPerSecond: world.byteCount / peerSeconds,
  };
}
