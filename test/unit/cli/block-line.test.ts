import { describe, expect, test } from "vitest";
import { formatBlock, summarizeBlock } from "../../../src/cli/block-line.ts";
import {
  BLOCK_METADATA,
  Block,
  ChannelHeader,
  Envelope,
  HeaderType,
  Payload,
  TxValidationCode,
  create,
  emptyBlockMetadata,
  encode,
} from "../../../src/wire/index.ts";

function envelope(type: number, txId: string): Uint8Array {
  const channelHeader = create(ChannelHeader, { type, txId, channelId: "mychannel" });
  const payload = create(Payload, {
    header: { channelHeader: encode(ChannelHeader, channelHeader) },
  });
  return encode(Envelope, create(Envelope, { payload: encode(Payload, payload) }));
}

function block(data: readonly Uint8Array[], codes: readonly number[]): Block {
  const metadata = emptyBlockMetadata();
  metadata.metadata[BLOCK_METADATA.transactionsFilter] = new Uint8Array(codes);
  return create(Block, { header: { number: 12 }, data: { data: [...data] }, metadata });
}

const { VALID, MVCC_READ_CONFLICT, BAD_PAYLOAD } = TxValidationCode;

describe("a block in one line", () => {
  test("counts its transactions, and gives the reasons of invalid ones once each", () => {
    const { ENDORSER_TRANSACTION } = HeaderType;
    const data = ["a", "b", "c", "d"].map((txId) => envelope(ENDORSER_TRANSACTION, txId));
    const codes = [VALID, MVCC_READ_CONFLICT, MVCC_READ_CONFLICT, BAD_PAYLOAD];
    const summary = summarizeBlock(block(data, codes));
    expect(summary.transactions.map(({ id, code }) => [id, code])).toEqual([
      ["a", "VALID"],
      ["b", "MVCC_READ_CONFLICT"],
      ["c", "MVCC_READ_CONFLICT"],
      ["d", "BAD_PAYLOAD"],
    ]);
    expect(formatBlock(summary)).toBe(
      "#12  mychannel  4 tx  ✔1  ✖3 MVCC_READ_CONFLICT,BAD_PAYLOAD  endorser_transaction",
    );
  });

  test("says nothing of reasons when all are valid", () => {
    const summary = summarizeBlock(block([envelope(HeaderType.CONFIG, "")], [VALID]));
    expect(formatBlock(summary)).toBe("#12  mychannel  1 tx  ✔1  config");
  });

  test("is made of junk too: an orderer may put any bytes into a block", () => {
    const summary = summarizeBlock(
      block([new Uint8Array([0xff]), envelope(99, "x")], [BAD_PAYLOAD]),
    );
    expect(summary.transactions).toEqual([
      { id: "", type: "unknown", chaincode: undefined, code: "BAD_PAYLOAD" },
      { id: "x", type: "unknown", chaincode: undefined, code: "NOT_VALIDATED" },
    ]);
  });

  test("is made of a block with nothing in it", () => {
    const empty = summarizeBlock(create(Block, {}));
    expect(empty).toEqual({ number: 0, channelId: "", transactions: [] });
  });
});
