import { describe, expect, test } from "vitest";
import { sha256 } from "../../../../src/crypto/index.ts";
import { EMPTY_BYTES, concatBytes, toHex, utf8 } from "../../../../src/kernel/bytes.ts";
import { BlockUpdates } from "../../../../src/ledger/core/block-updates.ts";
import { commitHash } from "../../../../src/ledger/core/commit-hash.ts";
import { bytesField, numberField, textField } from "./proto-bytes.ts";

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

function update(txNumber: number, value: string | undefined) {
  return {
    version: { blockNumber: 260, txNumber },
    value: value === undefined ? undefined : utf8(value),
    metadata: utf8("not covered"),
  };
}

describe("the commit hash", () => {
  test("covers filter, sorted public and hashed writes, and its predecessor", () => {
    const updates = new BlockUpdates();
    updates.setPublic("ns2", "k", update(3, "v"));
    updates.setPublic("ns1", "\u{10000}", update(0, "high"));
    updates.setPublic("ns1", "\uffff", update(1, undefined));
    updates.setPublic("", "CHANNEL_CONFIG_ENV_BYTES", update(2, "config"));
    updates.setHashed("ns1", "collB", bytes(1), update(0, "h1"));
    updates.setHashed("ns1", "collA", bytes(255), update(0, "h2"));
    updates.setHashed("ns1", "collA", bytes(16), update(0, undefined));
    updates.setHashed("ns3", "coll", bytes(9), update(300, "h3"));
    const version = (...tx: readonly number[]): Uint8Array => bytesField(6, bytes(2, 1, 4, ...tx));
    const write = (...parts: readonly Uint8Array[]): Uint8Array => bytesField(1, ...parts);
    const marshalled = concatBytes(
      write(textField(1, "ns1"), bytesField(3, utf8("\uffff")), numberField(4, 1), version(1, 1)),
      write(bytesField(3, utf8("\u{10000}")), bytesField(5, utf8("high")), version(0)),
      write(textField(2, "collA"), bytesField(3, bytes(16)), numberField(4, 1), version(0)),
      write(bytesField(3, bytes(255)), bytesField(5, utf8("h2")), version(0)),
      write(textField(2, "collB"), bytesField(3, bytes(1)), bytesField(5, utf8("h1")), version(0)),
      write(textField(1, "ns2"), bytesField(3, utf8("k")), bytesField(5, utf8("v")), version(1, 3)),
      write(
        textField(1, "ns3"),
        textField(2, "coll"),
        bytesField(3, bytes(9)),
        bytesField(5, utf8("h3")),
        version(2, 1, 44),
      ),
    );
    const filter = bytes(0, 11, 0);
    const previous = sha256(utf8("previous"));
    expect(toHex(commitHash(filter, updates, previous))).toBe(
      toHex(sha256(concatBytes(bytes(3), filter, marshalled, previous))),
    );
  });

  test("of a long filter gives its length as a varint of two bytes", () => {
    const filter = new Uint8Array(300);
    expect(commitHash(filter, new BlockUpdates(), EMPTY_BYTES)).toEqual(
      sha256(concatBytes(bytes(0xac, 0x02), filter)),
    );
  });
});
