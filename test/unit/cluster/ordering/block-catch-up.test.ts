import nodeCrypto, { type KeyObject } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BlockCatchUp, OrderingError } from "../../../../cluster/ordering/index.ts";
import { ChannelConfigRef } from "../../../../src/channel/index.ts";
import { AsyncQueue } from "../../../../src/kernel/async-queue.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import {
  RpcError,
  type RpcCallOptions,
  type RpcChannel,
  type RpcDialer,
  type RpcMethod,
  type RpcStream,
  type RpcTarget,
} from "../../../../src/kernel/ports/rpc.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { BlockStore } from "../../../../src/ledger/index.ts";
import {
  SeekInfo,
  blockHeaderHash,
  decode,
  encode,
  openEnvelope,
  Block,
  type DeliverResponse,
  type Envelope,
} from "../../../../src/wire/index.ts";
import { SimulatedFiles } from "../../../sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../sim/ports/simulated-time.ts";
import { blockAfter, signedBlock } from "../../../support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../../support/sample-channel.ts";
import { sampleTransaction } from "../../../support/sample-transactions.ts";

// Verified on this thread, within a turn: simulated time does not run on meanwhile.
const inThreads = nodeCrypto.verify;
function verifyAtOnce(
  digest: string,
  message: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
  done?: (error: Error | null, isValid: boolean) => void,
): boolean {
  const isValid = inThreads(digest, message, key, signature);
  done?.(null, isValid);
  return isValid;
}

function verifyWith(verify: unknown): void {
  Object.assign(nodeCrypto, { verify });
  syncBuiltinESMExports();
}

beforeAll(() => {
  verifyWith(verifyAtOnce);
});

afterAll(() => {
  verifyWith(inThreads);
});

const FIRST = "orderer1.example.com:7050";
const SECOND = "orderer2.example.com:7050";

/** What an orderer sends from a given block on; then it is silent, or ends the stream if the list ends with undefined. */
type Served = (from: number) => readonly (Block | undefined)[];

