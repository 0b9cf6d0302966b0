import { beforeAll, describe, expect, test } from "vitest";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { type Ledger, type TxSimulator, parseReadWriteSet } from "../../../src/ledger/index.ts";
import type { RangeQueryInfo } from "../../../src/wire/index.ts";
import { nextBlock } from "./block-builder.ts";
import { LedgerWorld, allValid, genesis, simulated } from "./ledger-world.ts";

const nameOf = (index: number): string => `k${String(index).padStart(4, "0")}`;

/** A ledger whose namespace "cc" has 250 keys, and "one" a single one. */
async function filled(): Promise<Ledger> {
  const ledger = await new LedgerWorld().open();
  await ledger.commitGenesis(genesis());
  const { envelope } = simulated(ledger, "fill", (s) => {
    for (let index = 0; index < 250; index += 1) s.putState("cc", nameOf(index), utf8(`v${index}`));
    s.putState("one", "only", utf8("1"));
  });
  const block = nextBlock(await ledger.read(0), [envelope]);
  await ledger.commit(block, allValid(block));
  return ledger;
}

describe("a simulation", () => {
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await filled();
  });

  function recorded(run: (simulator: TxSimulator) => void): ReturnType<typeof parseReadWriteSet> {
    const simulator = ledger.simulate();
    try {
      run(simulator);
      return parseReadWriteSet(simulator.results().publicBytes);
    } finally {
      simulator.close();
    }
  }

  const queryOf = (run: (simulator: TxSimulator) => void): RangeQueryInfo =>
    recorded(run)![0]!.kv.rangeQueriesInfo[0]!;

  test("does not read its own writes and records the last of them", () => {
    const set = recorded((s) => {
      s.putState("one", "only", utf8("2"));
      expect(s.getState("one", "only")).toEqual(utf8("1"));
      s.putState("one", "only", utf8("3"));
    });
    expect(set![0]!.kv.writes).toEqual([{ key: "only", isDelete: false, value: utf8("3") }]);
    expect(set![0]!.kv.reads).toEqual([{ key: "only", version: { blockNum: 1, txNum: 0 } }]);
  });

  test("keeps to the moment it began at", async () => {
    const own = await filled();
    const simulator = own.simulate();
    const { envelope } = simulated(own, "later", (s) => {
      s.putState("one", "only", utf8("2"));
    });
    const block = nextBlock(await own.read(1), [envelope]);
    await own.commit(block, allValid(block));
    expect(simulator.getState("one", "only")).toEqual(utf8("1"));
    simulator.close();
    await own.close();
  });

  test("records one row more than a batch, as Fabric's endorsers do", () => {
    const first = queryOf((s) => {
      const { rows, hasMore } = s.range("cc", "", "").nextBatch(100);
      expect(rows).toHaveLength(100);
      expect(hasMore).toBe(true);
    });
    expect(first).toMatchObject({ startKey: "", itrExhausted: false });
    expect(first.endKey).toBe(nameOf(100));
    const second = queryOf((s) => {
      const range = s.range("cc", "", "");
      range.nextBatch(100);
      const { rows, hasMore } = range.nextBatch(100);
      expect(rows.map(({ key }) => key)).toEqual(
        Array.from({ length: 100 }, (_, i) => nameOf(100 + i)),
      );
      expect(hasMore).toBe(true);
    });
    expect(second.endKey).toBe(nameOf(200));
    const all = queryOf((s) => {
      const range = s.range("cc", "", "zz");
      range.nextBatch(100);
      range.nextBatch(100);
      expect(range.nextBatch(100)).toMatchObject({ hasMore: false, rows: { length: 50 } });
    });
    expect(all).toMatchObject({
      endKey: "zz",
      itrExhausted: true,
      readsInfo: { $case: "readsMerkleHashes" },
    });
  });

  test("says that there is no more when the batch ends with the range", () => {
    const query = queryOf((s) => {
      const { rows, hasMore } = s.range("cc", "", nameOf(100)).nextBatch(100);
      expect([rows.length, hasMore]).toEqual([100, false]);
    });
    expect(query).toMatchObject({ endKey: nameOf(100), itrExhausted: true });
  });

  test("ends a bounded query at the bound without a look further", () => {
    const query = queryOf((s) => {
      const range = s.range("cc", "", "", { rowsMax: 10 });
      expect(range.nextBatch(100)).toMatchObject({ hasMore: false, rows: { length: 10 } });
      expect(range.next()).toBeUndefined();
    });
    expect(query).toMatchObject({ endKey: nameOf(9), itrExhausted: false });
    expect(query.readsInfo).toMatchObject({
      $case: "rawReads",
      value: { kvReads: { length: 10 } },
    });
  });

  test("gives a page's bookmark without recording its row", () => {
    const query = queryOf((s) => {
      const page = s.range("cc", nameOf(5), "", { rowsMax: 3, isPage: true });
      page.nextBatch(100);
      expect(page.bookmark()).toBe(nameOf(8));
    });
    expect(query).toMatchObject({ startKey: nameOf(5), endKey: nameOf(7), itrExhausted: false });
    const end = ledger.simulate();
    const page = end.range("cc", nameOf(248), "", { rowsMax: 3, isPage: true });
    page.nextBatch(100);
    expect(page.bookmark()).toBe("");
    end.close();
  });

  test("records rows one by one when they are read one by one", () => {
    const query = queryOf((s) => {
      const range = s.range("cc", "", "");
      range.next();
      range.next();
      range.close();
      expect(range.next()).toBeUndefined();
    });
    expect(query).toMatchObject({ endKey: nameOf(1), itrExhausted: false });
  });

  test("of a range that is empty records its end and no rows", () => {
    const query = queryOf((s) => {
      expect(s.range("none", "a", "b").next()).toBeUndefined();
    });
    expect(query).toEqual({ startKey: "a", endKey: "b", itrExhausted: true, readsInfo: undefined });
  });

  test("refuses to mix writes with pages and private queries, with Fabric's words", () => {
    const refused = (run: (simulator: TxSimulator) => void, text: string): void => {
      const simulator = ledger.simulate();
      expect(() => {
        run(simulator);
      }).toThrow(`unsuppored transaction. ${text}`);
      simulator.close();
    };
    refused((s) => {
      s.putState("cc", "k", utf8("v"));
      s.range("cc", "", "", { isPage: true });
    }, "Paginated queries are supported only in a read-only transaction");
    refused((s) => {
      s.range("cc", "", "", { isPage: true });
      s.deleteState("cc", "k");
    }, "Transaction has already performed a paginated query. Writes are not allowed");
    refused((s) => {
      s.putPrivateData("cc", "c", "k", utf8("v"));
      s.privateRange("cc", "c", "", "");
    }, "Queries on pvt data is supported only in a read-only transaction");
    refused((s) => {
      s.privateRange("cc", "c", "", "");
      s.putStateMetadata("cc", "k", new Map());
    }, "Transaction has already performed queries on pvt data. Writes are not allowed");
  });
});
