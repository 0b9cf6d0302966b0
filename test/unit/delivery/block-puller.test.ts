import { beforeAll, describe, expect, test } from "vitest";
import { ChannelConfigRef } from "../../../src/channel/index.ts";
import { BlockPuller, type BlockSink, type PullReport } from "../../../src/delivery/index.ts";
import { pullBackoffMs } from "../../../src/delivery/core/pull-rotation.ts";
import { AsyncQueue } from "../../../src/kernel/async-queue.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import {
  RpcError,
  type RpcCallOptions,
  type RpcChannel,
  type RpcDialer,
  type RpcMethod,
  type RpcStream,
  type RpcTarget,
} from "../../../src/kernel/ports/rpc.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import {
  ConfigEnvelope,
  HeaderType,
  SeekInfo,
  Status,
  blockHeaderHash,
  decode,
  encode,
  openEnvelope,
  type Block,
  type DeliverResponse,
  type Envelope,
} from "../../../src/wire/index.ts";
import { SimulatedTime } from "../../sim/ports/simulated-time.ts";
import { blockAfter, signedBlock } from "../../support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../support/sample-channel.ts";
import { sampleEnvelope, sampleTransaction } from "../../support/sample-transactions.ts";

/** Answers a Deliver call: the seek's start and a way to send. */
type Orderer = (from: number, send: (response: DeliverResponse) => void, fail: () => void) => void;

const refusing: Orderer = (_from, _send, fail) => {
  fail();
};

class Dialer implements RpcDialer {
  readonly localCertificate: Uint8Array = new Uint8Array([1]);
  readonly dialled: RpcTarget[] = [];
  readonly envelopes: Envelope[] = [];
  readonly orderers = new Map<string, Orderer>();

  dial(target: RpcTarget): RpcChannel {
    this.dialled.push(target);
    return {
      address: target.address,
      unary: () => Promise.reject(new RpcError("UNIMPLEMENTED", "streams only")),
      stream: <Request, Response>(
        _: RpcMethod<Request, Response>,
        options?: RpcCallOptions,
      ): RpcStream<Request, Response> =>
        this.#stream(target.address, options?.signal) as unknown as RpcStream<Request, Response>,
      close: () => undefined,
    };
  }

  #stream(address: string, signal?: AbortSignal): RpcStream<Envelope, DeliverResponse> {
    const responses = new AsyncQueue<DeliverResponse>(64);
    const fail = (): void => {
      responses.fail(new RpcError("UNAVAILABLE", "connection refused"));
    };
    signal?.addEventListener("abort", fail);
    return {
      responses,
      send: (envelope) => {
        this.envelopes.push(envelope);
        const orderer = this.orderers.get(address) ?? refusing;
        orderer(startOf(envelope), (response) => responses.push(response), fail);
        return Promise.resolve();
      },
      end: () => undefined,
      cancel: fail,
      peerCertificate: () => new Uint8Array([2]),
    };
  }
}

function startOf(envelope: Envelope): number {
  const reading = openEnvelope(envelope);
  if (reading.kind === "malformed") throw new Error("a puller sends sound envelopes");
  const start = decode(SeekInfo, reading.opened.payload.data).start?.type;
  return start?.$case === "specified" ? Number(start.value.number) : -1;
}

class Sink implements BlockSink {
  readonly blocks: Block[];
  height: number;
  failure: Error | undefined;

  constructor(genesis: Block) {
    this.blocks = [genesis];
    this.height = 1;
  }

  get lastHash(): Uint8Array {
    return blockHeaderHash(this.blocks.at(-1)!.header!);
  }

  offer(block: Block): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.blocks.push(block);
    this.height += 1;
    return Promise.resolve();
  }
}

const FIRST = "orderer1.example.com:7050";
const SECOND = "orderer2.example.com:7050";

let sample: SampleChannel;
let chain: readonly Block[];

