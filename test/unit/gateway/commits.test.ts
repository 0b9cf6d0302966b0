import { beforeAll, describe, expect, test } from "vitest";
import { utf8 } from "../../../src/kernel/bytes.ts";
import {
  ChaincodeEvent,
  ChaincodeEventsRequest,
  CommitStatusRequest,
  TxValidationCode,
  create,
  encode,
  type ChaincodeEventsResponse,
  type Partially,
} from "../../../src/wire/index.ts";
import { CHANNEL, World, createMaterial, failureOf, type Material } from "./gateway-world.ts";

let material: Material;
beforeAll(async () => {
  material = await createMaterial();
});

async function status(world: World, changes: object = {}, call: object = {}): Promise<unknown> {
  const { identity } = material.client;
  const fields = { transactionId: "tx", channelId: CHANNEL, identity, ...changes };
  const request = encode(CommitStatusRequest, create(CommitStatusRequest, fields));
  const signature = await material.client.sign(request);
  return world.unary("CommitStatus", { request, signature }, call);
}

describe("CommitStatus", () => {
  test("answers for a transaction that is committed, valid or not", async () => {
    const world = new World(material);
    world.ledger.commit({ txId: "tx", code: TxValidationCode.MVCC_READ_CONFLICT });
    world.ledger.commit({ txId: "tx", code: TxValidationCode.DUPLICATE_TXID });
    expect(await status(world)).toEqual({
      result: TxValidationCode.MVCC_READ_CONFLICT,
      blockNumber: 10,
    });
  });

  test("waits for one that is not, with one subscription for all who wait", async () => {
    const world = new World(material);
    const waiting = [status(world), status(world), status(world, { transactionId: "other" })];
    await expect.poll(() => world.ledger.listenerCount).toBe(1);
    world.ledger.commit({ txId: "unrelated" });
    world.ledger.commit({ txId: "tx" }, { txId: "other" });
    const answer = { result: TxValidationCode.VALID, blockNumber: 11 };
    expect(await Promise.all(waiting)).toEqual([answer, answer, answer]);
    expect(world.ledger.listenerCount).toBe(1);
    world.gateway.close();
    expect(world.ledger.listenerCount).toBe(0);
  });

  test("ends with its caller", async () => {
    const world = new World(material);
    for (const [isDeadlineExceeded, code] of [
      [true, "DEADLINE_EXCEEDED"],
      [false, "CANCELLED"],
    ] as const) {
      const caller = new AbortController();
      const call = { signal: caller.signal, isDeadlineExceeded: () => isDeadlineExceeded };
      const waiting = failureOf(status(world, {}, call));
      await expect.poll(() => world.ledger.listenerCount).toBe(1);
      caller.abort();
      expect((await waiting).code).toBe(code);
    }
  });

  test("refuses requests that say too little", async () => {
    const world = new World(material);
    const texts = [
      [{ identity: new Uint8Array(0) }, "no identity provided"],
      [{ channelId: "" }, "no channel ID provided"],
      [{ transactionId: "" }, "transaction ID should not be empty"],
    ] as const;
    for (const [changes, message] of texts) {
      const expected = { code: "INVALID_ARGUMENT", message, details: [] };
      expect(await failureOf(status(world, changes))).toEqual(expected);
    }
    const send = (request: Uint8Array): Promise<unknown> =>
      world.unary("CommitStatus", { request, signature: utf8("s") });
    expect(await failureOf(send(new Uint8Array(0)))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "a commit status request is required",
    });
    const malformed = await failureOf(send(utf8("\xff\xff")));
    expect(malformed.code).toBe("INVALID_ARGUMENT");
    expect(malformed.message).toMatch(/^invalid status request: /);
  });

  test("is for readers of the channel who have signed their request", async () => {
    const world = new World(material);
    const request = encode(CommitStatusRequest, {
      transactionId: "tx",
      channelId: CHANNEL,
      identity: material.client.identity,
    });
    const signature = await material.client.sign(utf8("something else"));
    const forged = await failureOf(world.unary("CommitStatus", { request, signature }));
    expect(forged.code).toBe("PERMISSION_DENIED");
    expect(await failureOf(status(world, { channelId: "other" }))).toMatchObject({
      code: "PERMISSION_DENIED",
      message: "Failed to get policy manager for channel [other]",
    });
  });
});

function event(txId: string, name: string, chaincodeId = "basic"): Uint8Array {
  return encode(ChaincodeEvent, create(ChaincodeEvent, { chaincodeId, txId, eventName: name }));
}

class Listener {
  readonly received: string[] = [];
  readonly ended: Promise<void>;
  readonly #caller = new AbortController();

