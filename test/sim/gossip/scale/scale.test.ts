import { describe, expect, test } from "vitest";
import { FAST_PROBES } from "../../../../gossip/core/index.ts";
import { ALIVE_TOLD_MAX } from "../../../../gossip/core/limits.ts";
import { ChannelWorld } from "./channel-world.ts";
import { undelivered } from "./invariants/g1-eventual-delivery.ts";
import { divergent } from "./invariants/g2-convergence.ts";
import { watchResurrections } from "./invariants/g3-no-resurrection.ts";
import { watchFalseDeaths } from "./invariants/g4-no-false-death.ts";
import { defame } from "./invariants/g5-no-believed-verdict.ts";
import { copiesPerPeer } from "./invariants/g6-bounded-load.ts";
import { forgetful } from "./invariants/g7-remembered-sides.ts";
import { watchOrder } from "./invariants/g8-in-order-once.ts";
import { MeshWorld } from "./mesh-world.ts";
import { SeededRandom } from "../seeded-random.ts";
import { stallFor } from "./stall.ts";

const SEEDS = [1, 2, 3, 4];

describe("the membership", () => {
  test.each([
    [5, 8_000],
    [50, 14_000],
  ])("of %i peers knows a death within %i ms, without a false one", (size, limitMs) => {
    for (const seed of SEEDS) {
      const world = new MeshWorld({ seed, size, isWarm: true });
      world.links.lossRate = 0.02;
      const falseDeaths = watchFalseDeaths(world);
      const resurrections = watchResurrections(world);
      world.run(5_000);
      world.stop(world.peers[size - 2]!);
      expect(world.runUntil(() => world.isConvergent(), limitMs)).toBeDefined();
      world.run(5_000);
      expect(divergent(world)).toEqual([]);
      expect(falseDeaths).toEqual([]);
      expect(resurrections).toEqual([]);
    }
  });

  test("of 50 peers with fast probes knows a death within 3 s", () => {
    const world = new MeshWorld({ seed: 1, size: 50, isWarm: true, options: FAST_PROBES });
    world.run(1_000);
    world.stop(world.peers[7]!);
    expect(world.runUntil(() => world.isConvergent(), 3_000)).toBeDefined();
  });

  test.each(SEEDS)("forms from one known peer, and takes in a restarted one (seed %i)", (seed) => {
    const world = new MeshWorld({ seed, size: 30, isWarm: false });
    world.links.lossRate = 0.05;
    expect(world.runUntil(() => world.isConvergent(), 10_000)).toBeDefined();
    const [restarted] = world.peers.slice(9);
    world.stop(restarted!);
    world.restart(restarted!);
    expect(world.runUntil(() => world.isConvergent(), 5_000)).toBeDefined();
  });

  test("of more than one answer may bring is known to a newcomer after a few rounds of news", () => {
    const size = ALIVE_TOLD_MAX + 500;
    const isLast = (index: number): boolean => index === size - 1;
    const world = new MeshWorld({ seed: 2, size, isWarm: true, isAbsent: isLast });
    world.run(500);
    const newcomer = world.peers[size - 1]!;
    world.restart(newcomer);
    const knowsAll = (): boolean => newcomer.mesh.alive().length === size - 1;
    const tookMs = world.runUntil(knowsAll, 5 * world.options.newsIntervalMs, 10);
    expect(tookMs).toBeGreaterThan(world.options.newsIntervalMs);
  });

  test.each([
    ["before anybody has missed it", 0, {}],
    ["when it counts as dead", 40_000, {}],
    ["when it is forgotten", 200_000, { forgetAfterMs: 60_000 }],
  ])(
    "takes in, %s, one that restarts with a true clock after a run with one that was far ahead",
    (_, absentMs, options) => {
      for (const seed of SEEDS) {
        const isPlain = (index: number): boolean => index % 4 === 3;
        const world = new MeshWorld({ seed, size: 16, isWarm: true, options, isPlain });
        world.links.lossRate = 0.02;
        const resurrections = watchResurrections(world);
        const restarted = world.peers[9]!;
        const aheadMs = 86_400_000;
        world.stop(restarted);
        world.restart(restarted, aheadMs);
        expect(world.runUntil(() => world.isConvergent(), 10_000)).toBeDefined();
        world.run(5_000);
        world.stop(restarted);
        world.run(absentMs);
        const falseDeaths = watchFalseDeaths(world);
        world.restart(restarted, -aheadMs);
        expect(world.runUntil(() => world.isConvergent(), 5_000)).toBeDefined();
        world.run(60_000);
        expect(divergent(world)).toEqual([]);
        expect(falseDeaths).toEqual([]);
        expect(resurrections).toEqual([]);
      }
    },
  );

  test("costs a peer no more messages when there are ten times as many", () => {
    const costs = [20, 200].map((size) => {
      const world = new MeshWorld({ seed: 1, size, isWarm: true });
      world.run(3_000);
      world.messageCount = 0;
      world.run(10_000);
      return world.messageCount / size / 10;
    });
    expect(costs[1]).toBeLessThan(1.5 * costs[0]!);
    expect(costs[1]).toBeLessThan(6);
  });

  test("loses nobody because some processes stall for seconds", () => {
    const world = new MeshWorld({ seed: 5, size: 40, isWarm: true });
    const falseDeaths = watchFalseDeaths(world);
    for (let round = 0; round < 10; round += 1) {
      world.stall(world.peers[round]!, 2_000);
      world.stall(world.peers[39 - round]!, 3_000);
      world.run(5_000);
    }
    expect(falseDeaths).toEqual([]);
    expect(divergent(world)).toEqual([]);
  });

  test("loses nobody that answers, whatever others say of it", () => {
    const world = new MeshWorld({ seed: 6, size: 20, isWarm: true });
    const falseDeaths = watchFalseDeaths(world);
    const [victim, ...others] = world.peers;
    for (let round = 0; round < 10; round += 1) {
      defame(others.slice(0, 4), victim!, others, world.nowMs);
      world.run(3_000);
    }
    expect(falseDeaths).toEqual([]);
    expect(divergent(world)).toEqual([]);
  });

  test.each([
    ["two sides", (index: number) => index % 2],
    ["three sides", (index: number) => index % 3],
  ])("of %s remembers the others and is one again within 5 s of the heal", (_, sideOf) => {
    const world = new MeshWorld({ seed: 8, size: 24, isWarm: true });
    world.run(2_000);
    world.links.isCut = (from, to) => sideOf(from) !== sideOf(to);
    const isSplit = (): boolean => forgetful(world, sideOf).length === 0;
    expect(world.runUntil(isSplit, 60_000, 200)).toBeDefined();
    const falseDeaths = watchFalseDeaths(world);
    world.run(10_000);
    expect(falseDeaths).toEqual([]);
    world.links.isCut = () => false;
    expect(world.runUntil(() => world.isConvergent(), 5_000)).toBeDefined();
  });

  test("of a small side of a partition gives the others up within 35 s, and is one again after it", () => {
    for (const seed of SEEDS) {
      const world = new MeshWorld({ seed, size: 24, isWarm: true });
      const sideOf = (index: number): number => (index < 4 ? 0 : 1);
      world.run(2_000);
      world.links.isCut = (from, to) => sideOf(from) !== sideOf(to);
      const isSplit = (): boolean => forgetful(world, sideOf).length === 0;
      expect(world.runUntil(isSplit, 35_000, 200)).toBeDefined();
      world.links.isCut = () => false;
      expect(world.runUntil(() => world.isConvergent(), 5_000)).toBeDefined();
    }
  });

  test("of 200 peers is one again within 5 s after it was two", () => {
    const options = { tickIntervalMs: 100 };
    const world = new MeshWorld({ seed: 3, size: 200, isWarm: true, options });
    const sideOf = (index: number): number => index % 2;
    world.run(2_000);
    world.links.isCut = (from, to) => sideOf(from) !== sideOf(to);
    const isSplit = (): boolean => forgetful(world, sideOf).length === 0;
    expect(world.runUntil(isSplit, 90_000, 500)).toBeDefined();
    world.links.isCut = () => false;
    expect(world.runUntil(() => world.isConvergent(), 5_000)).toBeDefined();
  });

  test("comes through a partition within a partition, healed from the inside out", () => {
    for (const seed of SEEDS) {
      const world = new MeshWorld({ seed, size: 24, isWarm: true });
      const halfOf = (index: number): number => index % 2;
      const quarterOf = (index: number): number => index % 4;
      const isSplit = (sideOf: (index: number) => number): (() => boolean) => {
        return () => forgetful(world, sideOf).length === 0;
      };
      world.run(2_000);
      world.links.isCut = (from, to) => halfOf(from) !== halfOf(to);
      expect(world.runUntil(isSplit(halfOf), 60_000, 200)).toBeDefined();
      world.links.isCut = (from, to) => quarterOf(from) !== quarterOf(to);
      expect(world.runUntil(isSplit(quarterOf), 60_000, 200)).toBeDefined();
      world.links.isCut = (from, to) => halfOf(from) !== halfOf(to);
      expect(world.runUntil(isSplit(halfOf), 10_000, 200)).toBeDefined();
      world.links.isCut = () => false;
      expect(world.runUntil(() => world.isConvergent(), 5_000)).toBeDefined();
    }
  });

  test.each(SEEDS)("keeps up with peers that come and go all the time (seed %i)", (seed) => {
    const world = new MeshWorld({ seed, size: 40, isWarm: true });
    world.links.lossRate = 0.02;
    const falseDeaths = watchFalseDeaths(world);
    const random = new SeededRandom(seed);
    for (let round = 0; round < 30; round += 1) {
      const peer = world.peers[1 + random.below(39)]!;
      if (peer.isUp) world.stop(peer);
      else world.restart(peer);
      world.run(1_000 + random.below(2_000));
    }
    expect(world.runUntil(() => world.isConvergent(), 14_000)).toBeDefined();
    expect(falseDeaths).toEqual([]);
  });

  test("loses nobody in five minutes where one in twenty stalls for 2 to 8 s all the time", () => {
    const { falseDeaths } = stallFor({ seed: 1, size: 40, minutes: 5 });
    expect(falseDeaths).toBe(0);
  });

  test("of plain peers and others holds all of both, and misses one of either", () => {
    for (const seed of SEEDS) {
      const isPlain = (index: number): boolean => index % 3 === 0;
      const world = new MeshWorld({ seed, size: 18, isWarm: true, isPlain });
      world.links.lossRate = 0.02;
      const falseDeaths = watchFalseDeaths(world);
      world.run(40_000);
      expect(divergent(world)).toEqual([]);
      const [plain, probing] = [world.peers[3]!, world.peers[4]!];
      world.stop(plain);
      world.stop(probing);
      const isMissed = (): boolean =>
        world.up.every(({ isPlain: isDeaf, mesh }) => isDeaf || !mesh.isAlive(probing.name));
      expect(world.runUntil(isMissed, 14_000)).toBeDefined();
      expect(world.runUntil(() => world.isConvergent(), 35_000)).toBeDefined();
      world.restart(plain);
      world.restart(probing);
      expect(world.runUntil(() => world.isConvergent(), 30_000)).toBeDefined();
      expect(falseDeaths).toEqual([]);
    }
  });

  test("has one that was cut off alone back within 5 s", () => {
    const world = new MeshWorld({ seed: 10, size: 24, isWarm: true });
    world.links.isCut = (from, to) => (from === 0) !== (to === 0);
    const [alone, ...others] = world.peers;
    const isLost = (): boolean => others.every(({ mesh }) => !mesh.isAlive(alone!.name));
    expect(world.runUntil(isLost, 14_000)).toBeDefined();
    world.run(20_000);
    expect(alone!.mesh.healthScore).toBeGreaterThan(4);
    world.links.isCut = () => false;
    expect(world.runUntil(() => world.isConvergent(), 5_000)).toBeDefined();
  });

  test("holds nobody for alive across a wall that lets through one direction only, and is one again after it", () => {
    for (const seed of SEEDS) {
      const world = new MeshWorld({ seed, size: 12, isWarm: true });
      const sideOf = (index: number): number => (index < 4 ? 0 : 1);
      world.run(2_000);
      world.links.isCut = (from, to) => sideOf(from) < sideOf(to);
      const isSplit = (): boolean => forgetful(world, sideOf).length === 0;
      expect(world.runUntil(isSplit, 60_000, 200)).toBeDefined();
      const falseDeaths = watchFalseDeaths(world);
      world.run(10_000);
      expect(falseDeaths).toEqual([]);
      world.links.isCut = () => false;
      expect(world.runUntil(() => world.isConvergent(), 5_000)).toBeDefined();
    }
  });
});

