/** Orderers that lost their log, or never had one, take part: as members that have promised nothing. */
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Status, type EtcdraftConsenter } from "../../../src/wire/index.ts";
import { areLevel, haveVoters, reconfigure, send, without } from "./group-changes.ts";
import { OrderingNetwork, until, type TestOrderer } from "./ordering-network.ts";

const SLOW_MACHINE_MS = 300_000;

let network: OrderingNetwork;

afterEach(async () => {
  await network.stop();
});

async function start(
  ...options: Parameters<typeof OrderingNetwork.start>
): Promise<{ leader: TestOrderer; followers: readonly TestOrderer[] }> {
  network = await OrderingNetwork.start(...options);
  const leader = await network.leader();
  const { length } = network.orderers;
  await until(() => (leader.orderer.activeIds?.length === length ? true : undefined));
  return { leader, followers: network.orderers.filter((each) => each !== leader) };
}

async function order(orderer: TestOrderer, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const { status } = await send(network, orderer, await network.envelope());
    expect(status).toBe(Status.SUCCESS);
  }
}

/** A bit of what the log has made durable turns. */
async function spoilLog(orderer: TestOrderer): Promise<void> {
  const folder = join(orderer.channelDirectory, "raft");
  const [name] = await readdir(folder);
  const bytes = await readFile(join(folder, name!));
  bytes[600]! ^= 4;
  await writeFile(join(folder, name!), bytes);
}

/** Just a majority is left, so that it cannot order without the voice of `voter`. */
async function ordersWithTheVoteOf(
  voter: TestOrderer,
  ...others: readonly TestOrderer[]
): Promise<void> {
  const left = [voter, ...others];
  await until(() => {
    const isLed = left.some((each) => each.orderer.replica.leadership.role === "leader");
    return isLed ? true : undefined;
  });
  await order(voter, 3);
  await areLevel(...left);
}

/** Asked again: a transfer ends without success when the machine is slow. */
async function handOver(to: TestOrderer): Promise<void> {
  const all = [...network.orderers, to];
  for (;;) {
    const leader = await until(() =>
      all.find((each) => each.orderer.replica.leadership.role === "leader"),
    );
    if (leader === to) return;
    await leader.orderer.replica.transferLeadership(to.orderer.raftId);
  }
}

async function add(orderer: TestOrderer, consenter: EtcdraftConsenter): Promise<void> {
  const added = await reconfigure(network, orderer, (consenters) => [...consenters, consenter]);
  expect(added).toEqual({ status: Status.SUCCESS, info: "" });
}

describe("an orderer that lost its log", { timeout: SLOW_MACHINE_MS }, () => {
  test("stands by, and votes again under another id when it is removed and added, without a restart", async () => {
    const { leader, followers } = await start(4, 1);
    const [lost, other, third] = followers as [TestOrderer, TestOrderer, TestOrderer];
    const fifth = network.spares[0]!;
    const consenter = await lost.consenter();
    const staying = [1, 2, 3, 4].filter((id) => id !== lost.orderer.raftId);
    await order(lost, 3);
    await lost.kill();
    await spoilLog(lost);
    await lost.listen();
    await lost.openAsHost(network.genesisBlock);
    expect(lost.orderer.replica.standsBy).toContain("is damaged at offset");
    await order(leader, 3);
    await areLevel(lost, leader);

    // It hears those as well that come meanwhile.
    await add(leader, await fifth.consenter());
    await fifth.openBehind(leader, network.genesisBlock);
    await haveVoters([leader, other, third, fifth], [1, 2, 3, 4, 5]);
    await handOver(fifth);
    await until(() => (lost.orderer.replica.leadership.leaderId === 5 ? true : undefined));
    await order(lost, 1);

    expect((await reconfigure(network, leader, without(consenter))).status).toBe(Status.SUCCESS);
    await until(() => (lost.info?.consensusRelation === "follower" ? true : undefined));
    await until(() => (leader.orderer.pending === undefined ? true : undefined));
    await add(leader, consenter);
    await haveVoters([leader, other, third, fifth, lost], [...staying, 5, 6]);
    expect(lost.orderer.raftId).toBe(6);
    expect(lost.orderer.replica.standsBy).toBeUndefined();
    await Promise.all([leader.kill(), third.kill()]);
    await ordersWithTheVoteOf(lost, other, fifth);
  });

  test("and was removed and added while it was down finds its new id by itself", async () => {
    const { leader, followers } = await start(3);
    const [lost, other] = followers as [TestOrderer, TestOrderer];
    const consenter = await lost.consenter();
    const { raftId } = lost.orderer;
    await order(lost, 3);
    await lost.kill();
    await rm(join(lost.channelDirectory, "raft"), { recursive: true });
    await until(() => (leader.orderer.activeIds?.length === 2 ? true : undefined));
    expect((await reconfigure(network, leader, without(consenter))).status).toBe(Status.SUCCESS);
    await until(() => (leader.orderer.pending === undefined ? true : undefined));
    await order(leader, 3);
    await add(leader, consenter);

    await lost.listen();
    await lost.openAsHost(network.genesisBlock);
    expect(lost.orderer.raftId).toBe(raftId);
    expect(lost.orderer.replica.standsBy).toBe("its log is gone");
    const staying = [1, 2, 3].filter((id) => id !== raftId);
    await haveVoters([leader, other, lost], [...staying, 4]);
    expect(lost.orderer.replica.standsBy).toBeUndefined();
    await leader.kill();
    await ordersWithTheVoteOf(lost, other);
  });
});

test(
  "an orderer that joins, and is away while the others shorten their logs, is brought level by a snapshot and their blocks",
  { timeout: SLOW_MACHINE_MS },
  async () => {
    const { leader, followers } = await start(3, 1, { snapshotIntervalBytes: 4_000 });
    const spare = network.spares[0]!;
    await order(leader, 20);
    await add(leader, await spare.consenter());
    const { blocks } = leader.orderer;
    await spare.join((await blocks.read(blocks.height - 1))!);
    await haveVoters([...network.orderers, spare], [1, 2, 3, 4]);
    await order(spare, 3);

    await spare.kill();
    const awaySince = leader.orderer.blocks.height;
    await order(leader, 40);
    await spare.listen();
    await spare.openAsHost(network.genesisBlock);
    await areLevel(spare, leader, ...followers);
    expect(spare.orderer.blocks.height).toBeGreaterThan(awaySince);
    expect(spare.orderer.replica.status().snapshotIndex).toBeGreaterThan(awaySince + 20);
    await order(spare, 3);
    await areLevel(spare, leader, ...followers);
  },
);
