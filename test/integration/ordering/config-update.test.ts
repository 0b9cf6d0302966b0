import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChannelConfig, isConfigBlock, lastConfigNumber } from "../../../src/channel/index.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { readSigner } from "../../../src/msp/adapters/index.ts";
import { toHex } from "../../../src/kernel/bytes.ts";
import { Envelope, Status, decode, type BroadcastResponse } from "../../../src/wire/index.ts";
import { recordOf } from "../../../cluster/ordering/core/block-assembly.ts";
import {
  setBatchSize,
  setRaftOptions,
  updateEnvelope,
  updateOf,
} from "../../support/sample-updates.ts";
import { OrderingNetwork, until, type TestOrderer } from "./ordering-network.ts";

let network: OrderingNetwork;
let orderers: readonly TestOrderer[];

beforeAll(async () => {
  network = await OrderingNetwork.start();
  ({ orderers } = network);
  await network.leader();
});

afterAll(async () => {
  await network.stop();
});

async function send(orderer: TestOrderer, envelope: Envelope): Promise<BroadcastResponse> {
  const client = network.broadcaster(orderer);
  try {
    await client.stream.send(envelope);
    const { value } = (await client.responses.next()) as { value: BroadcastResponse };
    return value;
  } finally {
    client.close();
  }
}

function batchUpdate(
  orderer: TestOrderer,
  messageCountMax: number,
  signers: readonly Signer[],
): Promise<Envelope> {
  const update = updateOf(orderer.orderer.config.current(), (root) => {
    setBatchSize(root, messageCountMax);
  });
  return updateEnvelope(update, signers, network.client);
}

function sequenceOf(orderer: TestOrderer): number {
  return orderer.orderer.config.current().sequence;
}

async function reaches(sequence: number): Promise<void> {
  await until(() => (orderers.every((each) => sequenceOf(each) === sequence) ? true : undefined));
}

describe("a configuration update", () => {
  test("signed by an administrator is in force at every orderer, and in the last block's metadata", async () => {
    for (const [place, orderer] of orderers.entries()) {
      const sequence = sequenceOf(orderer) + 1;
      const envelope = await batchUpdate(orderer, 11 + place, [network.client]);
      expect(await send(orderer, envelope)).toEqual({ status: Status.SUCCESS, info: "" });
      await reaches(sequence);
    }
    for (const { orderer } of orderers) {
      expect(orderer.config.current().orderer.batchSize.messageCountMax).toBe(13);
    }
    expect((await send(orderers[0]!, await network.envelope())).status).toBe(Status.SUCCESS);
    const { blocks } = orderers[0]!.orderer;
    const [config, next] = [(await blocks.read(3))!, (await blocks.read(4))!];
    expect(isConfigBlock(config)).toBe(true);
    expect(ChannelConfig.fromBlock(config).sequence).toBe(3);
    expect(lastConfigNumber(config)).toBe(3);
    expect(lastConfigNumber(next)).toBe(3);
    expect(recordOf(config)).toMatchObject({ consenterIds: [1, 2, 3], nextConsenterId: 4 });
  });

  test("that too few have signed is refused in Fabric's words", async () => {
    const [orderer] = orderers as [TestOrderer];
    const node = await readSigner(orderer.node.mspDirectory, "OrdererMSP");
    for (const signers of [[], [node]]) {
      const response = await send(orderer, await batchUpdate(orderer, 99, signers));
      expect(response).toEqual({
        status: Status.BAD_REQUEST,
        info:
          "error applying config update to existing channel 'ch1': error authorizing update: " +
          "error validating DeltaSet: policy for [Value]  /Channel/Orderer/BatchSize not satisfied: " +
          "implicit policy evaluation failed - 0 sub-policies were satisfied, " +
          "but this policy requires 1 of the 'Admins' sub-policies to be satisfied",
      });
    }
  });

  test("that comes again is refused: what it read has changed", async () => {
    const [orderer] = orderers as [TestOrderer];
    const sequence = sequenceOf(orderer) + 1;
    const envelope = await batchUpdate(orderer, 21, [network.client]);
    expect((await send(orderer, envelope)).status).toBe(Status.SUCCESS);
    await reaches(sequence);
    const { status, info } = await send(orderer, envelope);
    expect(status).toBe(Status.BAD_REQUEST);
    expect(info).toContain("attempt to set key [Value]  /Channel/Orderer/BatchSize to version");
  });

  test("takes part in the order under load: every acknowledged transaction is in one block", async () => {
    const acknowledged: Promise<BroadcastResponse>[] = [];
    const sent: string[] = [];
    for (let index = 0; index < 60; index += 1) {
      const orderer = orderers[index % orderers.length]!;
      const transaction = await network.envelope();
      sent.push(toHex(transaction.payload));
      acknowledged.push(send(orderer, transaction));
      if (index % 20 !== 10) continue;
      const sequence = sequenceOf(orderer) + 1;
      const envelope = await batchUpdate(orderer, 30 + index, [network.client]);
      expect((await send(orderer, envelope)).status).toBe(Status.SUCCESS);
      await reaches(sequence);
    }
    for (const { status } of await Promise.all(acknowledged)) expect(status).toBe(Status.SUCCESS);
    const ordered = await Promise.all(orderers.map((each) => payloadsAt(each)));
    for (const payloads of ordered) {
      const counts = sent.map((payload) => payloads.filter((each) => each === payload).length);
      expect(counts).toEqual(sent.map(() => 1));
    }
  });

  test("of Raft's options is in force without a restart: who leads is missed sooner", async () => {
    const leader = await network.leader();
    const sequence = sequenceOf(leader) + 1;
    const slow = updateOf(leader.orderer.config.current(), (root) => {
      setRaftOptions(root, { tickInterval: "10s" });
    });
    const response = await send(leader, await updateEnvelope(slow, [network.client]));
    expect(response.status).toBe(Status.SUCCESS);
    await reaches(sequence);
    // With ticks of ten seconds nobody would be missed within this test.
    const fast = updateOf(leader.orderer.config.current(), (root) => {
      setRaftOptions(root, { tickInterval: "20ms", electionTick: 5 });
    });
    expect((await send(leader, await updateEnvelope(fast, [network.client]))).status).toBe(
      Status.SUCCESS,
    );
    await reaches(sequence + 1);
    await leader.kill();
    const next = await network.leader();
    expect(next).not.toBe(leader);
    expect((await send(next, await network.envelope())).status).toBe(Status.SUCCESS);
  });
});

async function payloadsAt({ orderer }: TestOrderer): Promise<readonly string[]> {
  const height = Math.max(...orderers.map((each) => each.orderer.blocks.height));
  await until(() => (orderer.blocks.height >= height ? true : undefined));
  const payloads: string[] = [];
  for (let number = 1; number < height; number += 1) {
    const { data } = (await orderer.blocks.read(number))!;
    for (const bytes of data!.data) payloads.push(toHex(decode(Envelope, bytes).payload));
  }
  return payloads;
}
