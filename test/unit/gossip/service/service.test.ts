import { describe, expect, test } from "vitest";
import { GossipError, type GossipOptions } from "../../../../gossip/service/index.ts";
import { sevenPeers, type World } from "../../../sim/gossip/world.ts";

function worldWith(timing: Partial<GossipOptions>): World {
  return sevenPeers(1, [], timing);
}

describe("the service", () => {
  test("refuses options out of range, with the cure", async () => {
    const peer = worldWith({ aliveIntervalMs: 1 }).peers.get("p1")!;
    const error: unknown = await peer.start().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(GossipError);
    expect(error).toMatchObject({
      code: "bad-option",
      message: "gossip option aliveIntervalMs is 1; choose a value from 50 to 60000",
    });
  });

  test("refuses to run with an identity that is not valid", async () => {
    const world = worldWith({});
    world.authority.revoke("Org1MSP", "p1");
    const error: unknown = await world.peers
      .get("p1")!
      .start()
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "identity-refused" });
  });

  test("knows itself as a member, and nobody of channels that it has not joined", async () => {
    const world = worldWith({});
    const peer = world.peers.get("p1")!;
    await peer.start();
    await world.time.pass(100);
    const [self, ...others] = peer.gossip!.members("orders");
    expect(self).toMatchObject({ isSelf: true, mspId: "Org1MSP", endpoint: "p1:7051", height: 1 });
    expect(others).toEqual([]);
    expect(peer.gossip!.members("elsewhere")).toEqual([]);
    expect(peer.gossip!.isDeliverer("elsewhere")).toBe(false);
    await world.stopAll();
  });

  test("tells subscribers of the deliverer's task when it comes, and nobody afterwards", async () => {
    const world = worldWith({});
    const peer = world.peers.get("p1")!;
    await peer.start();
    const heard: boolean[] = [];
    const unsubscribe = peer.gossip!.subscribeDeliverer("orders", (isDeliverer) => {
      heard.push(isDeliverer);
    });
    await world.time.pass(3_000);
    expect(heard).toEqual([true]);
    unsubscribe();
    await world.stopAll();
    expect(heard).toEqual([true]);
  });

  test("gives up a member whose certificate has ended, whoever speaks of it", async () => {
    const world = worldWith({});
    world.authority.end("Org1MSP", "p3", world.time.wallMs() + 20_000);
    await world.startAll();
    const areAll = (): boolean => world.all.every((peer) => peer.seen().length === 7);
    expect(await world.time.passUntil(areAll, 19_000)).toBeDefined();
    await world.time.pass(40_000);
    for (const peer of world.all) {
      if (peer.plan.name === "p3") continue;
      expect(peer.seen()).toEqual(["p1", "p2", "p4", "q1", "q2", "q3"]);
    }
    await world.stopAll();
  });

  test("is silent after its close", async () => {
    const world = worldWith({});
    await world.startAll();
    await world.time.pass(5_000);
    await world.stopAll();
    await world.time.pass(100);
    const { deliveredCount } = world.network;
    await world.time.pass(60_000);
    expect(world.network.deliveredCount).toBe(deliveredCount);
  });
});
