import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { ShimSession, type SessionEffect } from "../../../../src/chaincode/core/shim-session.ts";
import type { ChaincodeRun } from "../../../../src/chaincode/core/transaction.ts";
import {
  ITERATORS_PER_TRANSACTION_MAX,
  TRANSACTIONS_PER_PROCESS_MAX,
} from "../../../../src/chaincode/limits.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import {
  ChaincodeID,
  ChaincodeMessage,
  ChaincodeMessage_Type as Type,
  ChaincodeSpec,
  create,
  decode,
  encode,
  GetState,
  GetStateByRange,
  PutState,
  QueryMetadata,
  QueryResponse,
  QueryResultKv,
  QueryStateClose,
  QueryStateNext,
} from "../../../../src/wire/index.ts";
import { MemoryState, publicKey } from "../memory-state.ts";

const NOTHING = new Uint8Array(0);

function message(type: number, payload: Uint8Array = NOTHING, txid = "tx1"): ChaincodeMessage {
  return create(ChaincodeMessage, { type: type as Type, payload, txid, channelId: "ch1" });
}

function runOf(state: MemoryState, fields: Partial<ChaincodeRun> = {}): ChaincodeRun {
  return {
    channelId: "ch1",
    txId: "tx1",
    namespace: "cc",
    isInit: false,
    input: utf8("input"),
    signedProposal: undefined,
    state,
    collectionRefusal: (collection, operation) =>
      collection === "open" || operation === "hash" ? undefined : "no access",
    ...fields,
  };
}

/** A session with the effects of each step at hand. */
class Harness {
  readonly state = new MemoryState();
  readonly session: ShimSession;

  constructor(registrationRefusal: (id: string) => string | undefined = () => undefined) {
    this.session = new ShimSession({ registrationRefusal });
  }

  static ready(): Harness {
    const harness = new Harness();
    harness.receive(
      message(Type.REGISTER, encode(ChaincodeID, create(ChaincodeID, { name: "id" }))),
    );
    return harness;
  }

  static running(fields: Partial<ChaincodeRun> = {}): Harness & { run: ChaincodeRun } {
    const harness = Harness.ready();
    const run = runOf(harness.state, fields);
    harness.start(run);
    return Object.assign(harness, { run });
  }

  receive(received: ChaincodeMessage): readonly SessionEffect[] {
    this.session.step({ kind: "received", message: received });
    return this.session.takeEffects();
  }

  start(run: ChaincodeRun): readonly SessionEffect[] {
    this.session.step({ kind: "run", run });
    return this.session.takeEffects();
  }

  /** The text or payload of the one answer to a request. */
  ask(type: number, payload: Uint8Array, txid = "tx1"): { type: number; payload: Uint8Array } {
    const [effect, ...rest] = this.receive(message(type, payload, txid));
    expect(rest).toEqual([]);
    if (effect?.kind !== "send") throw new Error(`no answer but ${effect?.kind ?? "nothing"}`);
    expect(effect.message).toMatchObject({ txid, channelId: "ch1" });
    return effect.message;
  }

  askText(type: number, payload: Uint8Array, txid = "tx1"): string {
    const answer = this.ask(type, payload, txid);
    expect(answer.type).toBe(Type.ERROR);
    return new TextDecoder().decode(answer.payload);
  }
}

describe("registration", () => {
  test("REGISTER is answered by REGISTERED and READY", () => {
    const harness = new Harness();
    const register = encode(ChaincodeID, create(ChaincodeID, { name: "label:hash" }));
    const effects = harness.receive(message(Type.REGISTER, register));
    expect(
      effects.map((effect) => (effect.kind === "send" ? effect.message.type : effect)),
    ).toEqual([Type.REGISTERED, Type.READY, { kind: "registered", chaincodeId: "label:hash" }]);
  });

  test.each([
    [
      "another first message",
      Type.GET_STATE,
      NOTHING,
      /cannot handle message \(GET_STATE\) while in created state/,
    ],
    ["an empty name", Type.REGISTER, NOTHING, /chaincodeID name is empty/],
    ["a malformed id", Type.REGISTER, utf8("\xff\xff\xff"), /chaincodeID name is empty/],
    [
      "a refused name",
      Type.REGISTER,
      encode(ChaincodeID, create(ChaincodeID, { name: "x" })),
      /^not x$/,
    ],
  ])("%s ends the stream without a REGISTERED", (_what, type, payload, reason) => {
    const effects = new Harness((id) => `not ${id}`).receive(message(type, payload));
    expect(effects).toEqual([{ kind: "end", reason: expect.stringMatching(reason) as string }]);
  });

  test("KEEPALIVE is ignored in every state", () => {
    const harness = new Harness();
    expect(harness.receive(message(Type.KEEPALIVE))).toEqual([]);
    expect(Harness.ready().receive(message(Type.KEEPALIVE))).toEqual([]);
  });

  test("a message that only a peer sends ends the stream and every run on it", () => {
    const harness = Harness.running();
    const effects = harness.receive(message(Type.TRANSACTION));
    expect(effects).toEqual([
      { kind: "finished", run: harness.run, outcome: { kind: "terminated" } },
      { kind: "end", reason: "cannot handle message (TRANSACTION) while in ready state" },
    ]);
    expect(harness.receive(message(Type.GET_STATE))).toEqual([]);
  });
});

