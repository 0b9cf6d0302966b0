import { afterEach, describe, expect, test } from "vitest";
import { CHANNEL, World, sevenPeers } from "./world.ts";

const ALL = ["p1", "p2", "p3", "p4", "q1", "q2", "q3"];
const SEEDS = [1, 2, 3];

let world: World | undefined;

afterEach(async () => {
  await world?.stopAll();
  world = undefined;
});

async function started(
  seed: number,
  options: { readonly liars?: readonly string[]; readonly lossRate?: number } = {},
): Promise<World> {
  world = sevenPeers(seed, options.liars);
  world.network.conditions.lossRate = options.lossRate ?? 0;
  await world.startAll();
  return world;
}

function isLevel(of: World): boolean {
  return of.running.every((peer) => peer.blocks.length === of.chain.length);
}

function seesAll(of: World): boolean {
  return of.running.every((peer) => peer.seen().length === of.running.length);
}

test("two peers that dial each other at once keep one stream, the same at both ends", async () => {
  const mspId = "Org1MSP";
  for (let seed = 0; seed < 40; seed += 1) {
    world = new World(seed, { mspIds: [mspId], anchorPeers: [] });
    Object.assign(world.network.conditions, { delayMsMin: 1, delayMsMax: 60 });
    world.add({ name: "p1", mspId, bootstrap: ["p2"] });
    world.add({ name: "p2", mspId, bootstrap: ["p1"] });
    await Promise.all(world.all.map((peer) => peer.start()));
    await world.time.pass(3_000);
    expect(world.network.openedCount).toBeLessThanOrEqual(2);
    expect(world.network.openCount).toBe(1);
    await world.stopAll();
  }
});

