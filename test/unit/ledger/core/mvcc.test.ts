import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../../../src/crypto/index.ts";
import { EMPTY_BYTES, compareUtf8, toHex, utf8 } from "../../../../src/kernel/bytes.ts";
import type { CommittedState } from "../../../../src/ledger/core/committed-state.ts";
import { replayWrites, validateReads } from "../../../../src/ledger/core/mvcc.ts";
import { RangeDigest } from "../../../../src/ledger/core/range-digest.ts";
import type { ReadWriteSet } from "../../../../src/ledger/core/read-write-set.ts";
import { type StateEntry, marshalMetadata } from "../../../../src/ledger/core/state-entry.ts";
import {
  type HashedRWSet,
  type KVRWSet,
  type RangeQueryInfo,
  TxValidationCode,
} from "../../../../src/wire/index.ts";

const BLOCK = 9;

class MapState implements CommittedState {
  readonly entries = new Map<string, StateEntry>();
  readonly hashed = new Map<string, StateEntry>();

  publicEntry(_: string, key: string): StateEntry | undefined {
    return this.entries.get(key);
  }

  hashedEntry(_: string, collection: string, keyHash: Uint8Array): StateEntry | undefined {
    return this.hashed.get(`${collection}/${toHex(keyHash)}`);
  }

  *publicRows(_: string, start: string, end: string) {
    for (const [key, { version }] of [...this.entries].sort(([a], [b]) => compareUtf8(a, b))) {
      if (compareUtf8(key, start) >= 0 && (end === "" || compareUtf8(key, end) < 0)) {
        yield { key, version };
      }
    }
  }
}

function stateOf(keys: Readonly<Record<string, number>>): MapState {
  const state = new MapState();
  for (const [key, blockNumber] of Object.entries(keys)) {
    state.entries.set(key, {
      version: { blockNumber, txNumber: 0 },
      value: utf8(`${key}@${blockNumber}`),
      metadata: EMPTY_BYTES,
    });
  }
  return state;
}

function setOf(kv: Partial<KVRWSet>, hashed: Partial<HashedRWSet> = {}): ReadWriteSet {
  return [
    {
      namespace: "cc",
      kv: { reads: [], rangeQueriesInfo: [], writes: [], metadataWrites: [], ...kv },
      collections: [
        {
          collection: "coll",
          hashed: { hashedReads: [], hashedWrites: [], metadataWrites: [], ...hashed },
          privateSetHash: EMPTY_BYTES,
        },
      ],
    },
  ];
}

const read = (key: string, block: number | undefined) => ({
  key,
  version: block === undefined ? undefined : { blockNum: block, txNum: 0 },
});
const put = (key: string, value = "new") => ({ key, isDelete: false, value: utf8(value) });
const remove = (key: string) => ({ key, isDelete: true, value: EMPTY_BYTES });
const policy = (key: string) => ({
  key,
  entries: [{ name: "VALIDATION_PARAMETER", value: utf8("p") }],
});

function codesOf(state: CommittedState, sets: readonly ReadWriteSet[]): readonly number[] {
  const candidates = sets.map((set, index) => ({ index, set }));
  const { conflicts } = validateReads(BLOCK, candidates, state);
  return sets.map((_, index) => conflicts.get(index) ?? TxValidationCode.VALID);
}

const { VALID, MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT } = TxValidationCode;

function range(
  startKey: string,
  endKey: string,
  rows: readonly (readonly [string, number])[],
  itrExhausted = true,
): RangeQueryInfo {
  const kvReads = rows.map(([key, block]) => read(key, block));
  return { startKey, endKey, itrExhausted, readsInfo: { $case: "rawReads", value: { kvReads } } };
}

describe("a read conflicts", () => {
  test.each([
    ["when the version is another", [setOf({ reads: [read("a", 2)] })], [MVCC_READ_CONFLICT]],
    ["when the key has gone", [setOf({ reads: [read("x", 1)] })], [MVCC_READ_CONFLICT]],
    ["when the key has come", [setOf({ reads: [read("a", undefined)] })], [MVCC_READ_CONFLICT]],
    ["not when nothing changed", [setOf({ reads: [read("a", 1), read("x", undefined)] })], [VALID]],
    [
      "when an earlier transaction of the block wrote the key",
      [setOf({ writes: [put("a")] }), setOf({ reads: [read("a", 1)] })],
      [VALID, MVCC_READ_CONFLICT],
    ],
    [
      "when an earlier transaction of the block deleted a key that was absent",
      [setOf({ writes: [remove("x")] }), setOf({ reads: [read("x", undefined)] })],
      [VALID, MVCC_READ_CONFLICT],
    ],
    [
      "when an earlier transaction of the block wrote its metadata",
      [setOf({ metadataWrites: [policy("a")] }), setOf({ reads: [read("a", 1)] })],
      [VALID, MVCC_READ_CONFLICT],
    ],
    [
      "not with the writes of an invalid transaction",
      [setOf({ reads: [read("a", 5)], writes: [put("b")] }), setOf({ reads: [read("b", 1)] })],
      [MVCC_READ_CONFLICT, VALID],
    ],
    [
      "not with the transaction's own writes",
      [setOf({ reads: [read("a", 1)], writes: [put("a")] })],
      [VALID],
    ],
    [
      "not with metadata written to a key that is not there",
      [setOf({ metadataWrites: [policy("x")] }), setOf({ reads: [read("x", undefined)] })],
      [VALID, VALID],
    ],
  ])("%s", (_, sets, codes) => {
    expect(codesOf(stateOf({ a: 1, b: 1 }), sets)).toEqual(codes);
  });

  test("on the hash of a private key, too", () => {
    const state = new MapState();
    const keyHash = sha256(utf8("p"));
    const hashedReads = [{ keyHash, version: { blockNum: 4, txNum: 0 } }];
    const hashedWrites = [{ keyHash, isDelete: false, valueHash: keyHash, isPurge: false }];
    expect(codesOf(state, [setOf({}, { hashedReads })])).toEqual([MVCC_READ_CONFLICT]);
    state.hashed.set(`coll/${toHex(keyHash)}`, {
      version: { blockNumber: 4, txNumber: 0 },
      value: keyHash,
      metadata: EMPTY_BYTES,
    });
    const sets = [
      setOf({}, { hashedReads }),
      setOf({}, { hashedWrites }),
      setOf({}, { hashedReads }),
    ];
    expect(codesOf(state, sets)).toEqual([VALID, VALID, MVCC_READ_CONFLICT]);
  });
});