beforeAll(async () => {
  sample = await sampleChannel();
  const recipe = { creator: sample.org1.client, endorsers: [] };
  const blocks = [sample.genesis];
  for (let number = 1; number <= 6; number += 1) {
    const envelope = await sampleTransaction({ ...recipe, nonce: String(number) });
    const block = blockAfter(blocks.at(-1)!, [envelope]);
    blocks.push(await signedBlock(block, sample.ordererOrg.orderer));
  }
  chain = blocks;
});

function asResponse(value: Block): DeliverResponse {
  return { type: { $case: "block", value } };
}

/** Serves the chain from the start asked for up to `last`, then keeps silent. */
function serving(blocks: readonly Block[], last = blocks.length - 1): Orderer {
  return (from, send) => {
    for (const block of blocks.slice(from, last + 1)) send(asResponse(block));
  };
}

/** Where only time matters: signing must not wait for the machine's threads while simulated time goes on. */
function instantSigner(): Signer {
  const { mspId, identity } = sample.org1.peer;
  return { mspId, identity, sign: () => Promise.resolve(new Uint8Array([1])) };
}

function setUp(
  blocks: { readonly genesis: Block } = { genesis: sample.genesis },
  signer: Signer = instantSigner(),
): {
  readonly dialer: Dialer;
  readonly sink: Sink;
  readonly time: SimulatedTime;
  readonly reports: PullReport[];
  readonly config: ChannelConfigRef;
  readonly run: (signal: AbortSignal) => Promise<void>;
} {
  const dialer = new Dialer();
  const sink = new Sink(blocks.genesis);
  const time = new SimulatedTime();
  const reports: PullReport[] = [];
  const config = new ChannelConfigRef(sample.config);
  const puller = new BlockPuller(
    {
      dialer,
      signer,
      config,
      sink,
      clock: time,
      timers: time,
      random: new SeededRandom(3),
      logger: silentLogger,
      report: (report) => reports.push(report),
    },
    { channelId: CHANNEL_ID, isTlsEnabled: true },
  );
  return { dialer, sink, time, reports, config, run: (signal) => puller.run(signal) };
}

/**
 * Lets time pass in small steps until `isDone`. Signatures are made and verified by the machine's threads meanwhile, which take
 * as many steps as they take: only the test's own time limit bounds them.
 */
async function until(time: SimulatedTime, isDone: () => boolean, stepMs = 10): Promise<void> {
  while (!isDone()) await time.advance(stepMs, isDone);
}

type Running = ReturnType<typeof setUp>;

async function running(
  set: Running,
  work: (abort: AbortController) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  const run = set.run(abort.signal);
  await work(abort);
  abort.abort();
  await run;
}

