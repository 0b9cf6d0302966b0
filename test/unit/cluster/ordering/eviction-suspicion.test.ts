import { verify } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { ChannelConfig, ChannelConfigRef } from "../../../../src/channel/index.ts";
import type { SignatureVerifier } from "../../../../src/crypto/index.ts";
import { EMPTY_BYTES } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { BlockStore } from "../../../../src/ledger/index.ts";
import type { Block } from "../../../../src/wire/index.ts";
import { EvictionSuspicion } from "../../../../cluster/ordering/eviction-suspicion.ts";
import { LOOK_WITHOUT_BLOCK_MS_MAX } from "../../../../cluster/ordering/limits.ts";
import { MspCache } from "../../../../src/msp/index.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";
import { DeliverDialer, serving } from "../../../support/deliver-dialer.ts";
import { blockAfter, signedBlock } from "../../../support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../../support/sample-channel.ts";
import { sampleTransaction } from "../../../support/sample-transactions.ts";

const OTHERS = ["orderer1.example.com:7050", "orderer2.example.com:7050"];

// Within a turn: simulated time does not run on meanwhile.
const verifyAtOnce: SignatureVerifier = (key, message, signature) =>
  Promise.resolve(key.algorithm === "ecdsa" && verify("sha256", message, key.handle, signature));

let sample: SampleChannel;

beforeAll(async () => {
  sample = await sampleChannel();
});

/** A chain on which the members after each block but the first are these. The sample's configuration has one consenter. */
async function chainOf(...memberships: readonly (readonly number[])[]): Promise<readonly Block[]> {
  const blocks = [sample.genesis];
  for (const [place, consenterIds] of memberships.entries()) {
    const creator = sample.org1.client;
    const data = await sampleTransaction({ creator, endorsers: [], nonce: String(place) });
    const block = blockAfter(blocks.at(-1)!, [data]);
    blocks.push(await signedBlock(block, sample.ordererOrg.orderer, 0, consenterIds));
  }
  return blocks;
}

interface Case {
  readonly chain: readonly Block[];
  /** Blocks of it that member 2 has. */
  readonly height: number;
  /** Whether the one consenter refuses member 2. */
  readonly isRefused?: boolean;
  /** Whether member 2 has the certificate by which it was last known. */
  readonly isKnown?: boolean;
}

/** What member 2 finds. */
async function look({
  chain,
  height,
  isRefused = false,
  isKnown = true,
}: Case): Promise<number | undefined> {
  const time = new SimulatedTime();
  const dialer = new DeliverDialer();
  for (const address of OTHERS) dialer.scripts.set(address, serving(chain));
  const random = new SeededRandom(1);
  const files = new SimulatedFiles({ random });
  const blocks = await BlockStore.open({
    files,
    timers: time,
    directory: "/blocks",
    logger: silentLogger,
  });
  for (const block of chain.slice(0, height)) await blocks.append(block);
  const consenterIds = membersAfter(height);
  const suspicion = new EvictionSuspicion(
    {
      dialer,
      random,
      blocks,
      // Nobody looks at its signatures, and a real one takes its time.
      signer: { ...sample.org1.peer, sign: () => Promise.resolve(EMPTY_BYTES) },
      clock: time,
      timers: time,
      logger: silentLogger,
      config: new ChannelConfigRef(
        ChannelConfig.fromBlock(sample.genesis, new MspCache(verifyAtOnce)),
      ),
      isRefusedBy: () => Promise.resolve(isRefused),
      isAmong: () => isKnown,
      formerSelf: () => Promise.resolve([]),
    },
    { channelId: CHANNEL_ID, raftId: 2 },
  );
  let answer: { readonly number: number | undefined } | undefined;
  const { signal } = new AbortController();
  void suspicion.releasedBy({ consenterIds, nextConsenterId: 99 }, signal).then((number) => {
    answer = { number };
  });
  await time.advance(4 * LOOK_WITHOUT_BLOCK_MS_MAX, () => answer !== undefined);
  expect(answer).toBeDefined();
  expect(blocks.height).toBe(height);
  await blocks.close();
  return answer?.number;
}

const MEMBERSHIPS: readonly (readonly number[])[] = [[2], [2], [1], [1], [1]];

function membersAfter(height: number): readonly number[] {
  return MEMBERSHIPS[height - 2] ?? [2];
}

describe("a member that knows no leader", () => {
  test("finds no removal where there is none", async () => {
    const chain = await chainOf([2], [2]);
    expect(await look({ chain, height: 2, isRefused: true })).toBeUndefined();
  });

  test("learns from the others' blocks which one removed it, and from the others that it is let go", async () => {
    const chain = await chainOf(...MEMBERSHIPS);
    expect(await look({ chain, height: 2, isRefused: true })).toBe(3);
  });

  test("goes on while the others do not refuse it: they may need its vote", async () => {
    const chain = await chainOf(...MEMBERSHIPS);
    expect(await look({ chain, height: 2 })).toBeUndefined();
  });

  test("needs not look any further if its own blocks say so", async () => {
    const chain = await chainOf(...MEMBERSHIPS);
    expect(await look({ chain, height: 4, isRefused: true })).toBe(3);
    expect(await look({ chain, height: 4 })).toBeUndefined();
  });

  test("takes a refusal for nothing if they know it by another certificate", async () => {
    const chain = await chainOf(...MEMBERSHIPS);
    expect(await look({ chain, height: 4, isRefused: true, isKnown: false })).toBeUndefined();
  });

  test("takes a later change of the members for proof, whatever they answer", async () => {
    const chain = await chainOf(...MEMBERSHIPS.slice(0, 3), [3]);
    expect(await look({ chain, height: 2 })).toBe(3);
    expect(await look({ chain, height: 4, isRefused: true, isKnown: false })).toBe(3);
  });
});
