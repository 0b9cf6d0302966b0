import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { parseReadWriteSet, readTransactions } from "../../../../src/ledger/index.ts";
import { ChaincodeAction, HeaderType, create } from "../../../../src/wire/index.ts";
import { configEnvelope, endorserEnvelope, envelope, nextBlock } from "../block-builder.ts";

const readOne = (bytes: Uint8Array) => readTransactions(nextBlock(undefined, [bytes]))[0]!;

test("an endorsed transaction is read down to its action", () => {
  const reading = readOne(endorserEnvelope({ txId: "t", results: utf8("r") }));
  expect(reading).toMatchObject({ index: 0, txId: "t", type: HeaderType.ENDORSER_TRANSACTION });
  expect(reading.content).toMatchObject({
    kind: "endorsement",
    action: create(ChaincodeAction, {
      results: utf8("r"),
      chaincodeId: { name: "cc", version: "1.0" },
    }),
  });
});

test("what does not read is marked by how far it read", () => {
  expect(readOne(utf8("\u00ff"))).toMatchObject({ txId: "", type: -1, content: { kind: "other" } });
  expect(readOne(envelope(HeaderType.ENDORSER_TRANSACTION, "t", utf8("?"))).content).toMatchObject({
    kind: "endorsement",
    action: undefined,
  });
  expect(readOne(envelope(HeaderType.MESSAGE, "t", utf8("?"))).content).toEqual({ kind: "other" });
  expect(readOne(configEnvelope("t", utf8("c"))).content).toEqual({
    kind: "config",
    config: utf8("c"),
  });
});

const whole = endorserEnvelope({ txId: "t", results: utf8("results that are long enough") });

property.prop([fc.nat(whole.length - 1), fc.nat(255), fc.boolean()])(
  "a spoilt or cut envelope is read or marked, never thrown at",
  (at, byte, isCut) => {
    const spoilt = isCut ? whole.slice(0, at) : whole.slice();
    if (!isCut) spoilt[at] = byte;
    const { content } = readOne(spoilt);
    if (content.kind === "endorsement" && content.action !== undefined) {
      parseReadWriteSet(content.action.results);
    }
  },
);

property.prop([fc.uint8Array({ maxLength: 300 })])("random bytes are read or marked", (bytes) => {
  expect(readOne(bytes).index).toBe(0);
});
