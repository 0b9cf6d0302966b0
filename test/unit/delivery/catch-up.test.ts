import { beforeAll, describe, expect, test } from "vitest";
import { ChannelConfigRef } from "../../../src/channel/index.ts";
import { CatchUp, type BlockSink, type FetchSource } from "../../../src/delivery/index.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { Status, blockHeaderHash, type Block } from "../../../src/wire/index.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import {
  DeliverDialer,
  serving,
  type DeliverRequest,
  type DeliverScript,
} from "../../support/deliver-dialer.ts";
import { sampleChain, signedBlock } from "../../support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../support/sample-channel.ts";

const LENGTH = 200;

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
  chain = await sampleChain(sample, LENGTH - 1);
});

function setUp(sources: Readonly<Record<string, DeliverScript>>): {
  readonly dialer: DeliverDialer;
  readonly sink: Sink;
  readonly run: (signal?: AbortSignal) => Promise<void>;
} {
  const dialer = new DeliverDialer(sources);
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

/** Ranges that an address was asked for; whoever catches up asks for the newest block before. */
function ranges(dialer: DeliverDialer): readonly DeliverRequest[] {
  return dialer.requests.filter(({ first }) => first !== "newest");
}

function askedOf(dialer: DeliverDialer, address: string): number {
  return ranges(dialer).filter((each) => each.address === address).length;
}

describe("catching up", () => {
  test("brings every block in order, from all sources", async () => {
    const { dialer, sink, run } = setUp({
      a: serving(chain),
      b: serving(chain),
      c: serving(chain),
    });
    await run();
    expect(sink.height).toBe(LENGTH);
    for (const source of ["a", "b", "c"]) expect(askedOf(dialer, source)).toBeGreaterThan(0);
  });

  test("does nothing when the ledger is hardly behind, or when nobody answers", async () => {
    const near = setUp({ a: serving(chain.slice(0, 15)) });
    await near.run();
    expect(ranges(near.dialer)).toEqual([]);
    const alone = setUp({
      a: (_, { hangUp }) => {
        hangUp();
      },
    });
    await alone.run();
    expect(alone.sink.height).toBe(1);
  });

  test("asks others when a source hangs up in the middle of a range", async () => {
    const flaky: DeliverScript = (request, answer) => {
      if (request.first === "newest") serving(chain)(request, answer);
      else serving(chain.slice(0, request.first + 5))(request, answer);
      if (request.first !== "newest") answer.hangUp();
    };
    const { dialer, sink, run } = setUp({ flaky, honest: serving(chain) });
    await run();
    expect(sink.height).toBe(LENGTH);
    expect(askedOf(dialer, "flaky")).toBeLessThanOrEqual(4);
  });

  test("hands over no forged block, and asks its source for nothing more", async () => {
    const stranger = (await sampleChannel({}, 99)).ordererOrg.orderer;
    const forged = await Promise.all(chain.map((block) => signedBlock(block, stranger)));
    const { dialer, sink, run } = setUp({ forger: serving(forged), honest: serving(chain) });
    await run();
    expect(sink.blocks.slice(1)).toEqual(chain.slice(1));
    // Two at first, and those that were on their way when it was found out.
    expect(askedOf(dialer, "forger")).toBeLessThanOrEqual(8);
  });

  test("takes what there is when a source claims more than it has", async () => {
    const short = chain.slice(0, 90);
    const liar: DeliverScript = (request, answer) => {
      const newest = chain[0]!;
      if (request.first !== "newest") serving(short)(request, answer);
      else answer.send({ ...newest, header: { ...newest.header!, number: 1_000_000 } });
      answer.end(Status.SUCCESS);
    };
    const { sink, run } = setUp({ liar, honest: serving(short) });
    await run();
    expect(sink.height).toBe(90);
  });

  test("goes on with what was made meanwhile", async () => {
    let height = 100;
    const growing: DeliverScript = (request, answer) => {
      serving(chain.slice(0, height))(request, answer);
    };
    const { sink, run } = setUp({ growing });
    sink.onOffer = (): void => {
      if (sink.height === 90) height = LENGTH;
    };
    await run();
    expect(sink.height).toBe(LENGTH);
  });

  test("ends when it is told to, and begins again where it was", async () => {
    const { sink, run } = setUp({ a: serving(chain), b: serving(chain) });
    const abort = new AbortController();
    sink.onOffer = (): void => {
      if (sink.height === 77) abort.abort();
    };
    await run(abort.signal);
    expect(sink.height).toBe(77);
    await run();
    expect(sink.blocks.slice(1)).toEqual(chain.slice(1));
  });

  test("from many sources looks like no leak to Node", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on("warning", onWarning);
    const names = Array.from({ length: 14 }, (_, index) => `source${index}`);
    const { sink, run } = setUp(Object.fromEntries(names.map((name) => [name, serving(chain)])));
    await run();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", onWarning);
    expect(sink.height).toBe(LENGTH);
    expect(warnings).toEqual([]);
  });

  test("ends with what the ledger rejects", async () => {
    const { sink, run } = setUp({ a: serving(chain) });
    sink.onOffer = (): void => {
      throw new Error("the disk is full");
    };
    await expect(run()).rejects.toThrow("the disk is full");
  });
});