describe("a block puller", () => {
  test("hands on verified blocks in order and asks from the sink's height", async () => {
    const set = setUp();
    set.dialer.orderers.set(FIRST, serving(chain));
    set.dialer.orderers.set(SECOND, serving(chain));
    await running(set, () => until(set.time, () => set.sink.height === 7));
    expect(set.sink.blocks).toEqual(chain);
    expect(startOf(set.dialer.envelopes[0]!)).toBe(1);
    expect(set.dialer.dialled[0]!.tls?.rootsPem).toEqual([sample.ordererOrg.tls.certificatePem]);
    expect(set.reports.map(({ kind }) => kind)).toEqual(Array(6).fill("progress"));
  });

  test("signs its request and binds it to its TLS certificate", async () => {
    const set = setUp({ genesis: sample.genesis }, sample.org1.peer);
    set.dialer.orderers.set(FIRST, serving(chain));
    set.dialer.orderers.set(SECOND, serving(chain));
    await running(set, () => until(set.time, () => set.sink.height > 1));
    const envelope = set.dialer.envelopes[0]!;
    const reading = openEnvelope(envelope);
    if (reading.kind === "malformed") throw new Error("a puller sends sound envelopes");
    const { channelHeader, signatureHeader } = reading.opened;
    expect(channelHeader.type).toBe(HeaderType.DELIVER_SEEK_INFO);
    expect(channelHeader.tlsCertHash).toHaveLength(32);
    const identity = sample.config.mspManager.identity(signatureHeader.creator);
    expect(
      identity.ok && (await identity.identity.verify(envelope.payload, envelope.signature)),
    ).toBe(true);
  });

  test("turns to another orderer when one fails, and goes on where it was", async () => {
    const set = setUp();
    let failures = 0;
    set.dialer.orderers.set(FIRST, (from, send, fail) => {
      failures += 1;
      serving(chain, 2)(from, send, fail);
      fail();
    });
    set.dialer.orderers.set(SECOND, serving(chain));
    await running(set, () => until(set.time, () => set.sink.height === 7));
    expect(set.sink.blocks).toEqual(chain);
    expect(failures).toBeLessThanOrEqual(1);
  });

  test("does not believe a block whose signature or content was changed", async () => {
    const forged = chain.map((block) => ({ ...block }));
    forged[3] = await signedBlock(blockAfter(forged[2]!, chain[3]!.data!.data), sample.org1.client);
    const set = setUp();
    set.dialer.orderers.set(FIRST, serving(forged));
    set.dialer.orderers.set(SECOND, serving(forged));
    await running(set, () => until(set.time, () => set.reports.some((r) => r.kind === "trouble")));
    expect(set.sink.height).toBe(3);
    const trouble = set.reports.find((report) => report.kind === "trouble");
    expect(trouble).toMatchObject({
      reason: expect.stringContaining("do not satisfy /Channel/Orderer/BlockValidation") as string,
    });
  });

  test("takes a status for a failure", async () => {
    const set = setUp();
    const refuse: Orderer = (_, send) => {
      send({ type: { $case: "status", value: Status.FORBIDDEN } });
    };
    set.dialer.orderers.set(FIRST, refuse);
    set.dialer.orderers.set(SECOND, refuse);
    await running(set, () => until(set.time, () => set.reports.length > 0));
    expect(set.reports[0]).toMatchObject({
      kind: "trouble",
      reason: "it answered with status 403",
    });
  });

  test("asks another orderer without a pause when one fails", async () => {
    const set = setUp();
    let isFirstAsked = true;
    const failingOnce: Orderer = (from, send, fail) => {
      if (isFirstAsked) fail();
      else serving(chain)(from, send, fail);
      isFirstAsked = false;
    };
    set.dialer.orderers.set(FIRST, failingOnce);
    set.dialer.orderers.set(SECOND, failingOnce);
    // Time stands still: whoever pauses never gets there.
    await running(set, () => until(set.time, () => set.sink.height === 7, 0));
    expect(set.reports[0]).toMatchObject({ kind: "trouble", failures: 1 });
    expect(set.dialer.dialled.map(({ address }) => address).toSorted()).toEqual([FIRST, SECOND]);
  });

  test("says for how long every orderer has failed", async () => {
    const set = setUp();
    await running(set, () => until(set.time, () => set.reports.length >= 40));
    const times = set.reports.map((report) => (report.kind === "trouble" ? report.forMs : -1));
    expect(times[0]).toBe(0);
    expect(times.at(-1)).toBeGreaterThan(1_500);
    expect(times.at(-1)).toBeLessThanOrEqual(set.time.monotonicMs());
  });

  test("counts afresh after a stream that held for 2 s without a block", async () => {
    const set = setUp();
    let lose: (() => void) | undefined;
    const holding: Orderer = (_from, _send, fail) => {
      lose = fail;
    };
    await running(set, async () => {
      await until(set.time, () => set.reports.length >= 6);
      set.dialer.orderers.set(FIRST, holding);
      set.dialer.orderers.set(SECOND, holding);
      await until(set.time, () => lose !== undefined);
      await set.time.advance(2_000);
      lose?.();
      const count = set.reports.length;
      await until(set.time, () => set.reports.length > count);
    });
    expect(set.reports.at(-1)).toMatchObject({ kind: "trouble", failures: 1, forMs: 0 });
  });

  test("pauses longer after each round of failures, never more than 10 s, and starts afresh after a block", async () => {
    expect(pullBackoffMs(1)).toBe(100);
    expect(pullBackoffMs(2)).toBeCloseTo(120);
    expect(pullBackoffMs(1_000)).toBe(10_000);
    const set = setUp();
    await running(set, async () => {
      await until(set.time, () => set.reports.length >= 60, 1_000);
      set.dialer.orderers.set(FIRST, serving(chain, 1));
      set.dialer.orderers.set(SECOND, serving(chain, 1));
      await until(set.time, () => set.sink.height === 2, 1_000);
      set.dialer.orderers.clear();
      const count = set.reports.length;
      await until(set.time, () => set.reports.length > count, 1_000);
      expect(set.reports.at(-1)).toMatchObject({ kind: "trouble", failures: 1 });
    });
    // Twenty-nine pauses that grow by a fifth from 100 ms to 10 s add up to 86 s.
    expect(set.time.monotonicMs()).toBeGreaterThan(86_000);
  });

  test("leaves an orderer that has been silent for 30 s", async () => {
    const set = setUp();
    set.dialer.orderers.set(FIRST, serving(chain, 2));
    set.dialer.orderers.set(SECOND, serving(chain, 2));
    await running(set, async () => {
      await until(set.time, () => set.sink.height === 3);
      const before = set.dialer.dialled.length;
      await set.time.advance(29_000);
      expect(set.dialer.dialled).toHaveLength(before);
      await until(set.time, () => set.dialer.dialled.length > before, 100);
      const addresses = set.dialer.dialled.slice(before - 1, before + 1);
      expect(new Set(addresses.map(({ address }) => address)).size).toBe(2);
    });
    expect(set.reports.every(({ kind }) => kind === "progress")).toBe(true);
  });

  test("follows the endpoints of a config block before it is committed", async () => {
    const config = { ...sample.config.config, sequence: 1 };
    const root = config.channelGroup!;
    const orderer = root.groups.get("Orderer")!;
    const organization = orderer.groups.get("OrdererOrg")!;
    const endpoints = organization.values.get("Endpoints")!;
    const text = new TextDecoder().decode(endpoints.value).replaceAll("orderer", "renamed");
    const values = new Map([
      ...organization.values,
      ["Endpoints", { ...endpoints, value: new TextEncoder().encode(text) }] as const,
    ]);
    const groups = new Map([["OrdererOrg", { ...organization, values }]]);
    const channelGroup = {
      ...root,
      groups: new Map([...root.groups, ["Orderer", { ...orderer, groups }] as const]),
    };
    const envelope = await sampleEnvelope(
      {
        creator: sample.ordererOrg.orderer,
        nonce: "config",
        channelHeader: (header) => ({ ...header, type: HeaderType.CONFIG }),
      },
      encode(ConfigEnvelope, { config: { ...config, channelGroup }, lastUpdate: undefined }),
    );
    const block = blockAfter(sample.genesis, [envelope]);
    const renamed = [sample.genesis, await signedBlock(block, sample.ordererOrg.orderer, 1)];
    const set = setUp();
    set.dialer.orderers.set(FIRST, serving(renamed));
    set.dialer.orderers.set(SECOND, serving(renamed));
    await running(set, () => until(set.time, () => set.dialer.dialled.length >= 2));
    expect(set.sink.height).toBe(2);
    expect(set.dialer.dialled[1]!.address).toMatch(/^renamed[12]\.example\.com:7050$/);
  });

  test("ends with what its sink rejects with", async () => {
    const set = setUp();
    set.sink.failure = new Error("the channel has stopped");
    set.dialer.orderers.set(FIRST, serving(chain));
    set.dialer.orderers.set(SECOND, serving(chain));
    await expect(set.run(new AbortController().signal)).rejects.toThrow("the channel has stopped");
  });
});
