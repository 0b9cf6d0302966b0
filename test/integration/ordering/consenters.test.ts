import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isConfigBlock } from "../../../src/channel/index.ts";
import { Envelope, Status, decode } from "../../../src/wire/index.ts";
import { recordOf } from "../../../cluster/ordering/core/block-assembly.ts";
import { areLevel, haveVoters, reconfigure, send, votersOf, without } from "./group-changes.ts";
import { OrderingNetwork, until, type TestOrderer } from "./ordering-network.ts";

let network: OrderingNetwork;

beforeEach(async () => {
  network = await OrderingNetwork.start(3, 1);
  const leader = await network.leader();
  await until(() => (leader.orderer.activeIds?.length === 3 ? true : undefined));
});

afterEach(async () => {
  await network.stop();
});

/** Sends transactions to `orderers` in turn until it is stopped, and answers how many were acknowledged. */
function load(orderers: readonly TestOrderer[]): { stop(): Promise<readonly string[]> } {
  const stopping = new AbortController();
  const acknowledged: string[] = [];
  const running = (async () => {
    for (let index = 0; !stopping.signal.aborted; index += 1) {
      const envelope = await network.envelope();
      const { status } = await send(network, orderers[index % orderers.length]!, envelope);
      if (status === Status.SUCCESS) acknowledged.push(envelope.payload.join());
    }
  })();
  // What goes wrong is met at the end.
  running.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await running;
      return acknowledged;
    },
  };
}

async function orderedAt(orderer: TestOrderer): Promise<ReadonlySet<string>> {
  const { blocks } = orderer.orderer;
  const found = new Set<string>();
  for (let number = 1; number < blocks.height; number += 1) {
    const block = (await blocks.read(number))!;
    if (isConfigBlock(block)) continue;
    for (const bytes of block.data!.data) found.add(decode(Envelope, bytes).payload.join());
  }
  return found;
}