describe("blocks", () => {
  test.each([
    [5, 600, 2.5],
    [50, 1_200, 4],
    [200, 1_600, 4],
  ])("reach all of %i peers within %i ms, in at most %f copies", (size, limitMs, copiesMax) => {
    const world = new ChannelWorld({ seed: 1, size });
    world.links.lossRate = 0.02;
    const disorder = watchOrder(world);
    world.run(1_000);
    for (let count = 0; count < 5; count += 1) {
      const number = world.order(world.peers[count]!);
      const isAll = (): boolean => undelivered(world, number + 1).length === 0;
      expect(world.runUntil(isAll, limitMs)).toBeDefined();
    }
    expect(copiesPerPeer(world, 5)).toBeLessThanOrEqual(copiesMax);
    expect(disorder).toEqual([]);
  });

  test.each(SEEDS)("reach all even where three messages in ten are lost (seed %i)", (seed) => {
    const world = new ChannelWorld({ seed, size: 40 });
    world.links.lossRate = 0.3;
    const disorder = watchOrder(world);
    for (let count = 0; count < 10; count += 1) {
      world.order(world.peers[0]!);
      world.run(200);
    }
    world.runUntil(() => world.isLevel(11), 20_000);
    expect(undelivered(world, 11)).toEqual([]);
    expect(disorder).toEqual([]);
  });

  test.each([
    [5, 800],
    [50, 2_000],
    [500, 2_800],
  ])(
    "reach all of %i peers within %i ms though one message in five is lost and one peer in ten has died",
    (size, limitMs) => {
      const world = new ChannelWorld({ seed: 3, size });
      world.links.lossRate = 0.2;
      world.run(1_000);
      for (let index = 1; index < size; index += 10) world.crash(world.peers[index]!);
      for (let count = 0; count < 5; count += 1) {
        const number = world.order(world.peers[0]!);
        const isAll = (): boolean => undelivered(world, number + 1).length === 0;
        expect(world.runUntil(isAll, limitMs)).toBeDefined();
      }
      expect(copiesPerPeer(world, 5)).toBeLessThanOrEqual(4);
    },
  );

  test("that half of the peers missed are fetched from the other half, spread over it", () => {
    const heightOf = (index: number): number => (index % 2 === 0 ? 401 : 1);
    const world = new ChannelWorld({ seed: 2, size: 40, heightOf });
    const disorder = watchOrder(world);
    expect(world.runUntil(() => world.isLevel(401), 10_000)).toBeDefined();
    expect(copiesPerPeer(world, 400)).toBeLessThanOrEqual(1);
    expect(disorder).toEqual([]);
  });
});
