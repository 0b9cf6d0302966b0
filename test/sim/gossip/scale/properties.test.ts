/** The promises of the cores over networks, faults and orders of events that nobody chose by hand. */
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { ChannelWorld } from "./channel-world.ts";
import { undelivered } from "./invariants/g1-eventual-delivery.ts";
import { divergent } from "./invariants/g2-convergence.ts";
import { watchOldNews } from "./invariants/g3-no-resurrection.ts";
import { copiesPerPeer } from "./invariants/g6-bounded-load.ts";
import { watchOrder } from "./invariants/g8-in-order-once.ts";
import { MeshWorld } from "./mesh-world.ts";

const RUNS = { numRuns: 25 };
const seed = fc.nat(1_000_000);

test.prop(
  [
    fc.record({
      seed,
      size: fc.integer({ min: 2, max: 30 }),
      lossPercent: fc.integer({ min: 0, max: 30 }),
      delayMsMax: fc.integer({ min: 1, max: 150 }),
      pausesMs: fc.array(fc.nat(600), { minLength: 1, maxLength: 8 }),
      crashed: fc.array(fc.integer({ min: 1, max: 29 }), { maxLength: 6 }),
    }),
  ],
  RUNS,
)("eventual delivery: every running peer gets every block, each once and in order", (plan) => {
  const { size, lossPercent, delayMsMax, pausesMs, crashed } = plan;
  const world = new ChannelWorld({ seed: plan.seed, size });
  world.links.lossRate = lossPercent / 100;
  world.links.delayMsMax = delayMsMax;
  const disorder = watchOrder(world);
  for (const index of crashed) if (index < size) world.crash(world.peers[index]!);
  for (const pauseMs of pausesMs) {
    world.order(world.peers[0]!);
    world.run(pauseMs);
  }
  const height = 1 + pausesMs.length;
  world.runUntil(() => world.isLevel(height), 60_000, 100);
  expect(undelivered(world, height)).toEqual([]);
  expect(disorder).toEqual([]);
  // With loss an answer may come twice; a block is asked of one at a time.
  expect(copiesPerPeer(world, pausesMs.length)).toBeLessThanOrEqual(5);
});

const deed = fc.oneof(
  fc.record({ kind: fc.constant("toggle" as const), index: fc.integer({ min: 1, max: 19 }) }),
  fc.record({ kind: fc.constant("cut" as const), sides: fc.integer({ min: 2, max: 4 }) }),
  fc.record({ kind: fc.constant("heal" as const) }),
);

test.prop(
  [
    fc.record({
      seed,
      size: fc.integer({ min: 3, max: 20 }),
      lossPercent: fc.integer({ min: 0, max: 10 }),
      deeds: fc.array(fc.tuple(deed, fc.integer({ min: 200, max: 8_000 })), { maxLength: 10 }),
    }),
  ],
  RUNS,
)(
  "convergence and no resurrection: whatever stopped, started or was cut off, all know in the end who runs, and old news brings nobody back",
  ({ seed: number, size, lossPercent, deeds }) => {
    const world = new MeshWorld({ seed: number, size, isWarm: true });
    world.links.lossRate = lossPercent / 100;
    const oldNews = watchOldNews(world);
    for (const [what, forMs] of deeds) {
      if (what.kind === "cut") {
        world.links.isCut = (from, to) => from % what.sides !== to % what.sides;
      } else if (what.kind === "heal") {
        world.links.isCut = () => false;
      } else {
        const peer = world.peers[what.index % size]!;
        if (peer.isUp && world.up.length > 1) world.stop(peer);
        else if (!peer.isUp) world.restart(peer);
      }
      world.run(forMs);
    }
    world.links.isCut = () => false;
    world.runUntil(() => world.isConvergent(), 120_000, 200);
    expect(divergent(world)).toEqual([]);
    expect(oldNews).toEqual([]);
  },
);

test.prop(
  [
    fc.record({
      seed,
      size: fc.integer({ min: 2, max: 60 }),
      lossPercent: fc.integer({ min: 0, max: 10 }),
    }),
  ],
  RUNS,
)("bounded load: what an idle peer sends does not grow with the network", (plan) => {
  const world = new MeshWorld({ seed: plan.seed, size: plan.size, isWarm: true });
  world.links.lossRate = plan.lossPercent / 100;
  world.run(2_000);
  world.messageCount = 0;
  world.byteCount = 0;
  world.run(10_000);
  expect(world.messageCount / plan.size / 10).toBeLessThan(15);
  expect(world.byteCount / plan.size / 10).toBeLessThan(3_000);
});
