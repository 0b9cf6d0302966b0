import { beforeAll, describe, expect, test } from "vitest";
import { utf8 } from "../../../src/kernel/bytes.ts";
import type { Envelope } from "../../../src/wire/index.ts";
import {
  CHANNEL,
  ORDERERS,
  SUCCESS,
  World,
  createMaterial,
  failureOf,
  type Material,
} from "./gateway-world.ts";

let material: Material;
beforeAll(async () => {
  material = await createMaterial();
});

const TRANSACTION: Envelope = { payload: utf8("payload"), signature: utf8("signature") };

function submit(world: World, changes: object = {}, call: object = {}): Promise<unknown> {
  const request = { transactionId: "tx", channelId: CHANNEL, preparedTransaction: TRANSACTION };
  return world.unary("Submit", { ...request, ...changes }, call);
}

describe("Submit", () => {
  test("hands the transaction to one orderer, byte for byte", async () => {
    const world = new World(material);
    const received: Envelope[] = [];
    for (const address of ORDERERS) {
      world.orderers.set(address, (envelope) => {
        received.push(envelope);
        return SUCCESS;
      });
    }
    expect(await submit(world)).toEqual({});
    expect(received).toEqual([TRANSACTION]);
  });

  test("spreads transactions over the orderers and uses their streams again", async () => {
    const world = new World(material);
    for (let count = 0; count < 60; count += 1) await submit(world);
    for (const address of ORDERERS) {
      expect(world.asked.filter((asked) => asked === address).length).toBeGreaterThan(5);
    }
    expect(world.streamsOpened.toSorted()).toEqual([...ORDERERS]);
  });

  test("gives transactions that wait at the same time a stream each", async () => {
    const world = new World(material);
    await Promise.all(Array.from({ length: 12 }, () => submit(world)));
    expect(world.asked).toHaveLength(12);
    expect(world.streamsOpened).toHaveLength(12);
  });

  test("goes on to the next orderer when one cannot be reached or is not available", async () => {
    const world = new World(material);
    world.orderers.set(ORDERERS[0], () => undefined);
    world.orderers.set(ORDERERS[1], () => ({ status: 503, info: "no leader" }));
    for (let count = 0; count < 10; count += 1) await submit(world);
    expect(world.asked.filter((asked) => asked === ORDERERS[2])).toHaveLength(10);
  });

  test("asks an orderer that has just failed after the others", async () => {
    const world = new World(material);
    world.orderers.set(ORDERERS[0], () => undefined);
    for (let count = 0; count < 50; count += 1) await submit(world);
    expect(world.asked.filter((asked) => asked === ORDERERS[0])).toHaveLength(1);
  });

  test("tries again on a fresh stream when one has ended unnoticed", async () => {
    const world = new World(material);
    let count = 0;
    for (const address of ORDERERS) {
      world.orderers.set(address, () => {
        count += 1;
        return count === 20 ? undefined : SUCCESS;
      });
    }
    for (let sent = 0; sent < 30; sent += 1) await submit(world);
    expect(count).toBe(31);
    expect(world.streamsOpened).toHaveLength(4);
  });

  test("does not repeat what an orderer refuses", async () => {
    const world = new World(material);
    for (const address of ORDERERS) {
      world.orderers.set(address, () => ({ status: 403, info: "not a writer" }));
    }
    expect(await failureOf(submit(world))).toEqual({
      code: "ABORTED",
      message: "received unsuccessful response from orderer: status=FORBIDDEN, info=not a writer",
      details: [],
    });
    expect(world.asked).toHaveLength(1);
  });

  test("tells what every orderer said when none took it", async () => {
    const world = new World(material);
    for (const address of ORDERERS) world.orderers.set(address, () => undefined);
    world.orderers.set(ORDERERS[1], () => ({ status: 503, info: "no leader" }));
    const failure = await failureOf(submit(world));
    expect(failure).toMatchObject({
      code: "UNAVAILABLE",
      message: "no orderers could successfully process transaction",
    });
    expect(failure.details.toSorted()).toEqual([
      "orderer1:7050 OrdererMSP: connection lost",
      "orderer2:7050 OrdererMSP: received unsuccessful response from orderer: status=SERVICE_UNAVAILABLE, info=no leader",
      "orderer3:7050 OrdererMSP: connection lost",
    ]);
  });

  test("goes on to the next orderer when one takes too long", async () => {
    const world = new World(material, { broadcastTimeoutMs: 5 });
    const stalled = (): Promise<never> => new Promise(() => undefined);
    world.orderers.set(ORDERERS[0], stalled).set(ORDERERS[1], stalled);
    await submit(world);
    expect(world.asked.at(-1)).toBe(ORDERERS[2]);
  });

  test("asks a further orderer beside one that is slow, and that one last from then on", async () => {
    const world = new World(material, { broadcastPatienceMs: 5 });
    for (const address of ORDERERS) {
      world.orderers.set(address, () =>
        world.asked.length === 1 ? new Promise<never>(() => undefined) : SUCCESS,
      );
    }
    await submit(world);
    const [slow] = world.asked;
    expect(world.asked).toHaveLength(2);
    for (let count = 0; count < 30; count += 1) await submit(world);
    expect(world.asked.filter((asked) => asked === slow)).toHaveLength(1);
  });

  test("takes the answer of a slow orderer when the others fail", async () => {
    const world = new World(material, { broadcastPatienceMs: 5 });
    let isFirst = true;
    for (const address of ORDERERS) {
      world.orderers.set(address, async () => {
        if (!isFirst) return undefined;
        isFirst = false;
        while (world.asked.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
        return SUCCESS;
      });
    }
    expect(await submit(world)).toEqual({});
    expect(new Set(world.asked)).toEqual(new Set(ORDERERS));
  });

  test("ends at the client's deadline", async () => {
    const world = new World(material);
    const deadline = new AbortController();
    for (const address of ORDERERS) {
      world.orderers.set(address, () => {
        deadline.abort();
        return new Promise<never>(() => undefined);
      });
    }
    const call = { signal: deadline.signal, isDeadlineExceeded: () => true };
    expect(await failureOf(submit(world, {}, call))).toMatchObject({
      code: "DEADLINE_EXCEEDED",
      message: "submit timeout expired while broadcasting to ordering service",
    });
    expect(world.asked).toHaveLength(1);
  });

  test("refuses what is no signed transaction and channels that it does not know", async () => {
    const world = new World(material);
    const refusals = [
      [
        { preparedTransaction: undefined },
        "INVALID_ARGUMENT",
        "a prepared transaction is required",
      ],
      [
        { preparedTransaction: { ...TRANSACTION, signature: new Uint8Array(0) } },
        "INVALID_ARGUMENT",
        "prepared transaction must be signed",
      ],
      [
        { channelId: "other" },
        "FAILED_PRECONDITION",
        "failed to get config for channel [other]: could not get last config for channel other",
      ],
    ] as const;
    for (const [changes, code, message] of refusals) {
      expect(await failureOf(submit(world, changes))).toEqual({ code, message, details: [] });
    }
    expect(world.asked).toEqual([]);
  });
});
