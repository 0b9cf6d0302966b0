import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { SortedTable } from "../../../../src/sim/ports/sorted-table.ts";

const keyOf = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 0xff);
const numberOf = (key: Uint8Array): number => ((key[0] ?? 0) << 8) | (key[1] ?? 0);

type Write = readonly [key: number, value: number | undefined];

const writes = fc.array(fc.tuple(fc.nat(600), fc.option(fc.nat(255), { nil: undefined })), {
  maxLength: 400,
});

function batchOf(pairs: readonly Write[]): Parameters<SortedTable["with"]>[0] {
  return pairs.map(([key, value]) => ({
    key: keyOf(key),
    value: value === undefined ? undefined : Uint8Array.of(value),
  }));
}

function contentOf(
  table: SortedTable,
  start: number,
  end: number | undefined,
  reverse: boolean,
): readonly Write[] {
  const range = { start: keyOf(start), reverse };
  const entries = table.range(end === undefined ? range : { ...range, end: keyOf(end) });
  return [...entries].map(({ key, value }) => [numberOf(key), value[0]]);
}

describe("a sorted table", () => {
  property.prop([fc.array(writes, { maxLength: 6 }), fc.nat(700), fc.option(fc.nat(700))])(
    "has what a map has, after any batches",
    (batches, start, end) => {
      let table = new SortedTable();
      const model = new Map<number, number>();
      for (const batch of batches) {
        table = table.with(batchOf(batch));
        for (const [key, value] of batch) {
          if (value === undefined) model.delete(key);
          else model.set(key, value);
        }
      }
      const expected = [...model]
        .filter(([key]) => start <= key && key < (end ?? Infinity))
        .sort(([a], [b]) => a - b);
      expect(contentOf(table, start, end ?? undefined, false)).toEqual(expected);
      expect(contentOf(table, start, end ?? undefined, true)).toEqual([...expected].reverse());
      expect(table.get(keyOf(start))?.[0]).toBe(model.get(start));
    },
  );

  property.prop([writes, writes])("is left as it was by a later batch", (before, later) => {
    const table = new SortedTable().with(batchOf(before));
    const content = contentOf(table, 0, undefined, false);
    table.with(batchOf(later));
    expect(contentOf(table, 0, undefined, false)).toEqual(content);
  });

  test("keeps nothing of what its writer may change", () => {
    const value = Uint8Array.of(1);
    const table = new SortedTable().with([{ key: keyOf(1), value }]);
    value[0] = 2;
    expect(table.get(keyOf(1))).toEqual(Uint8Array.of(1));
  });
});
