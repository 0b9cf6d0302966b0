import { fc, test as propertyTest } from "@fast-check/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { ChannelConfig, ChannelConfigRef } from "../../../src/channel/index.ts";
import { sha256 } from "../../../src/crypto/index.ts";
import {
  ordererDeliverBinding,
  peerDeliverBindings,
  seekEnvelope,
  type BlockSource,
  type DeliverChannel,
  type DeliverOptions,
} from "../../../src/delivery/index.ts";
import { AsyncQueue } from "../../../src/kernel/async-queue.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import type { RpcBinding, RpcCall } from "../../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import {
  BLOCK_METADATA,
  SeekInfo,
  SeekInfo_SeekBehavior,
  SeekInfo_SeekContentType,
  SeekInfo_SeekErrorResponse,
  Status,
  TxValidationCode,
  create,
  type Block,
  type Envelope,
  type Partially,
  type PeerDeliverResponse,
} from "../../../src/wire/index.ts";
import { blockAfter } from "../../support/sample-blocks.ts";
import {
  CHANNEL_ID,
  inMaintenance,
  SAMPLE_NOW_MS,
  sampleChannel,
  sampleMember,
  type SampleChannel,
} from "../../support/sample-channel.ts";
import { sampleTransaction } from "../../support/sample-transactions.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

class Blocks implements BlockSource {
  readonly blocks: Block[];
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(blocks: readonly Block[]) {
    this.blocks = [...blocks];
  }

