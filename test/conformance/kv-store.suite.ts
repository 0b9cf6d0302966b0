import { fc, test as property } from "@fast-check/vitest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compareBytes, toHex } from "../../src/kernel/bytes.ts";
import type { KvRange, KvReader, KvStore, KvWrite } from "../../src/kernel/ports/kv-store.ts";

/** A store under test, empty. `reopen` closes it and opens what it left. */
export interface KvStoreFixture {
  readonly store: KvStore;
  reopen(): Promise<KvStore>;
  close(): Promise<void>;
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

function read(reader: KvReader, range: KvRange): readonly string[] {
  return [...reader.range(range)].map(({ key, value }) => `${toHex(key)}=${toHex(value)}`);
}

// Keys up to well beyond what a B-tree page takes, many of them with a long beginning in common.
const longHead = new Uint8Array(1_960).fill(0x61);
const anyKey = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3 }),
  fc.uint8Array({ minLength: 1, maxLength: 4 }).map((tail) => {
    const key = new Uint8Array(longHead.length + tail.length);
    key.set(longHead);
    key.set(tail, longHead.length);
    return key;
  }),
  fc.integer({ min: 1_900, max: 2_100 }).map((length) => new Uint8Array(length).fill(0x61)),
);

/** What every implementation of `KvStore` does, the real one and the one in memory. */
export function kvStoreSuite(name: string, make: () => Promise<KvStoreFixture>): void {
  describe(`kv store: ${name}`, () => {
    let fixture: KvStoreFixture;
    let store: KvStore;
    beforeEach(async () => {
      fixture = await make();
      store = fixture.store;
    });
    afterEach(async () => {
      await fixture.close();
    });

    test("a key that was never written has no value", () => {
      expect(store.get(bytes(1))).toBeUndefined();
    });

    test("an empty value is a value", async () => {
      await store.write([{ key: bytes(1), value: bytes() }]);
      expect(store.get(bytes(1))).toEqual(bytes());
    });

    test("values are plain byte arrays that the caller may keep", async () => {
      await store.write([{ key: bytes(1), value: bytes(7) }]);
      const value = store.get(bytes(1));
      await store.write([{ key: bytes(1), value: bytes(8) }]);
      store.get(bytes(1));
      expect(value).toStrictEqual(bytes(7));
      expect([...store.range({ start: bytes(0) })]).toStrictEqual([
        { key: bytes(1), value: bytes(8) },
      ]);
    });

    test("the last write of a batch to a key wins", async () => {
      await store.write([
        { key: bytes(1), value: bytes(1) },
        { key: bytes(1), value: undefined },
        { key: bytes(2), value: undefined },
        { key: bytes(2), value: bytes(2) },
      ]);
      expect(read(store, { start: bytes(0) })).toEqual(["02=02"]);
    });

    test("an empty batch is written", async () => {
      await store.write([]);
      expect(read(store, { start: bytes(0) })).toEqual([]);
    });

    test("a range starts at its start and ends before its end, either way round", async () => {
      await store.write([1, 2, 3, 4].map((n) => ({ key: bytes(n), value: bytes(n) })));
      const range = { start: bytes(2), end: bytes(4) };
      expect(read(store, range)).toEqual(["02=02", "03=03"]);
      expect(read(store, { ...range, reverse: true })).toEqual(["03=03", "02=02"]);
      expect(read(store, { start: bytes(3) })).toEqual(["03=03", "04=04"]);
      expect(read(store, { start: bytes(3), reverse: true })).toEqual(["04=04", "03=03"]);
      expect(read(store, { start: bytes(4), end: bytes(2) })).toEqual([]);
    });

    test("a range may be abandoned", async () => {
      await store.write([1, 2, 3].map((n) => ({ key: bytes(n), value: bytes(n) })));
      for (const { key } of store.range({ start: bytes(0) })) {
        expect(key).toEqual(bytes(1));
        break;
      }
      await store.write([{ key: bytes(4), value: bytes(4) }]);
      expect(read(store, { start: bytes(4) })).toEqual(["04=04"]);
    });

    test("a snapshot does not see later writes", async () => {
      await store.write([{ key: bytes(1), value: bytes(1) }]);
      const snapshot = store.snapshot();
      await store.write([
        { key: bytes(1), value: undefined },
        { key: bytes(2), value: bytes(2) },
      ]);
      expect(read(snapshot, { start: bytes(0) })).toEqual(["01=01"]);
      expect(snapshot.get(bytes(2))).toBeUndefined();
      expect(read(store, { start: bytes(0) })).toEqual(["02=02"]);
      snapshot.close();
      snapshot.close();
    });

    test("a range of a snapshot does not see writes made while it is read", async () => {
      await store.write([1, 2, 3].map((n) => ({ key: bytes(n), value: bytes(n) })));
      const snapshot = store.snapshot();
      const seen: number[] = [];
      for (const { key } of snapshot.range({ start: bytes(0) })) {
        seen.push(key[0]!);
        await store.write([{ key: bytes(key[0]! + 1), value: undefined }]);
      }
      expect(seen).toEqual([1, 2, 3]);
      snapshot.close();
    });

    test("what was written is there after reopening", async () => {
      await store.write([{ key: bytes(5), value: bytes(6) }]);
      store = await fixture.reopen();
      expect(store.get(bytes(5))).toEqual(bytes(6));
    });

    property.prop(
      [
        fc.array(fc.tuple(anyKey, fc.option(fc.uint8Array({ maxLength: 4 }), { nil: undefined })), {
          maxLength: 20,
        }),
        anyKey,
        fc.option(anyKey, { nil: undefined }),
        fc.boolean(),
      ],
      { numRuns: 40 },
    )("agrees with a sorted list, long keys included", async (pairs, start, end, reverse) => {
      await store.write(
        [...store.range({ start: bytes(0) })].map(({ key }) => ({ key, value: undefined })),
      );
      const batch: KvWrite[] = pairs.map(([key, value]) => ({ key, value }));
      await store.write(batch);
      const model = new Map<string, { key: Uint8Array; value: Uint8Array }>();
      for (const { key, value } of batch) {
        if (value === undefined) model.delete(toHex(key));
        else model.set(toHex(key), { key, value });
      }
      const expected = [...model.values()]
        .filter(({ key }) => compareBytes(key, start) >= 0)
        .filter(({ key }) => end === undefined || compareBytes(key, end) < 0)
        .sort((a, b) => compareBytes(a.key, b.key))
        .map(({ key, value }) => `${toHex(key)}=${toHex(value)}`);
      const range = end === undefined ? { start, reverse } : { start, end, reverse };
      expect(read(store, range)).toEqual(reverse ? expected.reverse() : expected);
      for (const { key, value } of model.values()) expect(store.get(key)).toEqual(value);
    });
  });
}
