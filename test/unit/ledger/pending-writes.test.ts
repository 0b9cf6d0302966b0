import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { KvWrite } from "../../../src/kernel/ports/kv-store.ts";
import { PendingWrites } from "../../../src/ledger/pending-writes.ts";
import { MemoryKvStore } from "../../../src/sim/ports/memory-kv-store.ts";

const byte = fc.constantFrom(0, 1, 0x7f, 0x80, 0xff);
const key = fc.array(byte, { minLength: 1, maxLength: 3 }).map((bytes) => Uint8Array.from(bytes));
const write = fc.record({
  key,
  value: fc.option(
    fc.nat(250).map((value) => Uint8Array.of(value)),
    { nil: undefined },
  ),
});
const step = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), batch: fc.array(write, { maxLength: 6 }) }),
  fc.constant({ kind: "write" as const }),
  fc.constant({ kind: "settle" as const }),
);
const range = fc.record({
  start: key,
  end: fc.option(key, { nil: undefined }),
  reverse: fc.boolean(),
});

type Steps = (typeof step extends fc.Arbitrary<infer T> ? T : never)[];

/** Batches are added; the store writes them, in order, at any time; they are settled at any time after that. */
async function play(steps: Steps): Promise<{ pending: PendingWrites; whole: MemoryKvStore }> {
  const store = new MemoryKvStore();
  const whole = new MemoryKvStore();
  const pending = new PendingWrites(store);
  const unwritten: (readonly KvWrite[])[] = [];
  let unsettled = 0;
  for (const each of steps) {
    if (each.kind === "add") {
      pending.add(each.batch);
      await whole.write(each.batch);
      unwritten.push(each.batch);
    } else if (each.kind === "write" && unwritten.length > 0) {
      await store.write(unwritten.shift()!);
      unsettled += 1;
    } else if (each.kind === "settle" && unsettled > 0) {
      pending.settle();
      unsettled -= 1;
    }
  }
  return { pending, whole };
}

describe("writes on their way into a store", () => {
  test.prop([fc.array(step, { maxLength: 30 }), fc.array(key), fc.array(range)])(
    "read as those of a store that has them all",
    async (steps, keys, ranges) => {
      const { pending, whole } = await play(steps);
      for (const each of keys) expect(pending.get(each)).toEqual(whole.get(each));
      for (const { start, end, reverse } of ranges) {
        const wanted = { start, reverse, ...(end === undefined ? {} : { end }) };
        expect([...pending.range(wanted)]).toEqual([...whole.range(wanted)]);
      }
    },
  );

  test("are forgotten when they will not be written", () => {
    const pending = new PendingWrites(new MemoryKvStore());
    pending.add([{ key: Uint8Array.of(1), value: Uint8Array.of(2) }]);
    pending.clear();
    expect(pending.get(Uint8Array.of(1))).toBeUndefined();
    expect([...pending.range({ start: Uint8Array.of(0) })]).toEqual([]);
  });

  test("may have keys of any length", () => {
    const pending = new PendingWrites(new MemoryKvStore());
    const long = new Uint8Array(200_000).fill(0xfe);
    pending.add([{ key: long, value: Uint8Array.of(1) }]);
    expect(pending.get(long.slice())).toEqual(Uint8Array.of(1));
    expect(pending.get(long.subarray(1))).toBeUndefined();
  });
});