describe("the consenters of a channel", () => {
  test("grow by one that votes once it answers, and shrink again, under load, with nothing lost", async () => {
    const [first, second, third] = network.orderers as [TestOrderer, TestOrderer, TestOrderer];
    const three = [first, second, third];
    const traffic = load(three);
    const fourth = network.spares[0]!;
    const consenter = await fourth.consenter();
    const added = await reconfigure(network, first, (consenters) => [...consenters, consenter]);
    expect(added).toEqual({ status: Status.SUCCESS, info: "" });
    await until(() => (first.orderer.pending?.raftId === 4 ? true : undefined));
    expect(votersOf(first)).toEqual([1, 2, 3]);
    await fourth.openBehind(first, network.genesisBlock);
    await haveVoters([...three, fourth], [1, 2, 3, 4]);
    expect((await send(network, fourth, await network.envelope())).status).toBe(Status.SUCCESS);
    const removed = await reconfigure(network, second, without(consenter));
    expect(removed.status).toBe(Status.SUCCESS);
    await haveVoters(three, [1, 2, 3]);
    await fourth.orderer.left;
    const acknowledged = await traffic.stop();
    expect((await send(network, third, await network.envelope())).status).toBe(Status.SUCCESS);
    await areLevel(third, first);
    const ordered = await orderedAt(third);
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter((payload) => !ordered.has(payload))).toEqual([]);
    const newest = await third.orderer.blocks.read(third.orderer.blocks.height - 1);
    expect(recordOf(newest!)).toMatchObject({ consenterIds: [1, 2, 3], nextConsenterId: 5 });
  });

  test("lose their leader to a removal: it hands over, and the others go on", async () => {
    const leader = await network.leader();
    const others = network.orderers.filter((each) => each !== leader);
    const { raftId } = leader.orderer;
    const result = await reconfigure(network, others[0]!, (consenters) =>
      consenters.filter((_, place) => place + 1 !== raftId),
    );
    expect(result.status).toBe(Status.SUCCESS);
    const remaining = [1, 2, 3].filter((id) => id !== raftId);
    await haveVoters(others, remaining);
    await leader.orderer.left;
    await leader.kill();
    for (const each of others) {
      expect((await send(network, each, await network.envelope())).status).toBe(Status.SUCCESS);
    }
  });

  test("find out by themselves that they were removed while they were away", async () => {
    const leader = await network.leader();
    const [stays, goes] = network.orderers.filter((each) => each !== leader) as [
      TestOrderer,
      TestOrderer,
    ];
    const { raftId } = goes.orderer;
    await goes.kill();
    await until(() => (leader.orderer.activeIds?.length === 2 ? true : undefined));
    const result = await reconfigure(network, leader, (consenters) =>
      consenters.filter((_, place) => place + 1 !== raftId),
    );
    expect(result).toEqual({ status: Status.SUCCESS, info: "" });
    const remaining = [1, 2, 3].filter((id) => id !== raftId);
    await haveVoters([leader, stays], remaining);
    expect((await send(network, stays, await network.envelope())).status).toBe(Status.SUCCESS);
    await goes.listen();
    await goes.open(network.genesisBlock, 500);
    await goes.orderer.left;
    expect(goes.orderer.failure).toBeUndefined();
    expect(await send(network, goes, await network.envelope())).toEqual({
      status: Status.SERVICE_UNAVAILABLE,
      info: "chain is stopped",
    });
    const { blocks } = goes.orderer;
    const newest = (await blocks.read(blocks.height - 1))!;
    expect(isConfigBlock(newest)).toBe(true);
    expect(recordOf(newest)).toMatchObject({ consenterIds: remaining });
    // What it was to do is done: it starts as no consenter.
    await goes.kill();
    await goes.listen();
    await expect(goes.open(network.genesisBlock)).rejects.toMatchObject({
      code: "not_a_consenter",
    });
  });

  test("change a certificate under load and keep the raft id", async () => {
    const leader = await network.leader();
    const rotated = network.orderers.find((each) => each !== leader)!;
    const others = network.orderers.filter((each) => each !== rotated);
    const { raftId } = rotated.orderer;
    const before = await rotated.consenter();
    const { tls } = network.spares[0]!.node;
    const after = await rotated.consenter(tls);
    const traffic = load(others);
    const result = await reconfigure(network, leader, (consenters) =>
      consenters.map((each) =>
        each.clientTlsCert.join() === before.clientTlsCert.join() ? after : each,
      ),
    );
    expect(result).toEqual({ status: Status.SUCCESS, info: "" });
    const { sequence } = leader.orderer.config.current();
    await until(() => (rotated.orderer.config.current().sequence === sequence ? true : undefined));
    await rotated.kill();
    rotated.present(tls);
    await rotated.listen();
    await rotated.open(network.genesisBlock);
    expect(rotated.orderer.raftId).toBe(raftId);
    expect(await send(network, rotated, await network.envelope())).toEqual({
      status: Status.SUCCESS,
      info: "",
    });
    await until(() => (leader.orderer.activeIds?.length === 3 ? true : undefined));
    const acknowledged = await traffic.stop();
    expect(acknowledged.length).toBeGreaterThan(0);
    // The newest block may be where it was acknowledged before the leader has written it.
    await areLevel(...network.orderers);
    const ordered = await orderedAt(rotated);
    expect(acknowledged.filter((payload) => !ordered.has(payload))).toEqual([]);
    const newest = await leader.orderer.blocks.read(leader.orderer.blocks.height - 1);
    expect(recordOf(newest!)).toMatchObject({ consenterIds: [1, 2, 3], nextConsenterId: 4 });
    expect(votersOf(leader)).toEqual([1, 2, 3]);
  });

  test("do not change by two at once, nor when too few of them answer", async () => {
    const leader = await network.leader();
    const two = await reconfigure(network, leader, (consenters) => consenters.slice(0, 1));
    expect(two).toEqual({
      status: Status.BAD_REQUEST,
      info:
        "error applying config update to existing channel 'ch1': " +
        "consensus metadata update for channel config update is invalid: " +
        "update of more than one consenter at a time is not supported, " +
        "requested changes: add 0 node(s), remove 2 node(s)",
    });
    const down = network.orderers.find((each) => each !== leader)!;
    const { raftId } = network.orderers.find((each) => each !== leader && each !== down)!.orderer;
    await down.kill();
    await until(() => (leader.orderer.activeIds?.length === 2 ? true : undefined));
    const lost = await reconfigure(network, leader, (consenters) =>
      consenters.filter((_, place) => place + 1 !== raftId),
    );
    expect(lost.status).toBe(Status.BAD_REQUEST);
    expect(lost.info).toContain(
      "2 out of 3 nodes are alive, configuration will result in quorum loss",
    );
    expect(lost.info).toContain("1 of 2 would be reachable, needs 2");
  });
});