describe("a range conflicts", () => {
  const abc = { a: 1, b: 1, c: 1 };
  test.each([
    [
      "not when it reads the same",
      range("a", "c", [
        ["a", 1],
        ["b", 1],
      ]),
      VALID,
    ],
    [
      "when a row has come",
      range("a", "d", [
        ["a", 1],
        ["c", 1],
      ]),
      PHANTOM_READ_CONFLICT,
    ],
    [
      "when a row has gone",
      range("a", "", [
        ["a", 1],
        ["b", 1],
        ["c", 1],
        ["d", 1],
      ]),
      PHANTOM_READ_CONFLICT,
    ],
    ["when a row has changed", range("a", "b", [["a", 2]]), PHANTOM_READ_CONFLICT],
    ["when nothing was read and something is there", range("a", "b", []), PHANTOM_READ_CONFLICT],
    ["not when nothing was read and nothing is there", range("d", "", []), VALID],
    [
      "and includes its end when the reader stopped there",
      range(
        "a",
        "b",
        [
          ["a", 1],
          ["b", 1],
        ],
        false,
      ),
      VALID,
    ],
    [
      "when that end has changed",
      range(
        "a",
        "b",
        [
          ["a", 1],
          ["b", 2],
        ],
        false,
      ),
      PHANTOM_READ_CONFLICT,
    ],
    ["not with what lies behind the end", range("", "a", [["a", 1]], false), VALID],
  ])("%s", (_, query, code) => {
    expect(codesOf(stateOf(abc), [setOf({ rangeQueriesInfo: [query] })])).toEqual([code]);
  });

  test.each([
    ["inserted", put("ab"), PHANTOM_READ_CONFLICT],
    ["rewritten", put("b"), PHANTOM_READ_CONFLICT],
    ["deleted", remove("b"), PHANTOM_READ_CONFLICT],
    ["deleted that was absent", remove("ab"), VALID],
    ["written behind the end", put("c"), VALID],
  ])("with a row that an earlier transaction of the block %s", (_, write, code) => {
    const query = range("a", "c", [
      ["a", 1],
      ["b", 1],
    ]);
    const sets = [setOf({ writes: [write] }), setOf({ rangeQueriesInfo: [query] })];
    expect(codesOf(stateOf(abc), sets)).toEqual([VALID, code]);
  });

  test("is found through the tree of hashes, and only then", () => {
    const keys = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${1_000 + i}`, 1]));
    const digest = new RangeDigest(50);
    for (const key of Object.keys(keys)) digest.add(read(key, 1));
    const query = { startKey: "", endKey: "", itrExhausted: true, readsInfo: digest.finish() };
    const sets = (write: string) => [
      setOf({ writes: [put(write)] }),
      setOf({ rangeQueriesInfo: [query] }),
    ];
    const state = stateOf(keys);
    expect(codesOf(state, [setOf({ rangeQueriesInfo: [query] })])).toEqual([VALID]);
    expect(codesOf(state, sets("k1000"))).toEqual([VALID, PHANTOM_READ_CONFLICT]);
    expect(codesOf(state, sets("k9"))).toEqual([VALID, PHANTOM_READ_CONFLICT]);
    const other = {
      ...query,
      readsInfo: {
        $case: "readsMerkleHashes" as const,
        value: { maxDegree: 1, maxLevel: 1, maxLevelHashes: [] },
      },
    };
    expect(codesOf(state, [setOf({ rangeQueriesInfo: [other] })])).toEqual([PHANTOM_READ_CONFLICT]);
  });
});

describe("writes", () => {
  const writesOf = (sets: readonly ReadWriteSet[], state = stateOf({ a: 1 })) =>
    replayWrites(
      BLOCK,
      sets.map((set, index) => ({ index, set })),
      state,
    );

  test("of a value keep the metadata, of metadata keep the value and lift the version", () => {
    const metadata = marshalMetadata(policy("a").entries);
    const updates = writesOf([
      setOf({ metadataWrites: [policy("a")] }),
      setOf({ writes: [put("a", "v2")] }),
    ]);
    expect(updates.publicUpdate("cc", "a")).toEqual({
      version: { blockNumber: BLOCK, txNumber: 1 },
      value: utf8("v2"),
      metadata,
    });
    const lifted = writesOf([setOf({ metadataWrites: [policy("a")] })]);
    expect(lifted.publicUpdate("cc", "a")).toEqual({
      version: { blockNumber: BLOCK, txNumber: 0 },
      value: utf8("a@1"),
      metadata,
    });
  });

  test("of metadata after a delete in the same block are dropped", () => {
    const updates = writesOf([
      setOf({ writes: [remove("a")] }),
      setOf({ metadataWrites: [policy("a")] }),
    ]);
    expect(updates.publicUpdate("cc", "a")).toMatchObject({
      version: { txNumber: 0 },
      value: undefined,
    });
  });

  test("without a value are deletes, hashed ones also with the hash of nothing", () => {
    const keyHash = sha256(utf8("p"));
    const hashedWrites = [{ keyHash, isDelete: false, valueHash: sha256(), isPurge: false }];
    const updates = writesOf([setOf({ writes: [put("a", "")] }, { hashedWrites })]);
    expect(updates.publicUpdate("cc", "a")).toMatchObject({ value: undefined });
    expect(updates.hashedUpdate("cc", "coll", keyHash)).toMatchObject({ value: undefined });
  });

  test("that a crafted set repeats come out as the sum of flags says", () => {
    // Two upserts add up to "metadata update": the value stays what it was.
    const updates = writesOf([setOf({ writes: [put("a", "x"), put("a", "y")] })]);
    expect(updates.publicUpdate("cc", "a")).toMatchObject({ value: utf8("a@1") });
    const absent = writesOf([setOf({ writes: [put("n", "x"), put("n", "y")] })]);
    expect(absent.publicUpdate("cc", "n")).toBeUndefined();
  });
});

const key = fc.constantFrom("a", "b", "c", "d", "\uffff", "\u{10000}");
const write = fc.record({
  key,
  isDelete: fc.boolean(),
  value: fc.constantFrom(utf8("1"), utf8("2")),
});
const transaction = fc.record({
  reads: fc.uniqueArray(fc.record({ key, isStale: fc.boolean() }), {
    selector: (r) => r.key,
    maxLength: 2,
  }),
  ranges: fc.array(
    fc.record({
      start: fc.oneof(key, fc.constant("")),
      end: fc.oneof(key, fc.constant("")),
      isStale: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  writes: fc.uniqueArray(write, { selector: (w) => w.key, maxLength: 3 }),
});

property.prop([fc.uniqueArray(key), fc.array(transaction, { maxLength: 6 })], { numRuns: 500 })(
  "a block is what a naive reading of the rules makes of it, one transaction after the other",
  (present, transactions) => {
    const state = stateOf(Object.fromEntries(present.map((name) => [name, 1])));
    const sorted = [...present].sort(compareUtf8);
    const within = (name: string, start: string, end: string): boolean =>
      compareUtf8(name, start) >= 0 && (end === "" || compareUtf8(name, end) < 0);
    const sets = transactions.map(({ reads, ranges, writes }) =>
      setOf({
        reads: reads.map(({ key: name, isStale }) =>
          read(name, isStale ? 7 : present.includes(name) ? 1 : undefined),
        ),
        rangeQueriesInfo: ranges.map(({ start, end, isStale }) =>
          range(
            start,
            end,
            sorted
              .filter((name) => within(name, start, end))
              .map((name) => [name, isStale ? 7 : 1]),
          ),
        ),
        writes,
      }),
    );
    // The model: a map of everything as it is now, and the keys that the block has touched.
    const now = new Map(sorted.map((name) => [name, "1/0"]));
    const touched = new Set<string>();
    const expected = transactions.map(({ reads, ranges, writes }, index) => {
      if (reads.some((r) => r.isStale || touched.has(r.key))) return MVCC_READ_CONFLICT;
      const isPhantom = ranges.some(({ start, end, isStale }) => {
        const rows = [...now].filter(([name]) => within(name, start, end));
        const recorded = sorted.filter((name) => within(name, start, end));
        if (isStale && recorded.length > 0) return true;
        const current = rows.map(([name, version]) => `${name}@${version}`).sort();
        return (
          JSON.stringify(current) !== JSON.stringify(recorded.map((name) => `${name}@1/0`).sort())
        );
      });
      if (isPhantom) return PHANTOM_READ_CONFLICT;
      for (const { key: name, isDelete } of writes) {
        touched.add(name);
        if (isDelete) now.delete(name);
        else now.set(name, `${BLOCK}/${index}`);
      }
      return VALID;
    });
    expect(codesOf(state, sets)).toEqual(expected);
  },
);
