import { describe, expect, test } from "vitest";
import { ContractSession } from "../../../src/contract/contract-session.ts";
import type { Contract } from "../../../src/contract/index.ts";
import { utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import {
  ChaincodeInput,
  ChaincodeMessage,
  ChaincodeMessage_Type as MessageType,
  ChaincodeProposalPayload,
  GetState,
  Proposal,
  PutState,
  QueryResponse,
  QueryResultKv,
  QueryStateClose,
  QueryStateNext,
  Response,
  create,
  decode,
  encode,
  type SignedProposal,
} from "../../../src/wire/index.ts";

const EMPTY = new Uint8Array(0);

/** A session, and a peer that is played by the test. */
class World {
  readonly session: ContractSession;
  readonly #sent: ChaincodeMessage[] = [];
  #proposal: SignedProposal | undefined;

  constructor(contract: Contract) {
    this.session = new ContractSession(contract, (message) => this.#sent.push(message));
  }

  run(name: string, ...args: readonly string[]): void {
    const input = create(ChaincodeInput, { args: [name, ...args].map((text) => utf8(text)) });
    this.#receive(MessageType.TRANSACTION, encode(ChaincodeInput, input), this.#proposal);
  }

  /** What the client sends along with its next calls. */
  sendAlong(transient: Readonly<Record<string, string>>): void {
    const transientMap = new Map(
      Object.entries(transient).map(([name, text]) => [name, utf8(text)]),
    );
    const payload = encode(ChaincodeProposalPayload, { input: EMPTY, transientMap });
    const proposalBytes = encode(Proposal, create(Proposal, { payload }));
    this.#proposal = { proposalBytes, signature: EMPTY };
  }

  answer(payload: Uint8Array = EMPTY): void {
    this.#receive(MessageType.RESPONSE, payload);
  }

  refuse(reason: string): void {
    this.#receive(MessageType.ERROR, utf8(reason));
  }

  /** What the contract sends next. */
  async next(): Promise<ChaincodeMessage> {
    for (let turn = 0; turn < 50 && this.#sent.length === 0; turn += 1) await Promise.resolve();
    const message = this.#sent.shift();
    if (message === undefined) throw new Error("the contract sends nothing");
    return message;
  }

  get isSilent(): boolean {
    return this.#sent.length === 0;
  }

  async outcome(): Promise<Response & { readonly event?: ChaincodeMessage["chaincodeEvent"] }> {
    const { type, payload, chaincodeEvent } = await this.next();
    expect(type).toBe(MessageType.COMPLETED);
    return { ...decode(Response, payload), event: chaincodeEvent };
  }

  #receive(type: ChaincodeMessage["type"], payload: Uint8Array, proposal?: SignedProposal): void {
    const message = { type, payload, channelId: "ch", txid: "tx", ...(proposal && { proposal }) };
    this.session.receive(create(ChaincodeMessage, message));
  }
}

function batch(keys: readonly string[], hasMore: boolean): Uint8Array {
  const results = keys.map((key) => ({
    resultBytes: encode(QueryResultKv, { namespace: "cc", key, value: utf8(`${key}!`) }),
  }));
  return encode(QueryResponse, create(QueryResponse, { results, hasMore, id: "7" }));
}

const keysIn: Contract = {
  all: async (context) => {
    const keys: string[] = [];
    for await (const { key, value } of context.range("a", "z")) keys.push(`${key}=${value}`);
    return keys.join(" ");
  },
  first: async (context) => {
    for await (const { key } of context.range()) return key;
    return "none";
  },
};

describe("a contract of functions", () => {
  test("asks one thing at a time, in the order of its function, whatever it waits for", async () => {
    const world = new World({
      both: async (context) => (await Promise.all([context.get("a"), context.get("b")])).join(),
    });
    world.run("both");
    expect(decode(GetState, (await world.next()).payload).key).toBe("a");
    expect(world.isSilent).toBe(true);
    world.answer(utf8("1"));
    expect(decode(GetState, (await world.next()).payload).key).toBe("b");
    world.answer(utf8("2"));
    expect(utf8Decode((await world.outcome()).payload)).toBe("1,2");
  });

  test("goes on asking after a question that was refused", async () => {
    const world = new World({
      careful: async (context) => {
        const reason = await context.get("a").catch((error: unknown) => (error as Error).message);
        return `${reason}; ${await context.get("b")}`;
      },
    });
    world.run("careful");
    await world.next();
    world.refuse("no");
    await world.next();
    world.answer(utf8("2"));
    expect(utf8Decode((await world.outcome()).payload)).toBe("no; 2");
  });

  test("reads a range batch by batch, to its end", async () => {
    const world = new World(keysIn);
    world.run("all");
    expect((await world.next()).type).toBe(MessageType.GET_STATE_BY_RANGE);
    world.answer(batch(["a", "b"], true));
    const next = await world.next();
    expect(next.type).toBe(MessageType.QUERY_STATE_NEXT);
    expect(decode(QueryStateNext, next.payload).id).toBe("7");
    world.answer(batch(["c"], false));
    expect(utf8Decode((await world.outcome()).payload)).toBe("a=a! b=b! c=c!");
  });

  test("closes a range that it does not read to its end", async () => {
    const world = new World(keysIn);
    world.run("first");
    await world.next();
    world.answer(batch(["a", "b"], true));
    const close = await world.next();
    expect(close.type).toBe(MessageType.QUERY_STATE_CLOSE);
    expect(decode(QueryStateClose, close.payload).id).toBe("7");
    world.answer();
    expect(utf8Decode((await world.outcome()).payload)).toBe("a");
  });

  test("asks for private values by collection, and for the hash of one that it may not read", async () => {
    const world = new World({
      both: async (context) => {
        const prices = context.private("prices");
        await prices.put("car", "7");
        return `${await prices.get("car")} ${await prices.hash("car")} ${await prices.hash("no")}`;
      },
    });
    world.run("both");
    const put = decode(PutState, (await world.next()).payload);
    expect([put.collection, put.key, utf8Decode(put.value)]).toEqual(["prices", "car", "7"]);
    world.answer();
    expect(decode(GetState, (await world.next()).payload).collection).toBe("prices");
    world.answer(utf8("6"));
    expect((await world.next()).type).toBe(MessageType.GET_PRIVATE_DATA_HASH);
    world.answer(new Uint8Array([0xab, 0x01]));
    expect((await world.next()).type).toBe(MessageType.GET_PRIVATE_DATA_HASH);
    world.answer();
    expect(utf8Decode((await world.outcome()).payload)).toBe("6 ab01 undefined");
  });

  test("reads what the client sent for the endorsers alone", async () => {
    const world = new World({
      price: (context) => `${context.transient("price")}, ${context.transient("name")}`,
    });
    world.run("price");
    expect(utf8Decode((await world.outcome()).payload)).toBe("undefined, undefined");
    world.sendAlong({ price: "7" });
    world.run("price");
    expect(utf8Decode((await world.outcome()).payload)).toBe("7, undefined");
  });

  test("answers with its last event", async () => {
    const world = new World({
      tell: (context) => {
        context.emit("first", "1");
        context.emit("second", "2");
      },
      mumble: (context) => {
        context.emit("");
      },
    });
    world.run("tell");
    const { event } = await world.outcome();
    expect(event).toMatchObject({ eventName: "second", payload: utf8("2") });
    world.run("mumble");
    expect(await world.outcome()).toMatchObject({ status: 500, message: "an event needs a name" });
  });

  test("gets what another contract answers, and its refusal with its name", async () => {
    const world = new World({ pass: (context, name = "") => context.call("other", name) });
    const answered = (response: Partial<Response>): Uint8Array =>
      encode(
        ChaincodeMessage,
        create(ChaincodeMessage, {
          type: MessageType.COMPLETED,
          payload: encode(Response, create(Response, response)),
        }),
      );
    world.run("pass", "ok");
    expect((await world.next()).type).toBe(MessageType.INVOKE_CHAINCODE);
    world.answer(answered({ status: 200, payload: utf8("done") }));
    expect(utf8Decode((await world.outcome()).payload)).toBe("done");
    world.run("pass", "no");
    await world.next();
    world.answer(answered({ status: 500, message: "I will not" }));
    expect((await world.outcome()).message).toBe("other refuses: I will not");
  });
});
