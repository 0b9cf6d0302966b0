import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../../../src/crypto/index.ts";
import { concatBytes, toHex, utf8 } from "../../../../src/kernel/bytes.ts";
import { ReadWriteSetBuilder } from "../../../../src/ledger/core/read-write-set-builder.ts";
import { parsePrivateSets, parseReadWriteSet } from "../../../../src/ledger/core/read-write-set.ts";
import { bytesField, numberField, textField, versionField } from "./proto-bytes.ts";

const at = (blockNumber: number, txNumber: number) => ({ blockNumber, txNumber });

describe("a read-write set", () => {
  test("has the bytes that its definition gives", () => {
    const builder = new ReadWriteSetBuilder();
    builder.addWrite("b", "k2", utf8("v2"));
    builder.addWrite("b", "k1", utf8("old"));
    builder.addWrite("b", "k1", undefined);
    builder.addRead("b", "k2", undefined);
    builder.addRead("b", "k1", at(300, 0));
    builder.addRead("a", "x", at(0, 7));
    builder.addMetadataWrite(
      "b",
      "k1",
      new Map([
        ["z", utf8("2")],
        ["VALIDATION_PARAMETER", utf8("1")],
      ]),
    );
    const kvOfB = concatBytes(
      bytesField(1, textField(1, "k1"), versionField(2, 300, 0)),
      bytesField(1, textField(1, "k2")),
      bytesField(3, textField(1, "k1"), numberField(2, 1)),
      bytesField(3, textField(1, "k2"), bytesField(3, utf8("v2"))),
      bytesField(
        4,
        textField(1, "k1"),
        bytesField(2, textField(1, "VALIDATION_PARAMETER"), bytesField(2, utf8("1"))),
        bytesField(2, textField(1, "z"), bytesField(2, utf8("2"))),
      ),
    );
    const expected = concatBytes(
      bytesField(
        2,
        textField(1, "a"),
        bytesField(2, bytesField(1, textField(1, "x"), versionField(2, 0, 7))),
      ),
      bytesField(2, textField(1, "b"), bytesField(2, kvOfB)),
    );
    const { publicBytes, privateBytes, writtenNamespaces } = builder.build();
    expect(toHex(publicBytes)).toBe(toHex(expected));
    expect(privateBytes).toBeUndefined();
    expect(writtenNamespaces).toEqual([{ namespace: "b", isPublic: true, collections: [] }]);
  });

  test("hashes what is private, in the order of the raw keys", () => {
    const builder = new ReadWriteSetBuilder();
    const coll = "_implicit_org_Org1MSP";
    builder.addPrivateWrite("cc", coll, "key2", utf8("secret"));
    builder.addPrivateWrite("cc", coll, "key10", undefined);
    builder.addPrivateMetadataWrite("cc", coll, "key2", new Map([["m", utf8("1")]]));
    builder.addHashedRead("cc", coll, "key2", at(5, 1));
    builder.addHashedRead("cc", "other", "k", undefined);
    builder.addPrivateRead("cc", "other");
    const hash = (text: string): Uint8Array => sha256(utf8(text));
    const privateSet = concatBytes(
      bytesField(3, textField(1, "key10"), numberField(2, 1)),
      bytesField(3, textField(1, "key2"), bytesField(3, utf8("secret"))),
      bytesField(4, textField(1, "key2")),
    );
    const hashedSet = concatBytes(
      bytesField(1, bytesField(1, hash("key2")), versionField(2, 5, 1)),
      bytesField(2, bytesField(1, hash("key10")), numberField(2, 1)),
      bytesField(2, bytesField(1, hash("key2")), bytesField(3, hash("secret"))),
      bytesField(
        3,
        bytesField(1, hash("key2")),
        bytesField(2, textField(1, "m"), bytesField(2, utf8("1"))),
      ),
    );
    const expected = bytesField(
      2,
      textField(1, "cc"),
      bytesField(
        3,
        textField(1, coll),
        bytesField(2, hashedSet),
        bytesField(3, sha256(privateSet)),
      ),
      bytesField(3, textField(1, "other"), bytesField(2, bytesField(1, bytesField(1, hash("k"))))),
    );
    const results = builder.build();
    expect(toHex(results.publicBytes)).toBe(toHex(expected));
    expect(toHex(results.privateBytes!)).toBe(
      toHex(
        bytesField(
          2,
          textField(1, "cc"),
          bytesField(2, textField(1, coll), bytesField(2, privateSet)),
        ),
      ),
    );
    expect(results.writtenNamespaces).toEqual([
      { namespace: "cc", isPublic: false, collections: [coll] },
    ]);
    expect(results.privateReads).toEqual([{ namespace: "cc", collections: ["other"] }]);
  });

  test("an empty value is a delete, also a private one", () => {
    const builder = new ReadWriteSetBuilder();
    builder.addWrite("cc", "k", new Uint8Array(0));
    builder.addPrivateWrite("cc", "c", "k", new Uint8Array(0));
    builder.addPrivateWrite("cc", "c", "p", undefined, true);
    const [set] = parseReadWriteSet(builder.build().publicBytes)!;
    expect(set!.kv.writes[0]).toMatchObject({ isDelete: true });
    expect(set!.collections[0]!.hashed.hashedWrites).toEqual([
      { keyHash: sha256(utf8("k")), isDelete: true, valueHash: new Uint8Array(0), isPurge: false },
      { keyHash: sha256(utf8("p")), isDelete: true, valueHash: new Uint8Array(0), isPurge: true },
    ]);
  });

  test("keys sort by their UTF-8 bytes, not by UTF-16 units", () => {
    const builder = new ReadWriteSetBuilder();
    for (const key of ["\u{10000}", "\uffff", "a"]) builder.addWrite("cc", key, utf8("v"));
    const [set] = parseReadWriteSet(builder.build().publicBytes)!;
    expect(set!.kv.writes.map(({ key }) => key)).toEqual(["a", "\uffff", "\u{10000}"]);
  });

  test("equal range queries are recorded once, in the order in which they were begun", () => {
    const builder = new ReadWriteSetBuilder();
    const query = (startKey: string) => ({
      startKey,
      endKey: "z",
      itrExhausted: true,
      readsInfo: undefined,
    });
    for (const start of ["c", "a", "c"]) builder.addRangeQuery("cc", query(start));
    const [set] = parseReadWriteSet(builder.build().publicBytes)!;
    expect(set!.kv.rangeQueriesInfo.map(({ startKey }) => startKey)).toEqual(["c", "a"]);
  });

  const operation = fc.record({
    kind: fc.constantFrom("read", "write", "hashedRead", "privateWrite", "metadata"),
    namespace: fc.constantFrom("n1", "n2"),
    collection: fc.constantFrom("c1", "c2"),
    key: fc.string({ unit: "binary", maxLength: 3 }),
    value: fc.uint8Array({ maxLength: 2 }),
  });
  const distinct = fc.uniqueArray(operation, {
    selector: ({ kind, namespace, collection, key }) =>
      JSON.stringify([
        kind,
        namespace,
        kind === "hashedRead" || kind === "privateWrite" ? collection : "",
        key,
      ]),
  });

  property.prop([
    distinct.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    ),
  ])("does not depend on the order of operations on different keys", ([list, shuffled]) => {
    const build = (operations: typeof list) => {
      const builder = new ReadWriteSetBuilder();
      for (const { kind, namespace, collection, key, value } of operations) {
        if (kind === "read") builder.addRead(namespace, key, at(value.length, 1));
        if (kind === "write") builder.addWrite(namespace, key, value);
        if (kind === "hashedRead") builder.addHashedRead(namespace, collection, key, undefined);
        if (kind === "privateWrite") builder.addPrivateWrite(namespace, collection, key, value);
        if (kind === "metadata") builder.addMetadataWrite(namespace, key, new Map([["m", value]]));
      }
      return builder.build();
    };
    const one = build(list);
    expect(build(shuffled)).toEqual(one);
    expect(parseReadWriteSet(one.publicBytes)).toBeDefined();
    if (one.privateBytes !== undefined) expect(parsePrivateSets(one.privateBytes)).toBeDefined();
  });

  property.prop([fc.uint8Array({ maxLength: 200 })])(
    "random bytes are refused or read, never thrown at",
    (bytes) => {
      parseReadWriteSet(bytes);
      parsePrivateSets(bytes);
    },
  );
});