describe("runs", () => {
  test.each([
    [false, Type.TRANSACTION],
    [true, Type.INIT],
  ])("a run (init: %s) is sent with its input and identifiers", (isInit, type) => {
    const harness = Harness.ready();
    const [effect] = harness.start(runOf(harness.state, { isInit }));
    expect(effect).toMatchObject({
      kind: "send",
      message: { type, txid: "tx1", channelId: "ch1", payload: utf8("input") },
    });
  });

  test("COMPLETED ends a run with its response and event", () => {
    const harness = Harness.running();
    const chaincodeEvent = { chaincodeId: "", txId: "", eventName: "e", payload: utf8("p") };
    const completed = { ...message(Type.COMPLETED, utf8("response")), chaincodeEvent };
    expect(harness.receive(completed)).toEqual([
      {
        kind: "finished",
        run: harness.run,
        outcome: { kind: "completed", payload: utf8("response"), event: chaincodeEvent },
      },
    ]);
  });

  test("ERROR ends a run with its text, whatever bytes it holds", () => {
    const harness = Harness.running();
    const [effect] = harness.receive(message(Type.ERROR, new Uint8Array([0x61, 0xff])));
    expect(effect).toMatchObject({ outcome: { kind: "error", text: "a\ufffd" } });
  });

  test("a late COMPLETED is ignored", () => {
    const harness = Harness.running();
    harness.session.step({ kind: "abandon", run: harness.run });
    expect(harness.receive(message(Type.COMPLETED))).toEqual([]);
  });

  test("a second run of one transaction on one channel is refused in Fabric's words", () => {
    const harness = Harness.running();
    const second = runOf(harness.state);
    expect(harness.start(second)).toEqual([
      {
        kind: "finished",
        run: second,
        outcome: { kind: "refused", reason: "txid: tx1(ch1) exists" },
      },
    ]);
  });

  test("channel and transaction ids are not confused with each other", () => {
    const harness = Harness.running({ channelId: "a", txId: "bc" });
    const [effect] = harness.start(runOf(harness.state, { channelId: "ab", txId: "c" }));
    expect(effect?.kind).toBe("send");
  });

  test("a run on a stream that is over has terminated", () => {
    const harness = Harness.running();
    harness.session.step({ kind: "stream-ended" });
    expect(harness.session.takeEffects()).toMatchObject([{ outcome: { kind: "terminated" } }]);
    expect(harness.start(runOf(harness.state))).toMatchObject([
      { outcome: { kind: "terminated" } },
    ]);
  });

  test("more runs than the bound are refused, and there is room again when one has ended", () => {
    const harness = Harness.ready();
    for (let index = 0; index < TRANSACTIONS_PER_PROCESS_MAX; index += 1) {
      harness.start(runOf(harness.state, { txId: `tx${String(index)}` }));
    }
    const extra = runOf(harness.state, { txId: "extra" });
    expect(harness.start(extra)).toMatchObject([{ outcome: { kind: "refused" } }]);
    harness.receive(message(Type.COMPLETED, NOTHING, "tx0"));
    expect(harness.start(extra)).toMatchObject([{ kind: "send" }]);
  });
});

