import { describe, expect, test } from "vitest";
import { PERSIST_BATCHES_MAX } from "../../../../cluster/raft/limits.ts";
import { PersistQueue } from "../../../../cluster/raft/persist-queue.ts";

function hardState(term: number): { term: number; votedFor: undefined; commit: number } {
  return { term, votedFor: undefined, commit: 0 };
}

function emptyQueue(): PersistQueue {
  return new PersistQueue(0, hardState(0));
}

describe("the persist queue", () => {
  test("makes durable what the oldest batch held", () => {
    const queue = emptyQueue();
    const first = queue.emit(3, hardState(1));
    const second = queue.emit(5, hardState(2));
    queue.complete(first);
    expect(queue).toMatchObject({ durable: 3, emitted: 5, durableHardState: hardState(1) });
    queue.complete(second);
    expect(queue).toMatchObject({ durable: 5, durableHardState: hardState(2) });
    expect(queue.isEmpty()).toBe(true);
  });

  test("does not believe a late completion of an append that was overwritten and repeated", () => {
    const queue = emptyQueue();
    const first = queue.emit(5, hardState(1));
    queue.truncate(4);
    const second = queue.emit(5, hardState(2));
    queue.truncate(4);
    const third = queue.emit(5, hardState(3));
    queue.complete(first);
    expect(queue.durable).toBe(3);
    queue.complete(second);
    expect(queue.durable).toBe(3);
    queue.complete(third);
    expect(queue.durable).toBe(5);
  });

  test("forgets that a replaced entry was durable", () => {
    const queue = emptyQueue();
    queue.complete(queue.emit(5, hardState(1)));
    queue.truncate(3);
    expect(queue).toMatchObject({ durable: 2, emitted: 2 });
  });

  test("refuses a completion out of order", () => {
    const queue = emptyQueue();
    queue.emit(1, hardState(1));
    const second = queue.emit(2, hardState(1));
    expect(() => {
      queue.complete(second);
    }).toThrow("once, in order");
  });

  test("refuses a completion of nothing", () => {
    const queue = emptyQueue();
    const token = queue.emit(1, hardState(1));
    queue.complete(token);
    expect(() => {
      queue.complete(token);
    }).toThrow("once, in order");
  });

  test("is bounded", () => {
    const queue = emptyQueue();
    for (let index = 0; index < PERSIST_BATCHES_MAX; index += 1) queue.emit(index, hardState(1));
    expect(queue.isFull()).toBe(true);
    expect(() => queue.emit(PERSIST_BATCHES_MAX, hardState(1))).toThrow("hands out nothing");
  });

  test("counts ticks since the disk last finished something, while it has something to do", () => {
    const queue = emptyQueue();
    queue.tick();
    expect(queue.waitingTicks).toBe(0);
    const token = queue.emit(1, hardState(1));
    queue.tick();
    queue.tick();
    expect(queue.waitingTicks).toBe(2);
    queue.complete(token);
    expect(queue.waitingTicks).toBe(0);
  });
});
