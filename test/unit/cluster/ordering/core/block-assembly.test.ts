import { describe, expect, test } from "vitest";
import { concatBytes, toHex, utf8 } from "../../../../../src/kernel/bytes.ts";
import {
  Block,
  BLOCK_METADATA,
  Metadata,
  blockDataHash,
  blockHeaderHash,
  decode,
  encode,
} from "../../../../../src/wire/index.ts";
import {
  misfit,
  nextBlock,
  ordererValue,
  recordOf,
  sealedBlock,
  signedBytes,
  tipOf,
} from "../../../../../cluster/ordering/core/block-assembly.ts";

const TIP = { number: 4, hash: new Uint8Array(32).fill(3) };
const RECORD = { lastConfig: 0, consenterIds: [1, 2, 3], nextConsenterId: 4, raftIndex: 5 };

describe("the next block", () => {
  test("follows the tip and hashes its data", () => {
    const block = nextBlock(TIP, [utf8("a"), utf8("b")]);
    expect(block.header).toEqual({
      number: 5,
      previousHash: TIP.hash,
      dataHash: blockDataHash([utf8("ab")]),
    });
    expect(misfit(TIP, block)).toBeUndefined();
    expect(tipOf(block.header)).toEqual({ number: 5, hash: blockHeaderHash(block.header) });
  });

  // As Fabric proposes it, so that its orderers read ours and the other way round.
  test("ends in five empty metadata slots", () => {
    expect(toHex(encode(Block, nextBlock(TIP, [utf8("a")])))).toMatch(/1a0a0a000a000a000a000a00$/);
  });

  test("is passed over when number, previous hash or data hash do not fit", () => {
    const block = nextBlock(TIP, [utf8("a")]);
    const { header } = block;
    expect(misfit({ ...TIP, number: 5 }, block)).toContain("block 5");
    expect(misfit({ ...TIP, hash: new Uint8Array(32) }, block)).toContain("previous hash");
    expect(misfit(TIP, { ...block, header: { ...header, dataHash: TIP.hash } })).toContain(
      "data hash",
    );
    expect(misfit(TIP, { ...block, data: undefined })).toContain("incomplete");
    expect(misfit(TIP, { ...block, header: undefined })).toContain("incomplete");
    expect(misfit(TIP, { ...block, data: { data: [] } })).toContain("incomplete");
  });
});

describe("what an orderer records in a block", () => {
  // Observed in block 1 of a channel with three Fabric orderers.
  test("has Fabric's bytes", () => {
    expect(toHex(ordererValue(RECORD))).toBe("0a00120b0a090a0301020310041805");
  });

  test("is read back from the sealed block, in which five slots stand", () => {
    const sealed = sealedBlock(
      nextBlock(TIP, [utf8("a")]),
      3,
      ordererValue({ ...RECORD, lastConfig: 3 }),
      [{ signatureHeader: utf8("header"), signature: utf8("signature") }],
    );
    expect(recordOf(decode(Block, encode(Block, sealed)))).toEqual({ ...RECORD, lastConfig: 3 });
    const slots = sealed.metadata!.metadata;
    expect(slots).toHaveLength(5);
    expect(toHex(slots[BLOCK_METADATA.lastConfig]!)).toBe("0a020803");
    expect(decode(Metadata, slots[0]!).signatures[0]!.signature).toEqual(utf8("signature"));
    expect(slots.slice(2).every((slot) => slot.length === 0)).toBe(true);
  });

  test("is absent from a genesis block and from malformed metadata", () => {
    const block = nextBlock(TIP, [utf8("a")]);
    expect(recordOf(block)).toBeUndefined();
    expect(recordOf({ ...block, metadata: undefined })).toBeUndefined();
    expect(recordOf({ ...block, metadata: { metadata: [utf8("\u0001")] } })).toBeUndefined();
  });

  test("is signed with its signature header and the block's header", () => {
    const { header } = nextBlock(TIP, [utf8("a")]);
    const bytes = signedBytes(utf8("value"), utf8("header"), header);
    expect(bytes.subarray(0, 11)).toEqual(utf8("valueheader"));
    // SEQUENCE { INTEGER 5, …
    expect(toHex(bytes.subarray(11, 16))).toBe("3047020105");
    expect(bytes).toEqual(concatBytes(utf8("valueheader"), bytes.subarray(11)));
  });
});
