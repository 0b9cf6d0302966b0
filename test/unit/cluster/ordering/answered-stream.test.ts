import { describe, expect, test } from "vitest";
import { AnsweredStream } from "../../../../cluster/ordering/answered-stream.ts";

interface Pending {
  readonly request: number;
  readonly resolve: (response: number) => void;
}

/** A stream of numbers whose answers the test gives; an answer below zero is the last. */
function rig(windowMax: number) {
  const pending: Pending[] = [];
  const sent: number[] = [];
  const stream = new AnsweredStream<number, number>({
    answer: (request) => new Promise((resolve) => pending.push({ request, resolve })),
    send: (response) => {
      sent.push(response);
      return Promise.resolve();
    },
    isLast: (response) => response < 0,
    windowMax,
  });
  return { pending, sent, stream };
}

// eslint-disable-next-line @typescript-eslint/require-await -- an async iterable of what is there already
async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 1; number <= count; number += 1) yield number;
}

async function* endless(): AsyncGenerator<number> {
  yield* numbers(3);
  await new Promise(() => undefined);
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("an answered stream", () => {
  test("sends answers in the order of the requests, whichever is ready first", async () => {
    const { pending, sent, stream } = rig(10);
    const served = stream.serve(numbers(3));
    await settle();
    pending[2]!.resolve(30);
    pending[1]!.resolve(20);
    await settle();
    expect(sent).toEqual([]);
    pending[0]!.resolve(10);
    await served;
    expect(sent).toEqual([10, 20, 30]);
  });

  test("reads no more than its window ahead", async () => {
    const { pending, sent, stream } = rig(2);
    const served = stream.serve(numbers(5));
    await settle();
    expect(pending).toHaveLength(2);
    pending[0]!.resolve(1);
    await settle();
    expect(pending).toHaveLength(3);
    for (let next = 1; next < 5; next += 1) {
      pending[next]!.resolve(next + 1);
      await settle();
    }
    await served;
    expect(sent).toEqual([1, 2, 3, 4, 5]);
  });

  test("ends after the last answer, though the other side says nothing more", async () => {
    const { pending, sent, stream } = rig(10);
    const served = stream.serve(endless());
    await settle();
    pending[0]!.resolve(1);
    pending[1]!.resolve(-1);
    pending[2]!.resolve(3);
    await served;
    expect(sent).toEqual([1, -1]);
  });

  test("fails when an answer cannot be sent", async () => {
    const stream = new AnsweredStream<number, number>({
      answer: (request) => Promise.resolve(request),
      send: () => Promise.reject(new Error("the call is over")),
      isLast: () => false,
      windowMax: 10,
    });
    await expect(stream.serve(endless())).rejects.toThrow("the call is over");
  });

  test("fails when the requests do", async () => {
    const { stream } = rig(10);
    const broken = (): AsyncGenerator<number> => {
      const requests = numbers(1);
      return Object.assign(requests, { next: () => Promise.reject(new Error("malformed")) });
    };
    await expect(stream.serve(broken())).rejects.toThrow("malformed");
  });
});