describe("requests", () => {
  test("a request of an unknown transaction is answered with ERROR", () => {
    const payload = encode(GetState, { key: "k", collection: "" });
    expect(Harness.ready().askText(Type.GET_STATE, payload, "tx9")).toBe(
      "GET_STATE failed: transaction ID: tx9: no ledger context",
    );
    expect(Harness.ready().askText(Type.INVOKE_CHAINCODE, NOTHING, "tx9")).toBe(
      "INVOKE_CHAINCODE failed: transaction ID: tx9: could not get valid transaction",
    );
  });

  test("state is read, written and deleted in the chaincode's own namespace", () => {
    const harness = Harness.running();
    harness.state.committed.set(publicKey("cc", "k"), utf8("v"));
    const get = encode(GetState, { key: "k", collection: "" });
    expect(harness.ask(Type.GET_STATE, get)).toMatchObject({
      type: Type.RESPONSE,
      payload: utf8("v"),
    });
    harness.ask(Type.PUT_STATE, encode(PutState, { key: "k", value: utf8("w"), collection: "" }));
    harness.ask(Type.DEL_STATE, encode(GetState, { key: "d", collection: "" }));
    expect([...harness.state.writes]).toEqual([
      [publicKey("cc", "k"), utf8("w")],
      [publicKey("cc", "d"), undefined],
    ]);
  });

  test("private data asks for access, is closed to Init, and hashes are open", () => {
    const closed = encode(GetState, { key: "k", collection: "closed" });
    const open = encode(GetState, { key: "k", collection: "open" });
    const running = Harness.running();
    expect(running.askText(Type.GET_STATE, closed)).toMatch(/: no access$/);
    expect(running.ask(Type.GET_STATE, open).type).toBe(Type.RESPONSE);
    expect(running.ask(Type.GET_PRIVATE_DATA_HASH, closed).type).toBe(Type.RESPONSE);
    const init = Harness.running({ isInit: true });
    for (const type of [Type.GET_STATE, Type.DEL_STATE, Type.GET_PRIVATE_DATA_HASH]) {
      expect(init.askText(type, open)).toMatch(
        /private data APIs are not allowed in chaincode Init\(\)$/,
      );
    }
  });

  test("a payload that does not decode is answered, and the run goes on", () => {
    const harness = Harness.running();
    expect(harness.askText(Type.PUT_STATE, new Uint8Array([0xff]))).toMatch(
      /^PUT_STATE failed: transaction ID: tx1: unmarshal failed: /,
    );
    expect(harness.session.runCount).toBe(1);
  });

  test("a page is refused with a reason", () => {
    const metadata = encode(QueryMetadata, { pageSize: 10, bookmark: "" });
    const payload = encode(GetStateByRange, { startKey: "", endKey: "", collection: "", metadata });
    expect(Harness.running().askText(Type.GET_STATE_BY_RANGE, payload)).toMatch(
      /paginated queries are not supported$/,
    );
  });
});

describe("range queries", () => {
  const range = encode(GetStateByRange, {
    startKey: "",
    endKey: "",
    collection: "",
    metadata: NOTHING,
  });

  function filled(count: number): Harness {
    const harness = Harness.running();
    for (let index = 0; index < count; index += 1) {
      const key = `k${String(index).padStart(5, "0")}`;
      harness.state.committed.set(publicKey("cc", key), utf8(key));
    }
    return harness;
  }

  test.each([
    [0, [0], [0]],
    [1, [1], [1]],
    [100, [100], [100]],
    [101, [100, 1], [101, 101]],
    [250, [100, 100, 50], [101, 201, 250]],
    [300, [100, 100, 100], [101, 201, 300]],
  ])("%i rows come in batches of %j after reading %j", (count, sizes, rowsRead) => {
    const harness = filled(count);
    const keys: string[] = [];
    let type: number = Type.GET_STATE_BY_RANGE;
    let payload = range;
    const seen = sizes.map((_size, index) => {
      const batch = decode(QueryResponse, harness.ask(type, payload).payload);
      keys.push(...batch.results.map(({ resultBytes }) => decode(QueryResultKv, resultBytes).key));
      expect(batch.hasMore).toBe(index < sizes.length - 1);
      type = Type.QUERY_STATE_NEXT;
      payload = encode(QueryStateNext, { id: batch.id });
      return [batch.results.length, harness.state.rowsRead];
    });
    expect(seen).toEqual(sizes.map((size, index) => [size, rowsRead[index]]));
    expect(new Set(keys).size).toBe(count);
    expect(harness.state.openIterators).toBe(0);
    expect(harness.askText(Type.QUERY_STATE_NEXT, payload)).toMatch(/query iterator not found$/);
  });

  test("closing answers for open, finished and unknown queries alike", () => {
    const harness = filled(250);
    const { id } = decode(QueryResponse, harness.ask(Type.GET_STATE_BY_RANGE, range).payload);
    for (const each of [id, id, "nonsense"]) {
      const answer = harness.ask(Type.QUERY_STATE_CLOSE, encode(QueryStateClose, { id: each }));
      expect(decode(QueryResponse, answer.payload)).toMatchObject({ id: each, hasMore: false });
    }
    expect(harness.state.openIterators).toBe(0);
  });

  test("iterators are bounded, and all are closed when the run ends", () => {
    const harness = filled(250);
    for (let count = 0; count < ITERATORS_PER_TRANSACTION_MAX; count += 1) {
      harness.ask(Type.GET_STATE_BY_RANGE, range);
    }
    expect(harness.askText(Type.GET_STATE_BY_RANGE, range)).toMatch(/too many open iterators/);
    expect(harness.state.openIterators).toBe(ITERATORS_PER_TRANSACTION_MAX);
    harness.receive(message(Type.COMPLETED));
    expect(harness.state.openIterators).toBe(0);
  });
});