describe("seven peers of two organisations", () => {
  test.each(SEEDS)("all know each other soon after the start (seed %i)", async (seed) => {
    const network = await started(seed, { lossRate: 0.05 });
    const tookMs = await network.time.passUntil(() => seesAll(network), 20_000);
    expect(tookMs).toBeLessThanOrEqual(6_000);
    expect(network.all.map((peer) => peer.seen())).toEqual(ALL.map(() => ALL));
  });

  test.each(SEEDS)(
    "all get every block, over a network that loses messages (seed %i)",
    async (seed) => {
      const network = await started(seed, { lossRate: 0.05 });
      await network.time.pass(10_000);
      for (let round = 0; round < 30; round += 1) {
        network.order(1);
        await network.time.pass(200);
      }
      expect(await network.time.passUntil(() => isLevel(network), 10_000)).toBeDefined();
      for (const peer of network.all) expect(peer.blocks).toEqual(network.chain);
    },
  );

  test("a peer shows whom it suspects, and how little it trusts its own hearing", async () => {
    const network = await started(5);
    await network.time.pass(5_000);
    const { meter } = network.peers.get("p1")!;
    const shown = (): readonly (number | undefined)[] =>
      ["suspects", "health_score"].map((name) => meter.value(`gossip_membership_${name}`));
    expect(shown()).toEqual([0, 0]);
    network.network.partition(["p1:7051"]);
    const doubts = (): boolean => shown().every((value) => value! >= 3);
    expect(await network.time.passUntil(doubts, 15_000)).toBeDefined();
    network.network.heal();
    const isCalm = (): boolean => shown().every((value) => value === 0);
    expect(await network.time.passUntil(isCalm, 60_000)).toBeDefined();
  });

  test("each organisation has one deliverer", async () => {
    const network = await started(7);
    await network.time.pass(15_000);
    for (const mspId of ["Org1MSP", "Org2MSP"]) {
      expect(network.deliverersOf(mspId)).toHaveLength(1);
    }
  });

  test.each(SEEDS)(
    "a block reaches every peer within 200 ms of a calm network (seed %i)",
    async (seed) => {
      const network = await started(seed);
      await network.time.pass(15_000);
      for (let round = 0; round < 10; round += 1) {
        network.order(1);
        expect(await network.time.passUntil(() => isLevel(network), 200)).toBeDefined();
      }
    },
  );

  test.each(SEEDS)("a stopped peer catches up with 250 blocks (seed %i)", async (seed) => {
    const network = await started(seed, { lossRate: 0.02 });
    await network.time.pass(10_000);
    const stopped = network.peers.get("p3")!;
    await stopped.stop();
    network.order(250);
    await network.time.pass(8_000);
    expect(stopped.blocks).toHaveLength(1);
    await stopped.start();
    expect(await network.time.passUntil(() => isLevel(network), 15_000)).toBeDefined();
    expect(stopped.blocks).toEqual(network.chain);
  });

  test.each(SEEDS)(
    "another peer delivers within 3 s of the deliverer's end (seed %i)",
    async (seed) => {
      const network = await started(seed);
      await network.time.pass(15_000);
      const [deliverer] = network.deliverersOf("Org1MSP");
      await deliverer!.stop();
      const tookMs = await network.time.passUntil(
        () => network.deliverersOf("Org1MSP").length === 1,
        5_000,
      );
      expect(tookMs).toBeLessThanOrEqual(3_000);
      network.order(5);
      expect(await network.time.passUntil(() => isLevel(network), 5_000)).toBeDefined();
    },
  );

  test("a deliverer that cannot reach orderers makes way", async () => {
    const network = await started(3);
    await network.time.pass(15_000);
    const [cutOff] = network.deliverersOf("Org1MSP");
    cutOff!.canReachOrderers = false;
    const hasOther = (): boolean => {
      const [other] = network.deliverersOf("Org1MSP");
      return other !== undefined && other !== cutOff;
    };
    expect(await network.time.passUntil(hasOther, 4_000)).toBeDefined();
    network.order(5);
    expect(await network.time.passUntil(() => isLevel(network), 3_000)).toBeDefined();
  });

  test.each(SEEDS)("peers that serve forged blocks harm nobody (seed %i)", async (seed) => {
    const network = await started(seed, { liars: ["p2", "q2"], lossRate: 0.02 });
    await network.time.pass(10_000);
    for (let round = 0; round < 20; round += 1) {
      network.order(3);
      await network.time.pass(300);
    }
    const honest = network.all.filter((peer) => peer.plan.isLiar !== true);
    const isHonestLevel = (): boolean =>
      honest.every((peer) => peer.blocks.length === network.chain.length);
    expect(await network.time.passUntil(isHonestLevel, 20_000)).toBeDefined();
    for (const peer of network.all) expect(peer.forgedStoredCount).toBe(0);
    expect(honest.some((peer) => peer.forgedSeenCount > 0)).toBe(true);
    for (const peer of honest) expect(peer.blocks).toEqual(network.chain);
  });

  test.each(SEEDS)(
    "a healed partition has one membership and level ledgers again (seed %i)",
    async (seed) => {
      const network = await started(seed);
      await network.time.pass(10_000);
      const apart = ["p3", "p4", "q3"];
      for (const name of apart) network.peers.get(name)!.canReachOrderers = false;
      network.network.partition(apart.map((name) => `${name}:7051`));
      await network.time.pass(30_000);
      expect(network.peers.get("p1")!.seen()).toEqual(["p1", "p2", "q1", "q2"]);
      network.order(40);
      await network.time.pass(3_000);
      network.network.heal();
      const tookMs = await network.time.passUntil(
        () => seesAll(network) && isLevel(network),
        10_000,
      );
      expect(tookMs).toBeLessThanOrEqual(5_000);
    },
  );

  test("a stopped peer is dead to all and stays dead", async () => {
    const network = await started(11);
    await network.time.pass(10_000);
    await network.peers.get("q3")!.stop();
    expect(await network.time.passUntil(() => seesAll(network), 14_000)).toBeDefined();
    for (let round = 0; round < 300; round += 1) {
      await network.time.pass(100);
      for (const peer of network.running) expect(peer.seen()).not.toContain("q3");
    }
  });

  test.each(SEEDS)(
    "peers that dial each other settle on streams that stay (seed %i)",
    async (seed) => {
      const network = await started(seed);
      await network.time.pass(10_000);
      const { openedCount } = network.network;
      await network.time.pass(30_000);
      expect(openedCount).toBeGreaterThan(6);
      expect(network.network.openedCount).toBe(openedCount);
    },
  );

  test("a peer whose identity is revoked loses its streams and its membership", async () => {
    const network = await started(13);
    await network.time.pass(10_000);
    network.authority.revoke("Org1MSP", "p4");
    // Orderers do not serve it either.
    network.peers.get("p4")!.canReachOrderers = false;
    const others = network.running.filter(({ plan }) => plan.name !== "p4");
    for (const peer of others) peer.gossip!.configureChannel(CHANNEL, network.channel);
    const isGone = (): boolean => others.every((peer) => !peer.seen().includes("p4"));
    expect(await network.time.passUntil(isGone, 14_000)).toBeDefined();
    network.order(5);
    await network.time.pass(3_000);
    expect(others.map((peer) => peer.blocks.length)).toEqual(others.map(() => 6));
    expect(network.peers.get("p4")!.blocks).toHaveLength(1);
  });

  test("a peer that leaves the channel is no member any more", async () => {
    const network = await started(12);
    await network.time.pass(10_000);
    network.peers.get("p4")!.gossip!.leaveChannel(CHANNEL);
    const isGone = (): boolean =>
      network.running.every((peer) => peer.plan.name === "p4" || !peer.seen().includes("p4"));
    expect(await network.time.passUntil(isGone, 5_000)).toBeDefined();
  });

  test("one seed gives one history", async () => {
    const histories: (readonly unknown[])[] = [];
    for (let run = 0; run < 2; run += 1) {
      const network = await started(99, { lossRate: 0.1 });
      await network.time.pass(6_000);
      network.order(10);
      await network.time.pass(1_000);
      histories.push([
        network.network.deliveredCount,
        network.all.map((peer) => [peer.seen(), peer.blocks.length]),
      ]);
      await network.stopAll();
    }
    expect(histories[0]).toEqual(histories[1]);
  });
});
