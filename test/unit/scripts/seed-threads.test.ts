import { expect, test } from "vitest";
import { runSeeds } from "../../../scripts/seed-threads.ts";

/** A thread that answers twice to each order, and dies of number 13. */
const DOUBLES = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", (order) => {
      if (order === 13) throw new Error("thirteen");
      parentPort.postMessage({ order, isLast: false });
      parentPort.postMessage({ order, isLast: true });
    });`)}`,
);

interface Found {
  readonly order: number;
  readonly isLast: boolean;
}

function work(orders: number[], threads: number, found: Found[]): Promise<void> {
  return runSeeds<number, Found>({
    script: DOUBLES,
    threads,
    next: () => orders.shift(),
    take: (answer) => {
      found.push(answer);
      return answer.isLast;
    },
  });
}

test.each([1, 2, 5])("%i threads do each order once, and then all is over", async (threads) => {
  const found: Found[] = [];
  await work([1, 2, 3], threads, found);
  const done = found.filter(({ isLast }) => isLast).map(({ order }) => order);
  expect(done.sort((a, b) => a - b)).toEqual([1, 2, 3]);
  expect(found).toHaveLength(6);
});

test("the death of a thread is told", async () => {
  await expect(work([1, 13, 2], 1, [])).rejects.toThrow("thirteen");
});