describe("calls to other chaincodes", () => {
  const spec = encode(
    ChaincodeSpec,
    create(ChaincodeSpec, { chaincodeId: { name: "other" }, input: { args: [utf8("f")] } }),
  );

  test("a second request meanwhile is answered, not dropped, and the call's answer comes later", () => {
    const harness = Harness.running();
    expect(harness.receive(message(Type.INVOKE_CHAINCODE, spec))).toMatchObject([{ kind: "call" }]);
    const get = encode(GetState, { key: "k", collection: "" });
    expect(harness.askText(Type.GET_STATE, get)).toMatch(
      /another request of this transaction is pending$/,
    );
    const answer = { ok: true, payload: utf8("answer") } as const;
    harness.session.step({ kind: "called", run: harness.run, answer });
    expect(harness.session.takeEffects()).toMatchObject([
      { kind: "send", message: { type: Type.RESPONSE, payload: utf8("answer") } },
    ]);
    expect(harness.ask(Type.GET_STATE, get).type).toBe(Type.RESPONSE);
  });

  test("the answer to a run that is gone goes nowhere", () => {
    const harness = Harness.running();
    harness.receive(message(Type.INVOKE_CHAINCODE, spec));
    harness.session.step({ kind: "abandon", run: harness.run });
    harness.start(runOf(harness.state));
    const answer = { ok: false, reason: "late" } as const;
    harness.session.step({ kind: "called", run: harness.run, answer });
    expect(harness.session.takeEffects()).toEqual([]);
  });

  test("a call without id or input is answered with ERROR", () => {
    expect(Harness.running().askText(Type.INVOKE_CHAINCODE, NOTHING)).toMatch(/unmarshal failed/);
  });
});

describe("hostile processes", () => {
  const type = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer());
  const hostile = fc.record({
    type,
    payload: fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.constant(utf8("\n\u0002id"))),
    txid: fc.constantFrom("", "tx1", "tx2"),
    channelId: fc.constantFrom("", "ch1", "ch2"),
  });

  property.prop([fc.array(hostile, { maxLength: 60 }), fc.boolean()], { numRuns: 400 })(
    "any messages in any order: no throw, one end at most, one outcome per run, nothing after the end",
    (messages, isRegistered) => {
      const harness = isRegistered ? Harness.running() : new Harness();
      const effects = messages.map((fields) =>
        harness.receive(create(ChaincodeMessage, { ...fields, type: fields.type as Type })),
      );
      const ends = effects.findIndex((batch) => batch.some(({ kind }) => kind === "end"));
      const all = effects.flat();
      expect(all.filter(({ kind }) => kind === "finished").length).toBeLessThanOrEqual(1);
      if (ends >= 0) expect(effects.slice(ends + 1).flat()).toEqual([]);
      // Every message is answered by a bounded number of effects.
      for (const batch of effects) expect(batch.length).toBeLessThanOrEqual(3);
      harness.session.step({ kind: "stream-ended" });
      harness.session.takeEffects();
      expect(harness.state.openIterators).toBe(0);
      expect(harness.session.runCount).toBe(0);
    },
  );
});
