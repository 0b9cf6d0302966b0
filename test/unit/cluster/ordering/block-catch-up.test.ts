import nodeCrypto, { type KeyObject } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BlockCatchUp, OrderingError } from "../../../../cluster/ordering/index.ts";
import { ChannelConfigRef } from "../../../../src/channel/index.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { BlockStore } from "../../../../src/ledger/index.ts";
import { Block, blockHeaderHash, encode } from "../../../../src/wire/index.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";
import { DeliverDialer, serving } from "../../../support/deliver-dialer.ts";
import { blockAfter, sampleChain } from "../../../support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../../support/sample-channel.ts";

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

let sample: SampleChannel;
let chain: readonly Block[];

beforeAll(async () => {
  sample = await sampleChannel();
  chain = await sampleChain(sample, 60);
});

class Rig {
  readonly time = new SimulatedTime();
  readonly orderers = new DeliverDialer();
  readonly random = new SeededRandom(5);
  readonly files = new SimulatedFiles({ random: this.random });
  blocks!: BlockStore;

  async open(): Promise<BlockStore> {
    const options = {
      files: this.files,
      timers: this.time,
      directory: "/blocks",
      logger: silentLogger,
    };
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
    rig.orderers.scripts.set(FIRST, serving(chain));
    rig.orderers.scripts.set(SECOND, serving(chain));
    await rig.settle(rig.catchUp().pullTo(chain[50]!, never));
    expect(rig.blocks.height).toBe(51);
    expect(rig.blocks.lastHash).toEqual(blockHeaderHash(chain[50]!.header!));
    await rig.settle(rig.catchUp().pullTo(50, never));
    expect(rig.blocks.height).toBe(51);
  });

  test("goes on where the last attempt ended, from another orderer and after a crash", async () => {
    const rig = new Rig();
    await rig.open();
    rig.orderers.scripts.set(FIRST, (request, answer) => {
      if (request.first === "newest") {
        serving(chain)(request, answer);
        return;
      }
      serving(chain.slice(0, request.first + 4))(request, answer);
      answer.hangUp();
    });
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
    rig.orderers.scripts.set(
      FIRST,
      serving(chain.map((block) => (block === chain[3] ? forged : block))),
    );
    rig.orderers.scripts.set(SECOND, serving(chain));
    await rig.settle(rig.catchUp().pullTo(5, never));
    expect(encode(Block, (await rig.blocks.read(3))!)).toEqual(encode(Block, chain[3]!));
  });

  test("gives up in time when nobody has them, says who refused, and keeps what it has", async () => {
    const rig = new Rig();
    await rig.open();
    rig.orderers.scripts.set(FIRST, serving(chain.slice(0, 3)));
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
    rig.orderers.scripts.set(SECOND, serving(chain));
    await rig.settle(rig.catchUp((address) => address === FIRST).pullTo(5, never));
    expect(rig.orderers.asked).not.toContain(FIRST);
  });

  test("notices that its own chain is not the group's", async () => {
    const rig = new Rig();
    await rig.open();
    rig.orderers.scripts.set(FIRST, serving(chain));
    rig.orderers.scripts.set(SECOND, serving(chain));
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
