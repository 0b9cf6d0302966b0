import { fc, test as propertyTest } from "@fast-check/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { filteredBlock } from "../../../../src/delivery/index.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import {
  BLOCK_METADATA,
  ChaincodeEvent,
  TxValidationCode,
  encode,
  type Block,
} from "../../../../src/wire/index.ts";
import { blockAfter } from "../../../support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../../support/sample-channel.ts";
import { sampleTransaction, transactionIdOf } from "../../../support/sample-transactions.ts";

const GARBAGE = new Uint8Array([0xff]);

let sample: SampleChannel;

beforeAll(async () => {
  sample = await sampleChannel();
});

function withEvent(nonce: string, chaincodeId: string): Promise<Uint8Array> {
  const event = { chaincodeId, txId: "t", eventName: "made", payload: utf8("secret") };
  return sampleTransaction({
    creator: sample.org1.client,
    endorsers: [],
    nonce,
    chaincodeAction: (action) => ({ ...action, events: encode(ChaincodeEvent, event) }),
  });
}

function blockOf(data: readonly Uint8Array[], codes: readonly number[]): Block {
  const block = blockAfter(sample.genesis, data);
  block.metadata!.metadata[BLOCK_METADATA.transactionsFilter] = Uint8Array.from(codes);
  return block;
}

describe("a filtered block", () => {
  test("names events and drops what they carry", async () => {
    const block = blockOf([await withEvent("1", "cc")], [TxValidationCode.VALID]);
    const creator = sample.org1.client;
    expect(filteredBlock(block, CHANNEL_ID)).toEqual({
      channelId: CHANNEL_ID,
      number: 1,
      filteredTransactions: [
        {
          txid: transactionIdOf({ creator, nonce: "1" }),
          type: 3,
          txValidationCode: TxValidationCode.VALID,
          data: {
            $case: "transactionActions",
            value: {
              chaincodeActions: [
                {
                  chaincodeEvent: {
                    chaincodeId: "cc",
                    txId: "t",
                    eventName: "made",
                    payload: new Uint8Array(0),
                  },
                },
              ],
            },
          },
        },
      ],
    });
  });

  test("leaves out events without a chaincode and transactions that cannot be read", async () => {
    const spoiled = await sampleTransaction({
      creator: sample.org1.client,
      endorsers: [],
      nonce: "3",
      data: () => GARBAGE,
    });
    const data = [GARBAGE, await withEvent("2", ""), spoiled];
    const codes = [TxValidationCode.INVALID_OTHER_REASON, 0, TxValidationCode.BAD_PAYLOAD];
    const { filteredTransactions } = filteredBlock(blockOf(data, codes), CHANNEL_ID);
    const empty = { $case: "transactionActions", value: { chaincodeActions: [] } };
    expect(filteredTransactions.map(({ txValidationCode }) => txValidationCode)).toEqual([0, 2]);
    expect(filteredTransactions.map((transaction) => transaction.data)).toEqual([empty, empty]);
  });

  test("of configuration has no actions", () => {
    const [transaction] = filteredBlock(sample.genesis, CHANNEL_ID).filteredTransactions;
    expect(transaction).toMatchObject({ type: 1, data: undefined });
    expect(transaction?.txValidationCode).toBe(TxValidationCode.NOT_VALIDATED);
  });

  propertyTest.prop([fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 })])(
    "can be made of any bytes",
    (data) => {
      const { filteredTransactions } = filteredBlock(blockOf(data, []), CHANNEL_ID);
      expect(filteredTransactions.length).toBeLessThanOrEqual(data.length);
    },
  );
});
