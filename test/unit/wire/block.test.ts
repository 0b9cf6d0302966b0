import { createHash } from "node:crypto";
import { describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { InvariantViolation } from "../../../src/kernel/assert.ts";
import { toHex } from "../../../src/kernel/bytes.ts";
import {
  BLOCK_METADATA,
  BlockMetadata,
  BlockMetadataIndex,
  blockDataHash,
  blockHeaderDer,
  emptyBlockMetadata,
  encode,
} from "../../../src/wire/index.ts";

const NO_BYTES = new Uint8Array(0);

describe("the DER form of a header", () => {
  test("has an empty octet string for the hash that a first block lacks", () => {
    const der = blockHeaderDer({ number: 0, previousHash: NO_BYTES, dataHash: NO_BYTES });
    expect(toHex(der)).toBe("300702010004000400");
  });

  test("spells lengths above 127 out", () => {
    const dataHash = new Uint8Array(300);
    const der = blockHeaderDer({ number: 1, previousHash: NO_BYTES, dataHash });
    expect(toHex(der.subarray(0, 13))).toBe("30820135020101040004 82012c".replace(" ", ""));
    expect(der.length).toBe(4 + 3 + 2 + 4 + 300);
  });

  test.prop([fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })])(
    "holds the number as a non-negative integer without idle bytes",
    (number) => {
      const der = blockHeaderDer({ number, previousHash: NO_BYTES, dataHash: NO_BYTES });
      const integer = der.subarray(4, 4 + der[3]!);
      expect(BigInt(`0x${toHex(integer)}`)).toBe(number);
      expect(integer[0]).toBeLessThan(0x80);
      expect(integer.length === 1 || integer[0] !== 0 || integer[1]! >= 0x80).toBe(true);
    },
  );

  test.prop([fc.nat(70_000)])("is the same for a number and a bigint", (number) => {
    const header = { previousHash: NO_BYTES, dataHash: NO_BYTES };
    expect(blockHeaderDer({ ...header, number })).toEqual(
      blockHeaderDer({ ...header, number: BigInt(number) }),
    );
  });

  test.each([-1n, 2n ** 64n])("does not exist for block %d", (number) => {
    const header = { number, previousHash: NO_BYTES, dataHash: NO_BYTES };
    expect(() => blockHeaderDer(header)).toThrow(InvariantViolation);
  });
});

test.prop([fc.array(fc.uint8Array())])("the data hash covers the plain concatenation", (data) => {
  const expected = createHash("sha256").update(Buffer.concat(data)).digest("hex");
  expect(toHex(blockDataHash(data))).toBe(expected);
});

describe("block metadata", () => {
  test("starts as five empty entries that are present on the wire", () => {
    expect(toHex(encode(BlockMetadata, emptyBlockMetadata()))).toBe("0a000a000a000a000a00");
  });

  test("uses the positions of the schema", () => {
    expect(BLOCK_METADATA).toEqual({
      signatures: BlockMetadataIndex.SIGNATURES,
      lastConfig: BlockMetadataIndex.LAST_CONFIG,
      transactionsFilter: BlockMetadataIndex.TRANSACTIONS_FILTER,
      orderer: BlockMetadataIndex.ORDERER,
      commitHash: BlockMetadataIndex.COMMIT_HASH,
    });
  });
});
