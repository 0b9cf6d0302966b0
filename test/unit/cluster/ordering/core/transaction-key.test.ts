import { describe, expect, test } from "vitest";
import { assert } from "../../../../../src/kernel/assert.ts";
import { utf8 } from "../../../../../src/kernel/bytes.ts";
import {
  ChannelHeader,
  Envelope,
  HeaderType,
  Payload,
  SignatureHeader,
  create,
  encode,
  openEnvelope,
  transactionId,
} from "../../../../../src/wire/index.ts";
import { transactionKey } from "../../../../../cluster/ordering/core/transaction-key.ts";

const NONCE = utf8("nonce");
const ALICE = utf8("alice");
const ID = transactionId(NONCE, ALICE);

interface Parts {
  readonly type?: number;
  readonly txId?: string;
  readonly creator?: Uint8Array;
  readonly data?: string;
  readonly signature?: string;
}

function envelope({ type, txId, creator, data, signature }: Parts): Uint8Array {
  const channelHeader = encode(
    ChannelHeader,
    create(ChannelHeader, { type: type ?? HeaderType.ENDORSER_TRANSACTION, txId: txId ?? ID }),
  );
  const signatureHeader = encode(SignatureHeader, { creator: creator ?? ALICE, nonce: NONCE });
  const header = { channelHeader, signatureHeader };
  return encode(Envelope, {
    payload: encode(Payload, { header, data: utf8(data ?? "d") }),
    signature: utf8(signature ?? "s"),
  });
}

describe("the key of a transaction", () => {
  test("is its id, whatever else the envelope holds", () => {
    expect(transactionKey(envelope({}))).toBe(ID);
    expect(transactionKey(envelope({ data: "other", signature: "other" }))).toBe(ID);
  });

  test("is never an id that another creator could claim", () => {
    const key = transactionKey(envelope({ creator: utf8("mallory") }));
    expect(key).not.toBe(ID);
    expect(key).toMatch(/^envelope [0-9a-f]{64}$/);
  });

  test("is the hash of the bytes where ids do not count", () => {
    for (const parts of [{ type: HeaderType.MESSAGE }, { txId: "" }, { txId: "x".repeat(64) }]) {
      const key = transactionKey(envelope(parts));
      expect(key).toMatch(/^envelope /);
      expect(transactionKey(envelope(parts))).toBe(key);
      expect(transactionKey(envelope({ ...parts, signature: "other" }))).not.toBe(key);
    }
    expect(transactionKey(utf8("no envelope at all"))).toMatch(/^envelope /);
  });

  test("is the same for an envelope that was read already", () => {
    for (const parts of [{}, { txId: "" }, { creator: utf8("mallory") }, { type: 99 }]) {
      const reading = openEnvelope(envelope(parts));
      assert(reading.kind === "opened", "it is well formed");
      expect(transactionKey(reading.opened)).toBe(transactionKey(envelope(parts)));
    }
  });
});
