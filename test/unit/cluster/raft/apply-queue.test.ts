import { describe, expect, test } from "vitest";
import { ApplyQueue } from "../../../../cluster/raft/apply-queue.ts";
import { entryBytes } from "../../../../cluster/raft/entry.ts";
import { RaftLog } from "../../../../cluster/raft/log.ts";
import { entriesOf } from "./harness.ts";

const entries = entriesOf(1, 1, 1, 1);
const log = new RaftLog({ index: 0, term: 0 }, entries, 4);
const oneEntryBytes = entryBytes(entries[0]!);

describe("the apply queue", () => {
  test("hands out each entry once, up to the given index", () => {
    const queue = new ApplyQueue(1, 1_000);
    expect(queue.take(log, 3).map((entry) => entry.index)).toEqual([2, 3]);
    expect(queue.take(log, 3)).toEqual([]);
    expect(queue.take(log, 4).map((entry) => entry.index)).toEqual([4]);
  });

  test("waits while too much is being applied", () => {
    const queue = new ApplyQueue(0, 2 * oneEntryBytes);
    expect(queue.take(log, 4)).toHaveLength(2);
    expect(queue.take(log, 4)).toHaveLength(0);
    queue.complete(1);
    expect(queue.take(log, 4)).toHaveLength(0);
    queue.complete(2);
    expect(queue.take(log, 4).map((entry) => entry.index)).toEqual([3, 4]);
  });

  test("refuses a report of what it did not hand out, or of less than before", () => {
    const queue = new ApplyQueue(0, 1_000);
    queue.take(log, 2);
    queue.complete(2);
    for (const index of [1, 3]) {
      expect(() => {
        queue.complete(index);
      }).toThrow("in order");
    }
  });
});
