/** Files of real nodes lost or damaged: a node makes again what follows from the rest, stands by, or refuses to start and says why. */
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Network } from "@hyperledger/fabric-gateway";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  channelOf,
  dataOf,
  flipMiddleBit,
  logLines,
  onlyFile,
  ordererNames,
  peerNames,
  report,
  startToFail,
} from "./faults.ts";
import { root, TestNetwork } from "./harness.ts";
import { contentsOf, readBlocks, stateDigest, verdictsOf } from "./stopped-ledgers.ts";

const SLOW_MACHINE_MS = 120_000;
const STANDS_BY = "this member has lost its log: it stands by and fetches blocks";
const text = new TextDecoder();

let net: TestNetwork;
let org1: Network;
let org2Late: Network;
let created = 0;

beforeAll(async () => {
  net = await TestNetwork.start();
  await net.must("deploy", `${root}/config/samples/asset-transfer`, "--name", "basic");
  const [first, second] = net.topology.organizations;
  ({ network: org1 } = await net.connect(first!, 0));
  ({ network: org2Late } = await net.connect(second!, 1));
  await createAssets(20);
}, SLOW_MACHINE_MS);

afterAll(async () => {
  await net.close();
}, SLOW_MACHINE_MS);

async function createAssets(count: number): Promise<void> {
  for (const goal = created + count; created < goal; created += 1) {
    const asset = [`asset-${created}`, "blue", "5", "Tom", "300"];
    await org1.getContract("basic").submitTransaction("CreateAsset", ...asset);
  }
}

/** Starts a node and resolves when it has every block that the first peer has. */
async function restartAndCatchUp(name: string): Promise<void> {
  const startMs = performance.now();
  await net.restart(name);
  const goal = await net.height(peerNames(net)[0]!);
  await net.until(`${name} is level`, async () => (await net.height(name)) >= goal);
  report(`damage: ${name} level after ${(performance.now() - startMs).toFixed(0)} ms`);
}

/** The node ends at once with one error that names the file and says what to do; the others go on. */
async function expectRefusal(name: string, path: string, cure: string): Promise<void> {
  const { code, errors } = await startToFail(net, name);
  expect(code).toBe(1);
  expect(errors).toHaveLength(1);
  expect(errors[0]!.msg).toBe("the node could not start");
  expect(errors[0]!.error).toContain(`${path} is damaged at offset`);
  expect(errors[0]!.error).toContain(cure);
  await createAssets(2);
}

/** The node serves without the channel, says why in its log, and the others go on. */
async function expectFailedChannel(name: string, path: string, cure: string): Promise<void> {
  await net.restart(name, async () => (await statusOfChannel(name)) === "failed");
  const log = await readFile(join(net.directory, "nodes", name, "node.log"), "utf8");
  expect(log).toContain(`${path} is damaged at offset`);
  expect(log).toContain(cure);
  await createAssets(2);
  await net.stopNode(name);
}

async function statusOfChannel(orderer: string): Promise<string | undefined> {
  const { stdout } = await net.run("channel", "list", "--orderer", orderer, "--json");
  if (stdout === "") return undefined;
  return (JSON.parse(stdout) as { channels: { status: string }[] }).channels[0]?.status;
}

async function followerName(): Promise<string> {
  await net.until("there is a leader", async () => (await net.leader()) !== undefined);
  const leader = await net.leader();
  return ordererNames(net).find((name) => name !== leader)!;
}