  get height(): number {
    return this.blocks.length;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  add(block: Block): void {
    this.blocks.push(block);
    for (const wake of [...this.#waiting]) wake();
  }

  close(): void {
    this.#isClosed = true;
    for (const wake of [...this.#waiting]) wake();
  }

  read(number: number): Promise<Block | undefined> {
    return Promise.resolve(this.blocks[number]);
  }

  waitForHeight(height: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const look = (): void => {
        const isOver = signal.aborted || this.#isClosed;
        if (!isOver && this.height < height) return;
        this.#waiting.delete(look);
        resolve(!isOver);
      };
      this.#waiting.add(look);
      signal.addEventListener("abort", look);
      look();
    });
  }
}

let sample: SampleChannel;
let chain: readonly Block[];

beforeAll(async () => {
  sample = await sampleChannel();
  const envelope = await sampleTransaction({
    creator: sample.org1.client,
    endorsers: [],
    nonce: "1",
  });
  const blocks = [sample.genesis];
  for (let number = 1; number < 4; number += 1) blocks.push(blockAfter(blocks.at(-1)!, [envelope]));
  chain = blocks;
});

class Client {
  readonly responses: string[] = [];
  readonly blocks: Block[] = [];
  readonly messages: PeerDeliverResponse[] = [];
  readonly requests = new AsyncQueue<Envelope>(16);
  readonly abort = new AbortController();
  readonly done: Promise<void>;
  onResponse: () => void = () => undefined;

  constructor(binding: RpcBinding, peerCertificate?: Uint8Array) {
    if (binding.kind !== "stream") throw new Error("Deliver is a stream");
    const call: RpcCall = {
      signal: this.abort.signal,
      isDeadlineExceeded: () => false,
      peerAddress: "127.0.0.1:1",
      peerCertificate,
      localCertificate: undefined,
    };
    this.done = binding.handler(
      this.requests,
      (response) => {
        this.#receive(response as PeerDeliverResponse);
        return Promise.resolve();
      },
      call,
    );
  }

  #receive(response: PeerDeliverResponse): void {
    this.messages.push(response);
    if (response.type?.$case === "status") this.responses.push(`status ${response.type.value}`);
    if (response.type?.$case === "block") {
      this.blocks.push(response.type.value);
      this.responses.push(`block ${response.type.value.header?.number ?? -1}`);
    }
    if (response.type?.$case === "filteredBlock") {
      this.responses.push(`filtered ${response.type.value.number}`);
    }
    this.onResponse();
  }
}

interface Setting {
  readonly kind?: "orderer" | "peer" | "filtered";
  readonly channel?: Partial<DeliverChannel>;
  readonly options?: DeliverOptions;
  readonly nowMs?: () => number;
  readonly certificate?: Uint8Array;
}

function connect(setting: Setting = {}): Client {
  const channel: DeliverChannel = {
    blocks: new Blocks(chain),
    config: new ChannelConfigRef(sample.config),
    ...setting.channel,
  };
  const deps = {
    channels: { channel: (id: string) => (id === CHANNEL_ID ? channel : undefined) },
    clock: { monotonicMs: () => 0, wallMs: setting.nowMs ?? ((): number => SAMPLE_NOW_MS) },
    logger: silentLogger,
    meter: silentMeter,
  };
  const [blocks, filtered] = peerDeliverBindings(deps, setting.options);
  const bindings = {
    orderer: ordererDeliverBinding(deps, setting.options),
    peer: blocks!,
    filtered: filtered!,
  };
  return new Client(bindings[setting.kind ?? "orderer"], setting.certificate);
}

const NEWEST = { type: { $case: "newest" as const, value: {} } };
const OLDEST = { type: { $case: "oldest" as const, value: {} } };

function at(number: string): {
  type: { $case: "specified"; value: { number: string } };
} {
  return { type: { $case: "specified", value: { number } } };
}

function request(
  seek: Partially<SeekInfo>,
  change: {
    readonly signer?: Signer;
    readonly channelId?: string;
    readonly nowMs?: number;
    readonly tlsCertificate?: Uint8Array;
  } = {},
): Promise<Envelope> {
  return seekEnvelope(change.signer ?? sample.org1.client, new SeededRandom(1), {
    channelId: change.channelId ?? CHANNEL_ID,
    seek: create<SeekInfo>(SeekInfo, seek),
    nowMs: change.nowMs ?? SAMPLE_NOW_MS,
    tlsCertificate: change.tlsCertificate,
  });
}

async function answersTo(envelope: Envelope, setting: Setting = {}): Promise<readonly string[]> {
  const client = connect(setting);
  client.requests.push(envelope);
  client.requests.end();
  await client.done;
  return client.responses;
}

const OK = `status ${Status.SUCCESS}`;
const BAD = `status ${Status.BAD_REQUEST}`;
const MISSING = `status ${Status.NOT_FOUND}`;
const DENIED = `status ${Status.FORBIDDEN}`;
const DOWN = `status ${Status.SERVICE_UNAVAILABLE}`;

describe("a Deliver service", () => {
  test("sends the blocks asked for and SUCCESS", async () => {
    const answers = await answersTo(await request({ start: at("1"), stop: at("2") }));
    expect(answers).toEqual(["block 1", "block 2", OK]);
  });

  test("answers one request after another on a stream", async () => {
    const client = connect();
    client.requests.push(await request({ start: NEWEST, stop: NEWEST }));
    client.requests.push(await request({ start: OLDEST, stop: at("1") }));
    client.requests.end();
    await client.done;
    expect(client.responses).toEqual(["block 3", OK, "block 0", "block 1", OK]);
  });

  test("ends the stream after a status that is not SUCCESS", async () => {
    const client = connect();
    client.requests.push(await request({ start: at("9"), stop: at("9") }));
    client.requests.push(await request({ start: NEWEST, stop: NEWEST }));
    await client.done;
    expect(client.responses).toEqual([MISSING]);
  });

  test("knows no other channel", async () => {
    const envelope = await request({ start: NEWEST, stop: NEWEST }, { channelId: "other" });
    expect(await answersTo(envelope)).toEqual([MISSING]);
  });

  test.each([-1, 1])("refuses a timestamp 15 minutes away (%i)", async (sign) => {
    const seek = { start: NEWEST, stop: NEWEST };
    const limitMs = 15 * 60_000;
    const inside = await request(seek, { nowMs: SAMPLE_NOW_MS + sign * limitMs });
    expect(await answersTo(inside)).toEqual(["block 3", OK]);
    const outside = await request(seek, { nowMs: SAMPLE_NOW_MS + sign * (limitMs + 1_000) });
    expect(await answersTo(outside)).toEqual([BAD]);
  });

  test("refuses a request without start, and one whose envelope is garbage", async () => {
    expect(await answersTo(await request({ stop: NEWEST }))).toEqual([BAD]);
    const garbage = { payload: new Uint8Array([0xff]), signature: new Uint8Array(1) };
    expect(await answersTo(garbage)).toEqual([BAD]);
  });

  test("binds requests to the TLS certificate where that is asked for", async () => {
    const certificate = new Uint8Array([1, 2, 3]);
    const seek = { start: NEWEST, stop: NEWEST };
    const options = { isTlsBindingRequired: true };
    const bound = await request(seek, { tlsCertificate: certificate });
    expect(await answersTo(bound, { options, certificate })).toEqual(["block 3", OK]);
    expect(await answersTo(bound, { options, certificate: sha256(certificate) })).toEqual([BAD]);
    expect(await answersTo(bound, { options })).toEqual([BAD]);
    const empty = await request(seek, { tlsCertificate: new Uint8Array(0) });
    expect(await answersTo(empty, { options })).toEqual([BAD]);
  });

  test("with FAIL_IF_NOT_READY sends what there is and then NOT_FOUND", async () => {
    const behavior = SeekInfo_SeekBehavior.FAIL_IF_NOT_READY;
    const envelope = await request({ start: at("2"), stop: at("9"), behavior });
    expect(await answersTo(envelope)).toEqual(["block 2", "block 3", MISSING]);
  });

  test("otherwise waits for blocks that do not exist yet", async () => {
    const blocks = new Blocks(chain);
    const client = connect({ channel: { blocks } });
    client.requests.push(await request({ start: at("4"), stop: at("4") }));
    client.requests.end();
    while (blocks.waiting === 0) await nextTurn();
    blocks.add(blockAfter(chain.at(-1)!, chain[1]!.data!.data));
    await client.done;
    expect(client.responses).toEqual(["block 4", OK]);
  });

  test("stops waiting, without a status, when the caller goes", async () => {
    const blocks = new Blocks(chain);
    const client = connect({ channel: { blocks } });
    client.requests.push(await request({ start: at("4"), stop: at("4") }));
    while (blocks.waiting === 0) await nextTurn();
    client.abort.abort();
    client.requests.end();
    await client.done;
    expect(client.responses).toEqual([]);
  });

  test("that is closed answers SERVICE_UNAVAILABLE to whoever waits, with BEST_EFFORT too", async () => {
    for (const errorResponse of [
      SeekInfo_SeekErrorResponse.STRICT,
      SeekInfo_SeekErrorResponse.BEST_EFFORT,
    ]) {
      const blocks = new Blocks(chain);
      const client = connect({ channel: { blocks } });
      client.requests.push(await request({ start: at("4"), stop: at("4"), errorResponse }));
      client.requests.end();
      while (blocks.waiting === 0) await nextTurn();
      blocks.close();
      await client.done;
      expect(client.responses).toEqual([DOWN]);
    }
  });

  test("in trouble answers SERVICE_UNAVAILABLE, at once or while waiting, unless BEST_EFFORT", async () => {
    const trouble = new AbortController();
    const blocks = new Blocks(chain);
    const channel = { blocks, trouble: (): AbortSignal => trouble.signal };
    const waiting = connect({ channel });
    waiting.requests.push(await request({ start: at("4"), stop: at("4") }));
    while (blocks.waiting === 0) await nextTurn();
    trouble.abort();
    await waiting.done;
    expect(waiting.responses).toEqual([DOWN]);
    const seek = { start: NEWEST, stop: NEWEST };
    expect(await answersTo(await request(seek), { channel })).toEqual([DOWN]);
    const errorResponse = SeekInfo_SeekErrorResponse.BEST_EFFORT;
    const anyway = await request({ ...seek, errorResponse });
    expect(await answersTo(anyway, { channel })).toEqual(["block 3", OK]);
  });

  test("lets every member read, orderers included, and nobody else", async () => {
    const seek = { start: NEWEST, stop: NEWEST };
    for (const signer of [sample.org2.client, sample.org2.peer, sample.ordererOrg.orderer]) {
      expect(await answersTo(await request(seek, { signer }))).toEqual(["block 3", OK]);
    }
    const stranger = (await sampleChannel({}, 8)).org1.client;
    expect(await answersTo(await request(seek, { signer: stranger }))).toEqual([DENIED]);
    const spoiled = await request(seek);
    const unsigned = { ...spoiled, signature: new Uint8Array([1]) };
    expect(await answersTo(unsigned)).toEqual([DENIED]);
  });

  test("of a peer does not serve orderers: its policy is the application's Readers", async () => {
    const signer = sample.ordererOrg.orderer;
    const envelope = await request({ start: NEWEST, stop: NEWEST }, { signer });
    expect(await answersTo(envelope, { kind: "peer" })).toEqual([DENIED]);
  });

  test("stops when the requester's certificate expires on the way", async () => {
    const notAfterMs = SAMPLE_NOW_MS + 60_000;
    const signer = await sampleMember(sample.org1.authority, "Org1MSP", "client", {
      notBeforeMs: SAMPLE_NOW_MS - 60_000,
      notAfterMs,
    });
    let nowMs = SAMPLE_NOW_MS;
    const client = connect({ nowMs: () => nowMs });
    client.onResponse = (): void => {
      nowMs = notAfterMs + 1;
    };
    client.requests.push(await request({ start: at("1"), stop: at("3") }, { signer }));
    await client.done;
    expect(client.responses).toEqual(["block 1", DENIED]);
  });

  test("asks the policy again when the configuration has changed", async () => {
    const config = new ChannelConfigRef(sample.config);
    const client = connect({ channel: { config } });
    const next = { ...sample.config.config, sequence: 1 };
    const root = next.channelGroup!;
    const application = root.groups.get("Application")!;
    const remaining = new Map([["Org2MSP", application.groups.get("Org2MSP")!]]);
    const groups = new Map([
      ...root.groups,
      ["Application", { ...application, groups: remaining }] as const,
    ]);
    client.onResponse = (): void => {
      if (config.current().sequence === 1) return;
      const channelGroup = { ...root, groups };
      config.replace(ChannelConfig.parse(CHANNEL_ID, { ...next, channelGroup }));
    };
    client.requests.push(await request({ start: at("1"), stop: at("3") }));
    client.requests.end();
    await client.done;
    expect(client.responses).toEqual(["block 1", DENIED]);
  });

  test("of an orderer in maintenance goes on serving orderers and nobody else", async () => {
    const config = new ChannelConfigRef(sample.config);
    const client = connect({ channel: { config } });
    client.onResponse = (): void => {
      if (config.current().sequence === 0) config.replace(inMaintenance(sample));
    };
    client.requests.push(await request({ start: at("1"), stop: at("3") }));
    client.requests.end();
    await client.done;
    expect(client.responses).toEqual(["block 1", DENIED]);
    const signer = sample.ordererOrg.orderer;
    const newest = await request({ start: NEWEST, stop: NEWEST }, { signer });
    expect(await answersTo(newest, { channel: { config } })).toEqual(["block 3", OK]);
  });

  test("leaves out the data of all but config blocks where only attestations are asked for", async () => {
    const contentType = SeekInfo_SeekContentType.HEADER_WITH_SIG;
    const client = connect();
    client.requests.push(await request({ start: OLDEST, stop: at("1"), contentType }));
    client.requests.end();
    await client.done;
    expect(client.blocks.map((block) => block.data?.data.length)).toEqual([1, undefined]);
    expect(client.blocks[1]!.header).toEqual(chain[1]!.header);
  });

  test("sends filtered blocks with ids, types and codes", async () => {
    const filtered = { ...chain[1]!, metadata: { metadata: [...chain[1]!.metadata!.metadata] } };
    filtered.metadata.metadata[BLOCK_METADATA.transactionsFilter] = new Uint8Array([
      TxValidationCode.MVCC_READ_CONFLICT,
    ]);
    const blocks = new Blocks([chain[0]!, filtered]);
    const client = connect({ kind: "filtered", channel: { blocks } });
    client.requests.push(await request({ start: at("1"), stop: at("1") }));
    client.requests.end();
    await client.done;
    expect(client.responses).toEqual(["filtered 1", OK]);
    const { type } = client.messages[0]!;
    const [transaction] = type?.$case === "filteredBlock" ? type.value.filteredTransactions : [];
    expect(transaction).toMatchObject({
      txid: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      type: 3,
      txValidationCode: TxValidationCode.MVCC_READ_CONFLICT,
      data: { $case: "transactionActions", value: { chaincodeActions: [] } },
    });
  });

  test("refuses streams beyond its limit with Fabric's text", async () => {
    const blocks = new Blocks(chain);
    const channel: DeliverChannel = { blocks, config: new ChannelConfigRef(sample.config) };
    const deps = {
      channels: { channel: () => channel },
      clock: { monotonicMs: () => 0, wallMs: () => SAMPLE_NOW_MS },
      logger: silentLogger,
      meter: silentMeter,
    };
    const [binding] = peerDeliverBindings(deps, { streamsMax: 1 });
    const first = new Client(binding!);
    await expect(new Client(binding!).done).rejects.toThrow(
      "too many requests for /protos.Deliver, exceeding concurrency limit (1)",
    );
    first.requests.end();
    await first.done;
    const third = new Client(binding!);
    third.requests.end();
    await third.done;
  });

  propertyTest.prop([fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 100 })])(
    "answers random envelopes with BAD_REQUEST in bounded time",
    async (payload, signature) => {
      const startMs = cpuTimeMs();
      const answers = await answersTo({ payload, signature });
      expect([BAD, MISSING]).toContain(answers[0]);
      expect(cpuTimeMs() - startMs).toBeLessThan(50);
    },
  );
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
