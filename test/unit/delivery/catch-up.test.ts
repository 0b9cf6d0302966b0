import { beforeAll, describe, expect, test } from "vitest";
import { ChannelConfigRef } from "../../../src/channel/index.ts";
import { CatchUp, type BlockSink, type FetchSource } from "../../../src/delivery/index.ts";
import { AsyncQueue } from "../../../src/kernel/async-queue.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
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
  SeekInfo,
  Status,
  blockHeaderHash,
  decode,
  openEnvelope,
  type Block,
  type DeliverResponse,
  type Envelope,
  type SeekPosition,
} from "../../../src/wire/index.ts";
import { SimulatedTime } from "../../sim/ports/simulated-time.ts";
import { blockAfter, signedBlock } from "../../support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../support/sample-channel.ts";
import { sampleTransaction } from "../../support/sample-transactions.ts";

const LENGTH = 200;

/** What a source answers to a request for `first` to `last`; `newest` stands for the last block. */
type Serve = (
  request: { readonly first: number | "newest"; readonly last: number },
  send: (block: Block) => void,
) => "done" | "hang up";

class Dialer implements RpcDialer {
  readonly localCertificate: Uint8Array = new Uint8Array([1]);
  readonly asked: { readonly address: string; readonly first: number }[] = [];
  readonly sources = new Map<string, Serve>();

  dial({ address }: RpcTarget): RpcChannel {
    return {
      address,
      unary: () => Promise.reject(new RpcError("UNIMPLEMENTED", "streams only")),
      stream: <Request, Response>(
        _: RpcMethod<Request, Response>,
        options?: RpcCallOptions,
      ): RpcStream<Request, Response> =>
        this.#stream(address, options?.signal) as unknown as RpcStream<Request, Response>,
      close: () => undefined,
    };
  }

  #stream(address: string, signal?: AbortSignal): RpcStream<Envelope, DeliverResponse> {
    const responses = new AsyncQueue<DeliverResponse>(1_000);
    const fail = (): void => {
      responses.fail(new RpcError("UNAVAILABLE", "connection refused"));
    };
    signal?.addEventListener("abort", fail);
    return {
      responses,
      send: (envelope) => {
        const serve = this.sources.get(address);
        const request = requestOf(envelope);
        if (request.first !== "newest") this.asked.push({ address, first: request.first });
        const end = serve?.(request, (value) =>
          responses.push({ type: { $case: "block", value } }),
        );
        if (end === "done") responses.push({ type: { $case: "status", value: Status.SUCCESS } });
        else fail();
        return Promise.resolve();
      },
      end: () => undefined,
      cancel: fail,
      peerCertificate: () => new Uint8Array([2]),
    };
  }
}

function requestOf(envelope: Envelope): { first: number | "newest"; last: number } {
  const reading = openEnvelope(envelope);
  if (reading.kind === "malformed") throw new Error("requests are sound envelopes");
  const { start, stop } = decode(SeekInfo, reading.opened.payload.data);
  const numberOf = (position: SeekPosition | undefined): number | "newest" =>
    position?.type?.$case === "specified" ? Number(position.type.value.number) : "newest";
  const last = numberOf(stop);
  return { first: numberOf(start), last: last === "newest" ? -1 : last };
}

class Sink implements BlockSink {
  readonly blocks: Block[];
  onOffer: () => void = () => undefined;

  constructor(genesis: Block) {
    this.blocks = [genesis];
  }

  get height(): number {
    return this.blocks.length;
  }

  get lastHash(): Uint8Array {
    return blockHeaderHash(this.blocks.at(-1)!.header!);
  }

  offer(block: Block): Promise<void> {
    expect(block.header?.number).toBe(this.height);
    this.blocks.push(block);
    this.onOffer();
    return Promise.resolve();
  }
}

let sample: SampleChannel;
let chain: readonly Block[];

beforeAll(async () => {
  sample = await sampleChannel();
  const blocks = [sample.genesis];
  for (let number = 1; number < LENGTH; number += 1) {
    const envelope = await sampleTransaction({
      creator: sample.org1.client,
      endorsers: [],
      nonce: String(number),
    });
    const block = blockAfter(blocks.at(-1)!, [envelope]);
    blocks.push(await signedBlock(block, sample.ordererOrg.orderer));
  }
  chain = blocks;
});

