import { beforeAll, describe, expect, test } from "vitest";
import { ChannelConfigRef } from "../../../src/channel/index.ts";
import { BlockPuller, type BlockSink, type PullReport } from "../../../src/delivery/index.ts";
import { pullBackoffMs } from "../../../src/delivery/core/pull-rotation.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import {
  ConfigEnvelope,
  HeaderType,
  Status,
  blockHeaderHash,
  encode,
  openEnvelope,
  type Block,
} from "../../../src/wire/index.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { DeliverDialer, serving, type DeliverScript } from "../../support/deliver-dialer.ts";
import { blockAfter, sampleChain, signedBlock } from "../../support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../support/sample-channel.ts";
import { sampleEnvelope } from "../../support/sample-transactions.ts";

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
  chain = await sampleChain(sample, 6);
});

/** Where only time matters: signing must not wait for the machine's threads while simulated time goes on. */
function instantSigner(): Signer {
  const { mspId, identity } = sample.org1.peer;
  return { mspId, identity, sign: () => Promise.resolve(new Uint8Array([1])) };
}

function setUp(
  blocks: { readonly genesis: Block } = { genesis: sample.genesis },
  signer: Signer = instantSigner(),
): {
  readonly dialer: DeliverDialer;
  readonly sink: Sink;
  readonly time: SimulatedTime;
  readonly reports: PullReport[];
  readonly config: ChannelConfigRef;
  readonly run: (signal: AbortSignal) => Promise<void>;
} {
  const dialer = new DeliverDialer();
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

/** Another orderer is dialled then, and not half a second before; time is to stand where the last was. */
async function expectLeftAfter({ time, dialer }: Running, silenceMs: number): Promise<void> {
  const before = dialer.dialled.length;
  await time.advance(silenceMs - 500);
  expect(dialer.dialled).toHaveLength(before);
  await time.advance(1_000, () => dialer.dialled.length > before);
  expect(dialer.dialled).toHaveLength(before + 1);
}

describe("a block puller", () => {
  test("hands on verified blocks in order and asks from the sink's height", async () => {
    const set = setUp();
    set.dialer.scripts.set(FIRST, serving(chain));
    set.dialer.scripts.set(SECOND, serving(chain));
    await running(set, () => until(set.time, () => set.sink.height === 7));
    expect(set.sink.blocks).toEqual(chain);
    expect(set.dialer.requests.map(({ first }) => first)).toEqual(["newest", 1]);
    expect(set.dialer.dialled[0]!.tls?.rootsPem).toEqual([sample.ordererOrg.tls.certificatePem]);
    expect(set.reports.map(({ kind }) => kind)).toEqual(Array(6).fill("progress"));
  });

  test("signs its request and binds it to its TLS certificate", async () => {
    const set = setUp({ genesis: sample.genesis }, sample.org1.peer);
    set.dialer.scripts.set(FIRST, serving(chain));
    set.dialer.scripts.set(SECOND, serving(chain));
    await running(set, () => until(set.time, () => set.sink.height > 1));
    const { envelope } = set.dialer.requests[0]!;
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
    set.dialer.scripts.set(FIRST, (request, answer) => {
      serving(chain.slice(0, 3))(request, answer);
      if (request.first === "newest") return;
      failures += 1;
      answer.hangUp();
    });
    set.dialer.scripts.set(SECOND, serving(chain));
    await running(set, () => until(set.time, () => set.sink.height === 7));
    expect(set.sink.blocks).toEqual(chain);
    expect(failures).toBeLessThanOrEqual(1);
  });

  test("does not believe a block whose signature or content was changed", async () => {
    const forged = chain.map((block) => ({ ...block }));
    forged[3] = await signedBlock(blockAfter(forged[2]!, chain[3]!.data!.data), sample.org1.client);
    const set = setUp();
    set.dialer.scripts.set(FIRST, serving(forged));
    set.dialer.scripts.set(SECOND, serving(forged));
    await running(set, () => until(set.time, () => set.reports.some((r) => r.kind === "trouble")));
    expect(set.sink.height).toBe(3);
    const trouble = set.reports.find((report) => report.kind === "trouble");
    expect(trouble).toMatchObject({
      reason: expect.stringContaining("do not satisfy /Channel/Orderer/BlockValidation") as string,
    });
  });

  test("takes a status for a failure", async () => {
    const set = setUp();
    const refuse: DeliverScript = (_, { end }) => {
      end(Status.FORBIDDEN);
    };
    set.dialer.scripts.set(FIRST, refuse);
    set.dialer.scripts.set(SECOND, refuse);
    await running(set, () => until(set.time, () => set.reports.length > 0));
    expect(set.reports[0]).toMatchObject({
      kind: "trouble",
      reason: "it answered with status 403",
    });
  });

  test("asks another orderer without a pause when one fails", async () => {
    const set = setUp();
    let isFirstAsked = true;
    const failingOnce: DeliverScript = (request, answer) => {
      if (isFirstAsked) answer.hangUp();
      else serving(chain)(request, answer);
      isFirstAsked = false;
    };
    set.dialer.scripts.set(FIRST, failingOnce);
    set.dialer.scripts.set(SECOND, failingOnce);
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
    const holding: DeliverScript = (request, answer) => {
      serving([sample.genesis])(request, answer);
      if (request.first !== "newest") lose = answer.hangUp;
    };
    await running(set, async () => {
      await until(set.time, () => set.reports.length >= 6);
      set.dialer.scripts.set(FIRST, holding);
      set.dialer.scripts.set(SECOND, holding);
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
      set.dialer.scripts.set(FIRST, serving(chain.slice(0, 2)));
      set.dialer.scripts.set(SECOND, serving(chain.slice(0, 2)));
      await until(set.time, () => set.sink.height === 2, 1_000);
      set.dialer.scripts.clear();
      const count = set.reports.length;
      await until(set.time, () => set.reports.length > count, 1_000);
      expect(set.reports.at(-1)).toMatchObject({ kind: "trouble", failures: 1 });
    });
    // Twenty-nine pauses that grow by a fifth from 100 ms to 10 s add up to 86 s.
    expect(set.time.monotonicMs()).toBeGreaterThan(86_000);
  });

  test("leaves an orderer that has nothing to send soon after a block, and each further one later", async () => {
    const set = setUp();
    set.dialer.scripts.set(FIRST, serving(chain.slice(0, 3)));
    set.dialer.scripts.set(SECOND, serving(chain.slice(0, 3)));
    await running(set, async () => {
      await until(set.time, () => set.sink.height === 3);
      for (const silenceMs of [3_000, 6_000, 10_000, 10_000, 10_000]) {
        await expectLeftAfter(set, silenceMs);
        const addresses = set.dialer.dialled.slice(-2).map(({ address }) => address);
        expect(new Set(addresses).size).toBe(2);
      }
      set.dialer.scripts.set(FIRST, serving(chain));
      set.dialer.scripts.set(SECOND, serving(chain));
      await until(set.time, () => set.sink.height === 7, 100);
      const before = set.dialer.dialled.length;
      await set.time.advance(4_000, () => set.dialer.dialled.length > before);
      expect(set.dialer.dialled.length).toBe(before + 1);
    });
    expect(set.reports.every(({ kind }) => kind === "progress")).toBe(true);
  });

  test("waits longer for a block that the orderer says it has", async () => {
    const set = setUp();
    const withholding: DeliverScript = (request, answer) => {
      if (request.first === "newest") serving(chain)(request, answer);
    };
    set.dialer.scripts.set(FIRST, withholding);
    set.dialer.scripts.set(SECOND, withholding);
    await running(set, async () => {
      await until(set.time, () => set.dialer.requests.length === 2);
      for (const silenceMs of [3_000, 6_000, 12_000, 24_000, 30_000, 30_000]) {
        await expectLeftAfter(set, silenceMs);
      }
    });
    expect(set.reports).toEqual([]);
  });

  test("takes an orderer for failed that does not say within 3 s what it has", async () => {
    const set = setUp();
    const silent: DeliverScript = () => undefined;
    set.dialer.scripts.set(FIRST, silent);
    set.dialer.scripts.set(SECOND, silent);
    await running(set, () => until(set.time, () => set.reports.length >= 2));
    const reason = "it did not answer within 3000 ms";
    const trouble = { kind: "trouble", reason, isServiceDown: false };
    expect(set.reports[0]).toMatchObject({ ...trouble, failures: 1 });
    expect(set.reports[1]).toMatchObject({ ...trouble, failures: 2 });
    const [firstMs = 0, secondMs = 0] = set.reports.map((r) =>
      r.kind === "trouble" ? r.forMs : 0,
    );
    expect(firstMs).toBeGreaterThanOrEqual(3_000);
    expect(secondMs - firstMs).toBeGreaterThanOrEqual(3_000);
  });

  test("does not end a row of failures because an orderer is silent for long", async () => {
    const set = setUp();
    const silent: DeliverScript = () => undefined;
    set.dialer.scripts.set(FIRST, silent);
    set.dialer.scripts.set(SECOND, silent);
    await running(set, () => until(set.time, () => set.reports.length >= 10, 100));
    expect(set.reports.at(-1)).toMatchObject({ kind: "trouble", failures: 10 });
  });

  test("says that the ordering service is down once most orderers do, and no more when one is lost", async () => {
    const set = setUp();
    const withoutLeader: DeliverScript = (request, answer) => {
      if (request.first === "newest") serving([sample.genesis])(request, answer);
      else answer.end(Status.SERVICE_UNAVAILABLE);
    };
    set.dialer.scripts.set(FIRST, withoutLeader);
    set.dialer.scripts.set(SECOND, withoutLeader);
    await running(set, async () => {
      await until(set.time, () => set.reports.length >= 4);
      set.dialer.scripts.delete(FIRST);
      const { length } = set.reports;
      await until(set.time, () => set.reports.length >= length + 4);
    });
    const isDown = set.reports.map((report) => report.kind === "trouble" && report.isServiceDown);
    expect(isDown.slice(0, 4)).toEqual([false, true, true, true]);
    expect(isDown.at(-1)).toBe(false);
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
    set.dialer.scripts.set(FIRST, serving(renamed));
    set.dialer.scripts.set(SECOND, serving(renamed));
    await running(set, () => until(set.time, () => set.dialer.dialled.length >= 2));
    expect(set.sink.height).toBe(2);
    expect(set.dialer.dialled[1]!.address).toMatch(/^renamed[12]\.example\.com:7050$/);
  });

  test("ends with what its sink rejects with", async () => {
    const set = setUp();
    set.sink.failure = new Error("the channel has stopped");
    set.dialer.scripts.set(FIRST, serving(chain));
    set.dialer.scripts.set(SECOND, serving(chain));
    await expect(set.run(new AbortController().signal)).rejects.toThrow("the channel has stopped");
  });
});