  private constructor(world: World, request: Uint8Array, signature: Uint8Array) {
    const send = (response: unknown): void => {
      const { events, blockNumber } = response as ChaincodeEventsResponse;
      this.received.push(`${blockNumber}: ${events.map(({ eventName }) => eventName).join(" ")}`);
    };
    this.ended = world.events({ request, signature }, send, { signal: this.#caller.signal });
    this.ended.catch(() => undefined);
  }

  static async start(
    world: World,
    changes: Partially<ChaincodeEventsRequest> = {},
  ): Promise<Listener> {
    const { identity } = material.client;
    const fields = { channelId: CHANNEL, chaincodeId: "basic", identity, ...changes };
    const request = encode(
      ChaincodeEventsRequest,
      create<ChaincodeEventsRequest>(ChaincodeEventsRequest, fields),
    );
    return new Listener(world, request, await material.client.sign(request));
  }

  stop(): void {
    this.#caller.abort();
  }
}

const from = (number: number): Partially<ChaincodeEventsRequest> => ({
  startPosition: { type: { $case: "specified", value: { number: String(number) } } },
});

describe("ChaincodeEvents", () => {
  function worldWithEvents(): World {
    const world = new World(material);
    world.ledger.commit(
      { txId: "a", events: event("a", "A") },
      { txId: "b", events: event("b", "B"), code: TxValidationCode.PHANTOM_READ_CONFLICT },
      { txId: "c", events: event("c", "C", "other") },
      { txId: "d" },
      { txId: "e", events: event("e", "E") },
    );
    world.ledger.commit({ txId: "f" });
    world.ledger.commit({ txId: "g", events: event("g", "G") });
    return world;
  }

  test("come from valid transactions of the chaincode, block by block", async () => {
    const world = worldWithEvents();
    const listener = await Listener.start(world, from(0));
    await expect.poll(() => listener.received).toEqual(["10: A E", "12: G"]);
    world.ledger.commit({ txId: "h", events: event("h", "H") });
    await expect.poll(() => listener.received.at(-1)).toBe("13: H");
    listener.stop();
    expect(await failureOf(listener.ended)).toMatchObject({ code: "CANCELLED" });
  });

  test("start with the next block when nothing else is asked", async () => {
    const world = worldWithEvents();
    const listener = await Listener.start(world);
    const other = await Listener.start(world, {
      startPosition: { type: { $case: "nextCommit", value: {} } },
    });
    await expect.poll(() => world.ledger.listenerCount).toBe(2);
    world.ledger.commit({ txId: "h", events: event("h", "H") });
    await expect.poll(() => [...listener.received, ...other.received]).toEqual(["13: H", "13: H"]);
    listener.stop();
    other.stop();
  });

  test("go on after a transaction, also after one that had no event", async () => {
    const world = worldWithEvents();
    for (const [afterTransactionId, expected] of [
      ["a", ["10: E", "12: G"]],
      ["d", ["10: E", "12: G"]],
      ["e", ["12: G"]],
      ["f", ["12: G"]],
      ["unknown", ["10: A E", "12: G"]],
    ] as const) {
      const listener = await Listener.start(world, { ...from(5), afterTransactionId });
      await expect.poll(() => listener.received).toEqual(expected);
      listener.stop();
    }
  });

  test("never come for blocks beyond all numbers", async () => {
    const world = worldWithEvents();
    const listener = await Listener.start(world, {
      startPosition: { type: { $case: "specified", value: { number: "18446744073709551615" } } },
    });
    await expect.poll(() => world.ledger.listenerCount).toBe(1);
    listener.stop();
    expect(await failureOf(listener.ended)).toMatchObject({ code: "CANCELLED" });
  });

  test("are refused for other positions, malformed requests and strangers", async () => {
    const world = worldWithEvents();
    const newest = await Listener.start(world, {
      startPosition: { type: { $case: "newest", value: {} } },
    });
    expect(await failureOf(newest.ended)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "invalid start position type: newest",
    });
    const stranger = await Listener.start(world, { identity: utf8("stranger") });
    expect((await failureOf(stranger.ended)).code).toBe("PERMISSION_DENIED");
    const empty = { request: new Uint8Array(0), signature: utf8("s") };
    expect(await failureOf(world.events(empty, () => undefined, {}))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "a chaincode events request is required",
    });
    const malformed = { request: utf8("\xff\xff"), signature: utf8("s") };
    const failure = await failureOf(world.events(malformed, () => undefined, {}));
    expect(failure.message).toMatch(/^invalid chaincode events request: /);
  });
});