class Orderers implements RpcDialer {
  readonly localCertificate: Uint8Array = new Uint8Array([1]);
  readonly served = new Map<string, Served>();
  readonly asked: string[] = [];

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
    const responses = new AsyncQueue<DeliverResponse>(64);
    const fail = (): void => {
      responses.fail(new RpcError("UNAVAILABLE", "connection refused"));
    };
    signal?.addEventListener("abort", fail);
    return {
      responses,
      send: (envelope) => {
        this.asked.push(address);
        for (const block of this.served.get(address)?.(startOf(envelope)) ?? [undefined]) {
          if (block === undefined) fail();
          else responses.push({ type: { $case: "block", value: block } });
        }
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

let sample: SampleChannel;
let chain: readonly Block[];

beforeAll(async () => {
  sample = await sampleChannel();
  const recipe = { creator: sample.org1.client, endorsers: [] };
  const blocks = [sample.genesis];
  for (let number = 1; number <= 60; number += 1) {
    const envelope = await sampleTransaction({ ...recipe, nonce: String(number) });
    const block = blockAfter(blocks.at(-1)!, [envelope]);
    blocks.push(await signedBlock(block, sample.ordererOrg.orderer));
  }
  chain = blocks;
});

class Rig {
  readonly time = new SimulatedTime();
  readonly orderers = new Orderers();
  readonly random = new SeededRandom(5);
  readonly files = new SimulatedFiles({ random: this.random });
  blocks!: BlockStore;

  async open(): Promise<BlockStore> {
    const options = { files: this.files, directory: "/blocks", logger: silentLogger };
    this.blocks = await BlockStore.open(options);
    if (this.blocks.height === 0) await this.blocks.append(sample.genesis);
    return this.blocks;
  }

  catchUp(isOwnEndpoint: (address: string) => boolean = () => false): BlockCatchUp {
    const { mspId, identity } = sample.org1.peer;
    return new BlockCatchUp(
      {
        dialer: this.orderers,
        signer: { mspId, identity, sign: () => Promise.resolve(new Uint8Array([1])) },
        clock: this.time,
        timers: this.time,
        random: this.random,
        logger: silentLogger,
        config: new ChannelConfigRef(sample.config),
        blocks: this.blocks,
      },
      { channelId: CHANNEL_ID, isOwnEndpoint, withoutBlockMsMax: 60_000 },
    );
  }

  async settle<T>(work: Promise<T>): Promise<T> {
    const state = { isDone: false };
    const done = (): void => {
      state.isDone = true;
    };
    work.then(done, done);
    while (!state.isDone) await this.time.advance(20, () => state.isDone);
    return work;
  }
}

const never = new AbortController().signal;

describe("an orderer that lacks blocks", () => {
  test("writes them up to the one that is wanted, verified, and no further", async () => {
    const rig = new Rig();
    await rig.open();
    rig.orderers.served.set(FIRST, (from) => chain.slice(from));
    rig.orderers.served.set(SECOND, (from) => chain.slice(from));
    await rig.settle(rig.catchUp().pullTo(chain[50]!, never));
    expect(rig.blocks.height).toBe(51);
    expect(rig.blocks.lastHash).toEqual(blockHeaderHash(chain[50]!.header!));
    await rig.settle(rig.catchUp().pullTo(50, never));
    expect(rig.blocks.height).toBe(51);
  });

  test("goes on where the last attempt ended, from another orderer and after a crash", async () => {
    const rig = new Rig();
    await rig.open();
    rig.orderers.served.set(FIRST, (from) => [
      ...chain.slice(from, Math.min(from + 4, 61)),
      undefined,
    ]);
    rig.files.faults.crashAfter(9);
    await rig.settle(rig.catchUp().pullTo(40, never)).catch((error: unknown) => error);
    rig.files.powerLoss();
    await rig.open();
    const before = rig.blocks.height;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(41);
    await rig.settle(rig.catchUp().pullTo(40, never));
    expect(rig.blocks.height).toBe(41);
    for (let number = 0; number < 41; number += 1) {
      expect(encode(Block, (await rig.blocks.read(number))!)).toEqual(
        encode(Block, chain[number]!),
      );
    }
  });

  test("never writes a block that is forged, and takes the true one from another", async () => {
    const rig = new Rig();
    await rig.open();
    const forged = { ...chain[3]!, metadata: chain[2]!.metadata! };
    rig.orderers.served.set(FIRST, (from) =>
      chain.slice(from).map((block) => (block === chain[3] ? forged : block)),
    );
    rig.orderers.served.set(SECOND, (from) => chain.slice(from));
    await rig.settle(rig.catchUp().pullTo(5, never));
    expect(encode(Block, (await rig.blocks.read(3))!)).toEqual(encode(Block, chain[3]!));
  });

  test("gives up in time when nobody has them, says who refused, and keeps what it has", async () => {
    const rig = new Rig();
    await rig.open();
    rig.orderers.served.set(FIRST, (from) => chain.slice(from, 3));
    const error: unknown = await rig
      .settle(rig.catchUp().pullTo(9, never))
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OrderingError);
    expect(error).toMatchObject({ code: "catch_up_failed", data: { height: 3, block: 9 } });
    expect((error as Error).message).toContain("orderer2.example.com:7050: ");
    expect(rig.time.monotonicMs()).toBeLessThan(62_000);
  });

  test("does not ask itself", async () => {
    const rig = new Rig();
    await rig.open();
    rig.orderers.served.set(SECOND, (from) => chain.slice(from));
    await rig.settle(rig.catchUp((address) => address === FIRST).pullTo(5, never));
    expect(rig.orderers.asked).not.toContain(FIRST);
  });

  test("notices that its own chain is not the group's", async () => {
    const rig = new Rig();
    await rig.open();
    rig.orderers.served.set(FIRST, (from) => chain.slice(from));
    rig.orderers.served.set(SECOND, (from) => chain.slice(from));
    const other = blockAfter(chain[4]!, [new Uint8Array([1])]);
    await expect(rig.settle(rig.catchUp().pullTo(other, never))).rejects.toMatchObject({
      code: "log_mismatch",
    });
  });

  test("stops when told to", async () => {
    const rig = new Rig();
    await rig.open();
    const abort = new AbortController();
    const work = rig.catchUp().pullTo(9, abort.signal);
    abort.abort();
    await expect(rig.settle(work)).rejects.toMatchObject({ code: "catch_up_failed" });
  });
});