describe("a node with lost or damaged files", { timeout: SLOW_MACHINE_MS }, () => {
  test("a peer makes a deleted state again from its blocks, and reports what blocks do not hold", async () => {
    const peer = peerNames(net)[3]!;
    const blocksPath = join(channelOf(net, peer), "blocks");
    await net.stopNode(peer);
    const before = await readFile(await onlyFile(blocksPath, ".heddle"));
    await rm(join(dataOf(net, peer), "state"), { recursive: true });
    await createAssets(3);
    await restartAndCatchUp(peer);

    const after = await readFile(await onlyFile(blocksPath, ".heddle"));
    expect(after.subarray(0, before.length).equals(before)).toBe(true);
    const applied = await logLines(net, peer, "applying blocks that the state does not have yet");
    expect(applied.at(-1)).toMatchObject({ first: 0 });
    const lost = await logLines(
      net,
      peer,
      "this peer lacks private values that the applied blocks wrote: only a backup of the state brings back those of its own organisation",
    );
    // One approval of each organisation; the peer never had the other's.
    const approvals = ["Org1MSP", "Org2MSP"].map((mspId) => `_lifecycle/_implicit_org_${mspId}`);
    expect(lost).toHaveLength(1);
    expect(lost[0]).toMatchObject({ level: "warn", writeSets: 2, collections: approvals });

    // Which package was approved follows from its hash, so the contract runs all the same.
    const contract = org2Late.getContract("basic");
    const exists = await contract.evaluateTransaction("AssetExists", `asset-${created - 1}`);
    expect(text.decode(exists)).toBe("true");
  });

  test("a peer with a damaged block file refuses to start, and with its ledger deleted fetches all again", async () => {
    const peer = peerNames(net)[1]!;
    await net.stopNode(peer);
    const path = await onlyFile(join(channelOf(net, peer), "blocks"), ".heddle");
    await flipMiddleBit(path);
    await expectRefusal(peer, path, "to fetch the blocks again");

    await rm(join(channelOf(net, peer), "blocks"), { recursive: true });
    await rm(join(dataOf(net, peer), "state"), { recursive: true });
    await restartAndCatchUp(peer);
  });

  test("an orderer with a damaged log stands by and keeps the blocks, and takes part again with the file restored", async () => {
    const orderer = await followerName();
    await net.stopNode(orderer);
    const folder = join(channelOf(net, orderer), "raft");
    const path = await onlyFile(folder, ".heddle");
    const backup = await readFile(path);
    // In the first frame: the middle of the file is room that is not used yet.
    const spoiled = Buffer.from(backup);
    spoiled[600]! ^= 0x10;
    await writeFile(path, spoiled);
    await restartAndCatchUp(orderer);
    await createAssets(3);
    await net.until("it keeps up", async () => {
      return (await net.height(orderer)) >= (await net.height(peerNames(net)[0]!));
    });
    const told = await logLines(net, orderer, STANDS_BY);
    expect(told).toHaveLength(1);
    expect(told[0]!["reason"]).toContain(`${path} is damaged at offset`);

    await net.stopNode(orderer);
    const [aside] = (await readdir(folder)).filter((name) => name.startsWith("aside-"));
    expect((await readFile(join(folder, aside!))).equals(spoiled)).toBe(true);
    await rm(join(folder, aside!));
    await writeFile(path, backup);
    // The blocks that came meanwhile are in no log here: they come again from the group.
    await rm(join(channelOf(net, orderer), "blocks"), { recursive: true });
    await restartAndCatchUp(orderer);
    expect(await logLines(net, orderer, STANDS_BY)).toHaveLength(1);
  });

  test("an orderer with a damaged block file serves without the channel, and with its blocks deleted writes them again from its log", async () => {
    const orderer = await followerName();
    await net.stopNode(orderer);
    const path = await onlyFile(join(channelOf(net, orderer), "blocks"), ".heddle");
    await flipMiddleBit(path);
    await expectFailedChannel(orderer, path, "to fetch the blocks again");

    await rm(join(channelOf(net, orderer), "blocks"), { recursive: true });
    await restartAndCatchUp(orderer);
  });

  test("lost private values of an approval do not hinder the next one", async () => {
    const sample = `${root}/config/samples/asset-transfer`;
    const deployed = await net.must("deploy", sample, "--name", "basic", "--package-version", "2");
    expect(deployed).toMatchObject({ sequence: 2 });
    await createAssets(1);
  });

  test("in the end all have the same blocks, and all peers the same state", async () => {
    await createAssets(1);
    const names = [...ordererNames(net), ...peerNames(net)];
    const goal = await net.height(peerNames(net)[0]!);
    const isLevel = async (): Promise<boolean> =>
      (await Promise.all(names.map((name) => net.height(name)))).every((each) => each === goal);
    await net.until("all nodes have one height", isLevel);
    await net.must("down");
    const [first] = peerNames(net);
    const blocks = await readBlocks(net, first!);
    for (const name of names) {
      expect([name, contentsOf(await readBlocks(net, name))]).toEqual([name, contentsOf(blocks)]);
    }
    for (const peer of peerNames(net)) {
      expect([peer, verdictsOf(await readBlocks(net, peer))]).toEqual([peer, verdictsOf(blocks)]);
      expect([peer, await stateDigest(net, peer)]).toEqual([peer, await stateDigest(net, first!)]);
    }
  });
});
