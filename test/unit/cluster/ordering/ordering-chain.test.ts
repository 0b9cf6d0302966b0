import { describe, expect, test } from "vitest";
import { lastConfigNumber, type ChannelConfig } from "../../../../src/channel/index.ts";
import { EMPTY_BYTES, utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import {
  Block as BlockMessage,
  ChannelHeader,
  ConfigEnvelope,
  HeaderType,
  Payload,
  blockDataHash,
  create,
  decode,
  type Block,
  encode,
  Envelope,
  type SubmitRequest,
} from "../../../../src/wire/index.ts";
import {
  BlockWriter,
  OrderingChain,
  type ConfigJudgement,
  type ConfigUpdateVerdict,
  type OrderResult,
  type OrderingChainDeps,
  type Validation,
} from "../../../../cluster/ordering/index.ts";
import { nextBlock, tipOf } from "../../../../cluster/ordering/core/block-assembly.ts";
import { firstMembership } from "../../../../cluster/ordering/core/membership.ts";
import { transactionKey } from "../../../../cluster/ordering/core/transaction-key.ts";
import { PENDING_COUNT_MAX, SUBMIT_RETRY_MS } from "../../../../cluster/ordering/limits.ts";
import type { Entry, Leadership } from "../../../../cluster/replica/index.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

const SUBMIT_TIMEOUT_MS = 10_000;
const GENESIS: Block = {
  header: { number: 0, previousHash: EMPTY_BYTES, dataHash: blockDataHash([utf8("g")]) },
  data: { data: [utf8("g")] },
  metadata: { metadata: Array.from({ length: 5 }, () => EMPTY_BYTES) },
};
const configOf = (sequence: number): ChannelConfig =>
  ({
    sequence,
    orderer: {
      consenters: [1, 2, 3].map((id) => ({ clientTlsCertPem: utf8(`certificate ${id}`) })),
      batchSize: { messageCountMax: 10, preferredBytesMax: 1_000, absoluteBytesMax: 1_000 },
      batchTimeoutMs: 2_000,
      raftOptions: { inflightBlocksMax: 2 },
    },
  }) as unknown as ChannelConfig;
const CONFIG = configOf(0);

/** A chain at orderer 1 of three, whose log and link the test plays. */
class Rig {
  readonly time = new SimulatedTime();
  readonly written: Block[] = [GENESIS];
  readonly proposed: Uint8Array[] = [];
  readonly forwarded: { readonly to: number; readonly request: SubmitRequest }[] = [];
  isBusy = false;
  refusedCount = 0;
  /** The answer for what was checked against an older configuration. */
  validation: Promise<Validation> = Promise.resolve({ kind: "valid", configSequence: 0 });
  /** What becomes of configurations, and those in blocks. */
  readonly configUpdates: OrderingChainDeps["configUpdates"] = {
    reprocess: () => Promise.resolve(this.remade!),
    judge: () => Promise.resolve(this.judgement),
  };
  remade: ConfigUpdateVerdict | undefined;
  judgement: ConfigJudgement = { ok: true, next: CONFIG };
  sequence = 0;
  leadership: Leadership = { role: "follower", term: 1, leaderId: undefined };
  readonly chain: OrderingChain;
  #index = 1;

  constructor() {
    const config = {
      current: () => configOf(this.sequence),
      replace: () => undefined,
    };
    const blocks = {
      height: 1,
      isFull: false,
      append: (block: Block) => Promise.resolve(void this.written.push(block)),
      read: () => Promise.resolve(undefined),
    };
    const sign = (): Promise<Uint8Array> => Promise.resolve(utf8("signature"));
    const signer = { mspId: "M", identity: utf8("me"), sign };
    const random = new SeededRandom(1);
    this.chain = new OrderingChain(
      {
        log: this.#log(),
        link: {
          submit: (to, request) => {
            this.forwarded.push({ to, request });
            return true;
          },
          isSubmitting: () => false,
        },
        configUpdates: this.configUpdates,
        writer: new BlockWriter({ blocks, config, signer, random }, firstMembership(3), GENESIS),
        config,
        validator: { validate: () => this.validation },
        missing: { pullTo: () => Promise.reject(new Error("nothing is missing")) },
        clock: this.time,
        timers: this.time,
        logger: silentLogger,
        meter: silentMeter,
      },
      {
        channelId: "ch1",
        raftId: 1,
        submitTimeoutMs: SUBMIT_TIMEOUT_MS,
      },
    );
  }

  lead(leadership: Leadership): void {
    this.leadership = leadership;
    this.chain.leadershipChanged(leadership);
  }

  /** Becomes the leader of `term`, its empty entry applied. */
  async reign(term: number): Promise<void> {
    this.lead({ role: "leader", term, leaderId: 1 });
    await this.commit(EMPTY_BYTES, term);
  }

  commit(data: Uint8Array, term = 1): Promise<void> {
    const entry: Entry = { type: "normal", term, index: (this.#index += 1), data };
    return this.chain.apply([entry]);
  }

  /** Answers collected as they come. */
  order(name: string): OrderResult[] {
    const answers: OrderResult[] = [];
    void this.chain.order(envelope(name), 0).then((answer) => answers.push(answer));
    return answers;
  }

  /** As `order`, of a configuration. */
  orderConfig(update: string): OrderResult[] {
    const answers: OrderResult[] = [];
    const config = configEnvelope(update, "own");
    void this.chain.order(config, 0).then((answer) => answers.push(answer));
    return answers;
  }

  #log(): ConstructorParameters<typeof OrderingChain>[0]["log"] {
    const current = (): Leadership => this.leadership;
    return {
      get leadership(): Leadership {
        return current();
      },
      propose: (data) => {
        if (this.isBusy) {
          this.refusedCount += 1;
          return { accepted: false, reason: "busy", leaderId: 1 };
        }
        this.proposed.push(...data);
        return { accepted: true, index: 1, term: 1 } as never;
      },
    };
  }
}

function envelope(name: string): Envelope {
  return { payload: utf8(name), signature: utf8("s") };
}

function envelopesIn(block: Block): readonly Envelope[] {
  return block.data!.data.map((bytes) => decode(Envelope, bytes));
}

function namesOf(block: Block): number {
  return block.data!.data.length;
}

describe("a leader's chain", () => {
  test("answers only after the block is committed and written", async () => {
    const rig = new Rig();
    await rig.reign(2);
    const answers = rig.order("a");
    await rig.time.advance(1);
    expect(rig.proposed).toHaveLength(1);
    expect(answers).toEqual([]);
    await rig.commit(rig.proposed[0]!, 2);
    await rig.time.advance(0);
    expect(answers).toEqual([{ kind: "ordered", blockNumber: 1 }]);
    expect(rig.written).toHaveLength(2);
  });

  test("orders nothing before the entry that opens its term is applied", async () => {
    const rig = new Rig();
    rig.lead({ role: "leader", term: 2, leaderId: 1 });
    rig.order("a");
    rig.chain.submit(2, { channel: "ch1", lastValidationSeq: 0, payload: envelope("b") });
    expect(rig.proposed).toEqual([]);
    await rig.commit(EMPTY_BYTES, 2);
    const first = decode(BlockMessage, rig.proposed[0]!);
    expect(namesOf(first)).toBe(1);
    await rig.commit(rig.proposed[0]!, 2);
    expect(rig.proposed).toHaveLength(2);
  });

  test("proposes again what the log was too busy for", async () => {
    const rig = new Rig();
    await rig.reign(2);
    rig.isBusy = true;
    rig.order("a");
    await rig.time.advance(200);
    expect(rig.proposed).toEqual([]);
    rig.isBusy = false;
    await rig.time.advance(200);
    expect(rig.proposed).toHaveLength(1);
  });

  test("asks a busy log again after a pause, also when a batch that gathered is due", async () => {
    const rig = new Rig();
    await rig.reign(2);
    for (let count = 0; count < 60; count += 1) {
      rig.order(`early ${count}`);
      await rig.time.advance(2);
      if (count % 5 === 4) await rig.commit(rig.proposed.shift()!, 2);
    }
    while (rig.proposed.length > 0) await rig.commit(rig.proposed.shift()!, 2);
    rig.isBusy = true;
    for (let count = 0; count < 3; count += 1) rig.order(`late ${count}`);
    await rig.time.advance(1_000);
    expect(rig.refusedCount).toBeGreaterThan(3);
    expect(rig.refusedCount).toBeLessThan(40);
    rig.isBusy = false;
    await rig.time.advance(200);
    expect(rig.proposed.length).toBeGreaterThan(0);
  });

  test("orders an envelope once, however often and from whomever it comes", async () => {
    const rig = new Rig();
    await rig.reign(2);
    const answers = [rig.order("a"), rig.order("a")];
    rig.chain.submit(3, { channel: "ch1", lastValidationSeq: 0, payload: envelope("a") });
    await rig.commit(rig.proposed[0]!, 2);
    rig.chain.submit(2, { channel: "ch1", lastValidationSeq: 0, payload: envelope("a") });
    answers.push(rig.order("a"));
    await rig.time.advance(3_000);
    expect(rig.proposed).toHaveLength(1);
    expect(answers.flat()).toEqual(Array(3).fill({ kind: "ordered", blockNumber: 1 }));
  });

  test("does not order again what was ordered while a copy of it was being checked again", async () => {
    const rig = new Rig();
    await rig.reign(2);
    let answer: (validation: Validation) => void = () => undefined;
    rig.validation = new Promise((resolve) => (answer = resolve));
    const old = { channel: "ch1", lastValidationSeq: -1, payload: envelope("a") };
    rig.chain.submit(3, old);
    rig.order("a");
    await rig.commit(rig.proposed[0]!, 2);
    answer({ kind: "valid", configSequence: 0 });
    await rig.time.advance(100);
    expect(rig.proposed).toHaveLength(1);
  });

  test("answers who waits for a transaction that came in a block from others", async () => {
    const rig = new Rig();
    rig.lead({ role: "follower", term: 1, leaderId: 2 });
    const answers = rig.order("a");
    rig.chain.remember(1, [transactionKey(encode(Envelope, envelope("a")))]);
    await rig.time.advance(1);
    const again = rig.order("a");
    await rig.time.advance(1);
    expect([...answers, ...again]).toEqual(Array(2).fill({ kind: "ordered", blockNumber: 1 }));
  });

  test("passes over a block of the log that does not continue the chain", async () => {
    const rig = new Rig();
    await rig.reign(2);
    rig.order("a");
    const [block] = rig.proposed;
    await rig.commit(block!, 2);
    await rig.commit(block!, 2);
    await rig.commit(utf8("no block"), 2);
    expect(rig.written).toHaveLength(2);
  });
});

describe("B39: a leader's chain that is replaced", () => {
  test("drops the blocks that it made, the batch that it fills and its timer, and takes the successor's block", async () => {
    const rig = new Rig();
    await rig.reign(2);
    const answers = [rig.order("a")];
    // One block is in flight, and another one is being filled.
    answers.push(rig.order("b"), rig.order("c"));
    expect(rig.proposed).toHaveLength(1);
    rig.lead({ role: "follower", term: 3, leaderId: 2 });
    await rig.time.advance(1_000);
    expect(rig.proposed).toHaveLength(1);
    // What its own clients wait for goes to the successor, which cuts block 1 otherwise.
    expect(new Set(rig.forwarded.map(({ to }) => to))).toEqual(new Set([2]));
    const first = decode(BlockMessage, rig.proposed[0]!);
    const data = [encode(Envelope, envelope("x")), encode(Envelope, envelope("b"))];
    const header = { ...first.header!, dataHash: blockDataHash(data) };
    await rig.commit(encode(BlockMessage, { ...first, header, data: { data } }), 3);
    await rig.time.advance(1);
    expect(rig.written.map((block) => block.data!.data.length)).toEqual([1, 2]);
    expect(answers).toEqual([[], [{ kind: "ordered", blockNumber: 1 }], []]);
    // Leading again it makes the next blocks, of what is still waited for and of nothing else.
    await rig.reign(4);
    await rig.commit(rig.proposed[1]!, 4);
    const again = rig.proposed.slice(1).map((bytes) => decode(BlockMessage, bytes));
    expect(again.map((block) => [block.header!.number, envelopesIn(block)])).toEqual([
      [2, [envelope("a")]],
      [3, [envelope("c")]],
    ]);
    // Its own block, late and of an older term, does not fit any more.
    await rig.commit(rig.proposed[0]!, 4);
    expect(rig.written).toHaveLength(3);
  });
});

describe("a follower's chain", () => {
  test("hands an envelope to the leader, and to the next one when the leader changes", async () => {
    const rig = new Rig();
    rig.lead({ role: "follower", term: 1, leaderId: 2 });
    const answers = rig.order("a");
    expect(rig.forwarded.map(({ to }) => to)).toEqual([2]);
    rig.lead({ role: "follower", term: 2, leaderId: undefined });
    rig.lead({ role: "follower", term: 2, leaderId: 3 });
    expect(rig.forwarded.map(({ to }) => to)).toEqual([2, 3]);
    await rig.time.advance(SUBMIT_RETRY_MS + 200);
    expect(rig.forwarded.map(({ to }) => to)).toEqual([2, 3, 3]);
    rig.chain.submitBroken(3);
    await rig.time.advance(200);
    expect(rig.forwarded).toHaveLength(4);
    expect(answers).toEqual([]);
  });

  test("says at the deadline that nobody knows", async () => {
    const rig = new Rig();
    const leaderless = rig.order("a");
    await rig.time.advance(SUBMIT_TIMEOUT_MS - 1);
    expect(leaderless).toEqual([]);
    await rig.time.advance(200);
    expect(leaderless).toEqual([{ kind: "unavailable", info: "no Raft leader" }]);
    rig.lead({ role: "follower", term: 1, leaderId: 2 });
    const silent = rig.order("b");
    await rig.time.advance(SUBMIT_TIMEOUT_MS + 200);
    expect(silent[0]).toMatchObject({
      kind: "unavailable",
      info: expect.stringMatching("timed out") as string,
    });
  });

  test("lets a client go whose call has ended, and the others wait on", async () => {
    const rig = new Rig();
    rig.lead({ role: "follower", term: 1, leaderId: 2 });
    const call = new AbortController();
    const gone: OrderResult[] = [];
    void rig.chain.order(envelope("a"), 0, call.signal).then((answer) => gone.push(answer));
    const waiting = rig.order("a");
    call.abort();
    await rig.time.advance(200);
    expect(gone).toEqual([{ kind: "unavailable", info: "the client has gone" }]);
    expect(waiting).toEqual([]);
  });

  test("hands an envelope over no more once nobody waits for it", async () => {
    const rig = new Rig();
    rig.lead({ role: "follower", term: 1, leaderId: 2 });
    const call = new AbortController();
    void rig.chain.order(envelope("a"), 0, call.signal);
    call.abort();
    await rig.time.advance(200);
    rig.lead({ role: "follower", term: 2, leaderId: 3 });
    await rig.time.advance(SUBMIT_RETRY_MS + 200);
    expect(rig.forwarded).toHaveLength(1);
  });

  test("refuses at once what is too much, with the time after which to try again", async () => {
    const rig = new Rig();
    rig.lead({ role: "follower", term: 1, leaderId: 2 });
    rig.order("first");
    await rig.time.advance(700);
    for (let count = 1; count < PENDING_COUNT_MAX; count += 1) rig.order(String(count));
    const refused = rig.order("one more");
    await rig.time.advance(0);
    const info = "too many transactions are waiting to be ordered: retry in 700 ms";
    expect(refused).toEqual([{ kind: "unavailable", info }]);
  });

  test("passes an envelope on that was meant for the leader, and never back", () => {
    const rig = new Rig();
    rig.lead({ role: "follower", term: 1, leaderId: 2 });
    const request = { channel: "ch1", lastValidationSeq: 0, payload: envelope("a") };
    rig.chain.submit(3, request);
    rig.chain.submit(2, request);
    expect(rig.forwarded).toEqual([{ to: 2, request }]);
  });

  test("drops what a member may not have sent: nothing, and too much", async () => {
    const rig = new Rig();
    await rig.reign(2);
    rig.chain.submit(2, { channel: "ch1", lastValidationSeq: 0, payload: undefined });
    const large = { payload: new Uint8Array(2_000), signature: utf8("s") };
    rig.chain.submit(2, { channel: "ch1", lastValidationSeq: 0, payload: large });
    expect(rig.proposed).toEqual([]);
  });
});

test("a chain that stops answers everyone and stays in trouble", async () => {
  const rig = new Rig();
  const waiting = rig.order("a");
  rig.chain.failed(new Error("the disk is gone"));
  const late = rig.order("b");
  await rig.time.advance(0);
  const stopped = { kind: "unavailable", info: "chain is stopped" };
  expect([waiting, late]).toEqual([[stopped], [stopped]]);
  rig.lead({ role: "follower", term: 1, leaderId: 2 });
  expect(rig.chain.trouble().aborted).toBe(true);
  expect(rig.chain.failure).toBe("the disk is gone");
});

test("a chain that is closed has not failed, whatever goes wrong afterwards", () => {
  const rig = new Rig();
  rig.chain.close();
  rig.chain.failed(new Error("the log is closed"));
  expect(rig.chain.failure).toBeUndefined();
});

test("a chain is in trouble while it has no leader", () => {
  const rig = new Rig();
  rig.lead({ role: "preCandidate", term: 1, leaderId: undefined });
  const signal = rig.chain.trouble();
  expect(signal.aborted).toBe(true);
  rig.lead({ role: "follower", term: 2, leaderId: 3 });
  expect([signal.aborted, rig.chain.trouble().aborted]).toEqual([true, false]);
});

describe("a configuration", () => {
  const proposedIn = (rig: Rig): readonly number[] =>
    rig.proposed.map((data) => decode(BlockMessage, data).data!.data.length);

  test("has a block of its own, and what arrives until it is applied comes after it", async () => {
    const rig = new Rig();
    await rig.reign(2);
    const config = rig.orderConfig("update");
    const later = rig.order("later");
    expect(proposedIn(rig)).toEqual([1]);
    await rig.commit(rig.proposed[0]!, 2);
    await rig.commit(rig.proposed[1]!, 2);
    await Promise.resolve();
    expect(proposedIn(rig)).toEqual([1, 1]);
    expect(config).toEqual([{ kind: "ordered", blockNumber: 1 }]);
    expect(later).toEqual([{ kind: "ordered", blockNumber: 2 }]);
  });

  test("of another orderer is made again of its update before it is ordered", async () => {
    const rig = new Rig();
    await rig.reign(2);
    const remade = configEnvelope("update", "remade");
    rig.remade = { kind: "made", envelope: remade, configSequence: 0 };
    const request = { payload: configEnvelope("update", "first"), lastValidationSeq: 0 };
    rig.chain.submit(2, { channel: "ch1", ...request });
    await expect.poll(() => rig.proposed).toHaveLength(1);
    const [bytes] = decode(BlockMessage, rig.proposed[0]!).data!.data;
    expect(bytes).toEqual(encode(Envelope, remade));
    expect(transactionKey(bytes!)).toBe(
      transactionKey(encode(Envelope, configEnvelope("update", "first"))),
    );
  });

  test("that is no longer good is refused to the client that waits for it, in the leader's words", async () => {
    const rig = new Rig();
    rig.sequence = 1;
    await rig.reign(2);
    rig.remade = { kind: "refused", refusal: { status: 400, info: "at version 1" } };
    const answers = rig.orderConfig("update");
    await expect.poll(() => answers).toEqual([{ kind: "unavailable", info: "at version 1" }]);
    expect(rig.proposed).toEqual([]);
  });

  test("that is not what its update makes of the one before is passed over by everyone", async () => {
    const rig = new Rig();
    rig.judgement = { ok: false, reason: "it is forged" };
    const envelopes = [encode(Envelope, configEnvelope("update", "forged"))];
    const tip = tipOf(GENESIS.header!);
    await rig.commit(encode(BlockMessage, nextBlock(tip, envelopes)));
    expect(rig.written).toEqual([GENESIS]);
    rig.judgement = { ok: true, next: CONFIG };
    await rig.commit(encode(BlockMessage, nextBlock(tip, envelopes)));
    expect(rig.written).toHaveLength(2);
    expect(lastConfigNumber(rig.written[1]!)).toBe(1);
  });
});

function configEnvelope(update: string, variant: string): Envelope {
  const channelHeader = create(ChannelHeader, { type: HeaderType.CONFIG, channelId: "ch1" });
  const lastUpdate = { payload: utf8(update), signature: utf8("s") };
  const payload = create(Payload, {
    header: { channelHeader: encode(ChannelHeader, channelHeader) },
    data: encode(ConfigEnvelope, create(ConfigEnvelope, { lastUpdate })),
  });
  return { payload: encode(Payload, payload), signature: utf8(variant) };
}
