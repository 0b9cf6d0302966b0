import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { BlockLayers } from "../../../../src/ledger/block-layers.ts";
import { withVerdicts } from "../../../../src/ledger/block-verdicts.ts";
import { TransactionLayers } from "../../../../src/ledger/core/transaction-layers.ts";
import { parseReadWriteSet } from "../../../../src/ledger/core/read-write-set.ts";
import {
  ChannelHeader,
  Envelope,
  Payload,
  SignatureHeader,
  create,
  encode,
  openEnvelope,
} from "../../../../src/wire/index.ts";
import { sampleResults, writesOf } from "../../../support/sample-transactions.ts";
import { endorserEnvelope, nextBlock } from "../block-builder.ts";

const GARBAGE = Uint8Array.of(0x0a, 0x7f);
const header = encode(ChannelHeader, create(ChannelHeader, { type: 3, channelId: "ch" }));
const signer = encode(SignatureHeader, create(SignatureHeader, { creator: utf8("me") }));
const part = fc.constantFrom(header, signer, GARBAGE, new Uint8Array(0));
const bytesOf = (channelHeader: Uint8Array, signatureHeader: Uint8Array): Uint8Array =>
  encode(Payload, create(Payload, { header: { channelHeader, signatureHeader } }));
const payload = fc.oneof(
  fc.tuple(part, part).map(([a, b]) => bytesOf(a, b)),
  fc.constant(GARBAGE),
);
const envelope = fc.oneof(
  payload.map((bytes) => encode(Envelope, { payload: bytes, signature: utf8("s") })),
  fc.uint8Array({ maxLength: 60 }),
);

describe("the layers of a transaction", () => {
  test.prop([envelope])("open as the envelope does", (bytes) => {
    expect(new TransactionLayers(bytes).opening).toEqual(openEnvelope(bytes));
  });

  test("are decoded once", () => {
    const results = sampleResults(writesOf("cc", "key"));
    const layers = new TransactionLayers(endorserEnvelope({ txId: "t", results }));
    const read = (): readonly unknown[] => [
      layers.envelope,
      layers.payload,
      layers.channelHeader,
      layers.transaction,
      layers.actionPayload,
      layers.responsePayload,
      layers.chaincodeAction,
      layers.readWriteSet,
    ];
    const first = read();
    expect(first).not.toContain(undefined);
    expect(read().every((layer, index) => layer === first[index])).toBe(true);
    expect(layers.readWriteSet).toEqual(parseReadWriteSet(results));
  });

  test.prop([fc.uint8Array({ maxLength: 60 })])("are absent where they do not read", (bytes) => {
    const layers = new TransactionLayers(bytes);
    expect(() => [layers.signatureHeader, layers.readWriteSet]).not.toThrow();
  });
});

describe("the layers of blocks", () => {
  const block = nextBlock(undefined, [utf8("one"), utf8("two")]);

  test("are those of the block's data, with verdicts or without", () => {
    const layers = new BlockLayers();
    expect(layers.of(block).map(({ bytes }) => bytes)).toEqual(block.data!.data);
    const stored = withVerdicts(block, Uint8Array.of(0, 0), utf8("hash"));
    expect(layers.of(stored)).toBe(layers.of(block));
  });

  test("are other ones for other data, though it be equal", () => {
    const layers = new BlockLayers();
    expect(layers.of(nextBlock(undefined, [utf8("one")]))).not.toBe(layers.of(block));
    const copy = { ...block, data: { data: [...block.data!.data] } };
    expect(layers.of(copy)).not.toBe(layers.of(block));
  });

  test("are none where there is no data", () => {
    expect(new BlockLayers().of({ data: undefined })).toEqual([]);
  });
});
