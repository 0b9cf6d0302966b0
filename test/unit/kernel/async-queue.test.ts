import { describe, expect, test } from "vitest";
import { AsyncQueue } from "../../../src/kernel/async-queue.ts";

describe("AsyncQueue", () => {
  test("delivers in order what was pushed before and after the consumer waits", async () => {
    const queue = new AsyncQueue<number>(10);
    queue.push(1);
    queue.push(2);
    const seen: number[] = [];
    const consumed = (async () => {
      for await (const item of queue) seen.push(item);
    })();
    await Promise.resolve();
    queue.push(3);
    queue.end();
    await consumed;
    expect(seen).toEqual([1, 2, 3]);
  });

  test("tells the producer to pause when full and calls back when there is room", async () => {
    let rooms = 0;
    const queue = new AsyncQueue<number>(2, () => {
      rooms += 1;
    });
    expect(queue.push(1)).toBe(true);
    expect(queue.push(2)).toBe(false);
    expect(queue.push(3)).toBe(false);
    const items = queue[Symbol.asyncIterator]();
    await items.next();
    expect(rooms).toBe(0);
    await items.next();
    expect(rooms).toBe(1);
  });

  test("a failure is thrown after the items that came before it", async () => {
    const queue = new AsyncQueue<number>(2);
    queue.push(1);
    queue.fail(new Error("broken"));
    queue.push(2);
    const items = queue[Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: 1 });
    await expect(items.next()).rejects.toThrow("broken");
  });

  test("leaving the loop ends the queue, so that nothing piles up", async () => {
    const queue = new AsyncQueue<number>(2);
    queue.push(1);
    for await (const item of queue) {
      expect(item).toBe(1);
      break;
    }
    expect(queue.push(2)).toBe(false);
    expect(queue.count).toBe(0);
  });
});
