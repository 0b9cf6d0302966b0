import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { ChannelConfig } from "../../../src/channel/index.ts";
import { BlockVerifier } from "../../../src/delivery/index.ts";
import {
  BLOCK_METADATA,
  Block,
  Metadata,
  blockDataHash,
  blockHeaderHash,
  decode,
  encode,
  tryDecode,
} from "../../../src/wire/index.ts";
import { fabricBlock } from "../channel/fabric-channel.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const genesis = fabricBlock("ch1-genesis.block");
const config = ChannelConfig.fromBlock(genesis);
const verifier = new BlockVerifier({ current: () => config });
const first = fabricBlock("o1-block001.pb");
const expected = { number: 1, previousHash: blockHeaderHash(genesis.header!) };

function changed(change: (block: Block) => void): Block {
  const copy = decode(Block, encode(Block, first).slice());
  change(copy);
  return copy;
}

async function reasonFor(block: Block): Promise<string> {
  const verdict = await verifier.verify(block, expected);
  return verdict.ok ? "accepted" : verdict.reason;
}

function expectedAt(number: number): {
  readonly number: number;
  readonly previousHash: Uint8Array;
} {
  const previous = fabricBlock(`o1-block00${number - 1}.pb`);
  return { number, previousHash: blockHeaderHash(previous.header!) };
}

describe("a block verifier", () => {
  test.each(["o1", "o2", "o3"])(
    "accepts block 1 as Fabric's orderer %s signed it",
    async (orderer) => {
      const verdict = await verifier.verify(fabricBlock(`${orderer}-block001.pb`), expected);
      expect(verdict).toEqual({ ok: true });
    },
  );

  test.each([2, 3, 4])("accepts block %i of Fabric's chain", async (number) => {
    const block = fabricBlock(`o1-block00${number}.pb`);
    expect(await verifier.verify(block, expectedAt(number))).toEqual({ ok: true });
  });

  test("refuses another number than expected", async () => {
    expect(await reasonFor(changed((block) => (block.header!.number = 2)))).toContain(
      "it has number 2, expected 1",
    );
  });

  test("refuses another previous hash than expected", async () => {
    const block = changed((copy) => (copy.header!.previousHash[0]! ^= 1));
    expect(await reasonFor(block)).toContain("its previous hash is");
  });

  test("refuses a block without header, data or enough metadata", async () => {
    expect(await reasonFor(changed((block) => (block.header = undefined)))).toContain("no header");
    expect(await reasonFor(changed((block) => (block.data = undefined)))).toContain(
      "no transactions",
    );
    expect(await reasonFor(changed((block) => block.metadata!.metadata.pop()))).toContain(
      "4 metadata entries, expected at least 5",
    );
  });

  test("refuses a transaction that is not well-formed, even under the right data hash", async () => {
    const block = changed((copy) => {
      copy.data!.data = [...copy.data!.data, new Uint8Array([0xff])];
      copy.header!.dataHash = blockDataHash(copy.data!.data);
    });
    expect(await reasonFor(block)).toMatch(/transaction \d+ is not well-formed/);
  });

  test("refuses data that is not what the header hashes", async () => {
    const block = changed((copy) => (copy.header!.dataHash[0]! ^= 1));
    expect(await reasonFor(block)).toContain("data hash does not match");
  });

  test("refuses a block without signatures, or with those of another block", async () => {
    const bare = changed((copy) => {
      copy.metadata!.metadata[BLOCK_METADATA.signatures] = new Uint8Array(0);
    });
    expect(await reasonFor(bare)).toContain("do not satisfy /Channel/Orderer/BlockValidation");
    const foreign = changed((copy) => {
      const second = fabricBlock("o1-block002.pb");
      copy.metadata = second.metadata;
    });
    expect(await reasonFor(foreign)).toContain("do not satisfy /Channel/Orderer/BlockValidation");
  });

  test("refuses more signatures than it looks at, without verifying any", async () => {
    const block = changed((copy) => {
      const slot = copy.metadata!.metadata[BLOCK_METADATA.signatures]!;
      const metadata = decode(Metadata, slot);
      const signatures = Array.from({ length: 257 }, () => metadata.signatures[0]!);
      copy.metadata!.metadata[BLOCK_METADATA.signatures] = encode(Metadata, {
        ...metadata,
        signatures,
      });
    });
    expect(await reasonFor(block)).toContain("257 signatures, at most 256");
  });

  propertyTest.prop([fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: 150 })(
    "believes no block of which one byte was changed, unless what it means is the same",
    async (position, flip) => {
      const bytes = encode(Block, first).slice();
      bytes[position % bytes.length]! ^= flip;
      const block = tryDecode(Block, bytes);
      if (block === undefined) return;
      const verdict = await verifier.verify(block, expected);
      if (verdict.ok) {
        // Only metadata that nobody signs may differ.
        expect(encode(Block, { ...block, metadata: first.metadata })).toEqual(encode(Block, first));
      }
    },
  );

  propertyTest.prop([fc.uint8Array({ maxLength: 400 })])(
    "refuses random bytes as signature metadata in bounded time",
    async (slot) => {
      const block = changed((copy) => {
        copy.metadata!.metadata[BLOCK_METADATA.signatures] = slot;
      });
      const startMs = cpuTimeMs();
      const verdict = await verifier.verify(block, expected);
      expect(verdict.ok).toBe(false);
      expect(cpuTimeMs() - startMs).toBeLessThan(50);
    },
  );
});