/** Serves what is asked of the chain's first `height` blocks. */
function serving(height = LENGTH, blocks: readonly Block[] = chain): Serve {
  return ({ first, last }, send) => {
    const from = first === "newest" ? height - 1 : first;
    const to = first === "newest" ? height - 1 : last;
    for (const block of blocks.slice(from, Math.min(to + 1, height))) send(block);
    return "done";
  };
}

function setUp(sources: Readonly<Record<string, Serve>>): {
  readonly dialer: Dialer;
  readonly sink: Sink;
  readonly run: (signal?: AbortSignal) => Promise<void>;
} {
  const dialer = new Dialer();
  for (const [address, serve] of Object.entries(sources)) dialer.sources.set(address, serve);
  const sink = new Sink(sample.genesis);
  const time = new SimulatedTime();
  const addresses = Object.keys(sources);
  const run = (signal = new AbortController().signal): Promise<void> =>
    new CatchUp(
      {
        dialer,
        sink,
        signer: sample.org1.peer,
        config: new ChannelConfigRef(sample.config),
        clock: time,
        timers: time,
        random: new SeededRandom(3),
        logger: silentLogger,
        sources: () =>
          addresses.map((address): FetchSource => ({ role: "orderer", target: { address } })),
      },
      { channelId: CHANNEL_ID },
    ).run(signal);
  return { dialer, sink, run };
}

function askedOf(dialer: Dialer, address: string): number {
  return dialer.asked.filter((each) => each.address === address).length;
}

describe("catching up", () => {
  test("brings every block in order, from all sources", async () => {
    const { dialer, sink, run } = setUp({ a: serving(), b: serving(), c: serving() });
    await run();
    expect(sink.height).toBe(LENGTH);
    for (const source of ["a", "b", "c"]) expect(askedOf(dialer, source)).toBeGreaterThan(0);
  });

  test("does nothing when the ledger is hardly behind, or when nobody answers", async () => {
    const near = setUp({ a: serving(15) });
    await near.run();
    expect(near.dialer.asked).toEqual([]);
    const alone = setUp({ a: () => "hang up" });
    await alone.run();
    expect(alone.sink.height).toBe(1);
  });

  test("asks others when a source hangs up in the middle of a range", async () => {
    const flaky: Serve = ({ first, last }, send) => {
      if (first === "newest") return serving()({ first, last }, send);
      serving()({ first, last: first + 4 }, send);
      return "hang up";
    };
    const { dialer, sink, run } = setUp({ flaky, honest: serving() });
    await run();
    expect(sink.height).toBe(LENGTH);
    expect(askedOf(dialer, "flaky")).toBeLessThanOrEqual(4);
  });

  test("hands over no forged block, and asks its source for nothing more", async () => {
    const stranger = (await sampleChannel({}, 99)).ordererOrg.orderer;
    const forged = await Promise.all(chain.map((block) => signedBlock(block, stranger)));
    const { dialer, sink, run } = setUp({ forger: serving(LENGTH, forged), honest: serving() });
    await run();
    expect(sink.blocks.slice(1)).toEqual(chain.slice(1));
    // Two at first, and those that were on their way when it was found out.
    expect(askedOf(dialer, "forger")).toBeLessThanOrEqual(8);
  });

  test("takes what there is when a source claims more than it has", async () => {
    const liar: Serve = ({ first, last }, send) => {
      if (first !== "newest") return serving(90)({ first, last }, send);
      const newest = chain[0]!;
      send({ ...newest, header: { ...newest.header!, number: 1_000_000 } });
      return "done";
    };
    const { sink, run } = setUp({ liar, honest: serving(90) });
    await run();
    expect(sink.height).toBe(90);
  });

  test("goes on with what was made meanwhile", async () => {
    let height = 100;
    const growing: Serve = (request, send) => serving(height)(request, send);
    const { sink, run } = setUp({ growing });
    sink.onOffer = (): void => {
      if (sink.height === 90) height = LENGTH;
    };
    await run();
    expect(sink.height).toBe(LENGTH);
  });

  test("ends when it is told to, and begins again where it was", async () => {
    const { sink, run } = setUp({ a: serving(), b: serving() });
    const abort = new AbortController();
    sink.onOffer = (): void => {
      if (sink.height === 77) abort.abort();
    };
    await run(abort.signal);
    expect(sink.height).toBe(77);
    await run();
    expect(sink.blocks.slice(1)).toEqual(chain.slice(1));
  });

  test("ends with what the ledger rejects", async () => {
    const { sink, run } = setUp({ a: serving() });
    sink.onOffer = (): void => {
      throw new Error("the disk is full");
    };
    await expect(run()).rejects.toThrow("the disk is full");
  });
});
