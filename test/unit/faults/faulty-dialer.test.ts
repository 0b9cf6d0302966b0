import { describe, expect, test } from "vitest";
import {
  BLOCKED,
  Faults,
  faultyDialer,
  NO_FAULT,
  type LinkFaults,
} from "../../../src/faults/index.ts";
import { AsyncQueue } from "../../../src/kernel/async-queue.ts";
import type { RpcChannel, RpcMethod, RpcStream } from "../../../src/kernel/ports/rpc.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";

const method = { path: "/test.Echo/Echo" } as RpcMethod<number, number>;

/** A server that answers each number with itself, and counts what reaches it. */
class Echo {
  readonly received: number[] = [];
  openCount = 0;

  channel(): RpcChannel {
    return {
      address: "b:7050",
      unary: <Q, A>(_: RpcMethod<Q, A>, request: Q): Promise<A> => {
        this.received.push(request as number);
        return Promise.resolve(request as unknown as A);
      },
      stream: <Q, A>(): RpcStream<Q, A> => {
        this.openCount += 1;
        const responses = new AsyncQueue<A>(1_000);
        return {
          responses,
          send: (request) => {
            this.received.push(request as number);
            responses.push(request as unknown as A);
            return Promise.resolve();
          },
          end: () => {
            responses.end();
          },
          cancel: () => {
            responses.end();
          },
          peerCertificate: () => undefined,
        };
      },
      close: () => undefined,
    };
  }
}

function world(): {
  readonly time: SimulatedTime;
  readonly faults: Faults;
  readonly echo: Echo;
  readonly channel: RpcChannel;
  readonly set: (link: Partial<LinkFaults>) => void;
} {
  const time = new SimulatedTime();
  const faults = new Faults();
  const echo = new Echo();
  const dialer = { localCertificate: undefined, dial: () => echo.channel() };
  const random = new SeededRandom(1);
  const channel = faultyDialer({
    dialer,
    faults,
    clock: time,
    timers: time,
    random,
  }).dial({ address: "b:7050" });
  const set = (link: Partial<LinkFaults>): void => {
    faults.apply({
      ...faults.settings,
      links: [{ peer: "b", out: NO_FAULT, in: NO_FAULT, ...link }],
    });
  };
  return { time, faults, echo, channel, set };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 2_000; turn += 1) await Promise.resolve();
}

/** Collects a stream's responses, and how it ended. */
function collect(stream: RpcStream<number, number>): { got: number[]; end: string | undefined } {
  const seen: { got: number[]; end: string | undefined } = { got: [], end: undefined };
  void (async () => {
    try {
      for await (const response of stream.responses) seen.got.push(response);
      seen.end = "ended";
    } catch (error) {
      seen.end = (error as { readonly code: string }).code;
    }
  })();
  return seen;
}

describe("a link without faults", () => {
  test("passes calls and streams unchanged", async () => {
    const { channel } = world();
    await expect(channel.unary(method, 7)).resolves.toBe(7);
    const stream = channel.stream(method);
    const seen = collect(stream);
    for (let number = 0; number < 200; number += 1) await stream.send(number);
    stream.end();
    await settle();
    expect(seen.got).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(seen.end).toBe("ended");
  });
});

describe("a link that repeats and swaps", () => {
  const jumbled = { ...NO_FAULT, duplicate: 1, reorder: 1 };

  test("does so to gossip, in both directions, and ends the stream after all of it", async () => {
    const { channel, set, echo } = world();
    set({ out: jumbled });
    const stream = channel.stream({ ...method, path: "/gossip.Gossip/GossipStream" });
    const seen = collect(stream);
    for (const number of [1, 2, 3, 4]) await stream.send(number);
    stream.end();
    await settle();
    expect(echo.received).toEqual([1, 3, 2, 3, 4]);
    expect(seen).toEqual({ got: [1, 3, 2, 3, 4], end: "ended" });
    set({ in: jumbled });
    const back = channel.stream({ ...method, path: "/gossip.Gossip/GossipStream" });
    const returned = collect(back);
    for (const number of [5, 6, 7]) await back.send(number);
    await settle();
    expect(returned.got).toEqual([5, 7, 6, 7]);
  });

  test("touches no other stream and no call", async () => {
    const { channel, set, echo } = world();
    set({ out: jumbled, in: jumbled });
    const stream = channel.stream(method);
    for (const number of [1, 2, 3]) await stream.send(number);
    await expect(channel.unary(method, 4)).resolves.toBe(4);
    expect(echo.received).toEqual([1, 2, 3, 4]);
  });
});

describe("a link that is cut", () => {
  test("swallows a call until its deadline", async () => {
    const { channel, set, time, echo } = world();
    set({ out: BLOCKED });
    const call = channel.unary(method, 1, { timeoutMs: 500 });
    const failure = expect(call).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await settle();
    await time.advance(499);
    await time.advance(2);
    await failure;
    expect(echo.received).toEqual([]);
  });

  test("lets the request through and swallows the answer when only the way back is cut", async () => {
    const { channel, set, echo } = world();
    set({ in: BLOCKED });
    const call = channel.unary(method, 1);
    const failure = expect(call).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await settle();
    expect(echo.received).toEqual([1]);
    set({});
    await failure;
  });

  test("never leaves a gap in a stream: what lost a message breaks when it heals", async () => {
    const { channel, set, echo } = world();
    const stream = channel.stream(method);
    const seen = collect(stream);
    await stream.send(1);
    set({ out: BLOCKED });
    await stream.send(2);
    set({});
    await settle();
    await expect(stream.send(3)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(seen).toEqual({ got: [1], end: "UNAVAILABLE" });
    expect(echo.received).toEqual([1]);
  });

  test("keeps a stream that was silent meanwhile", async () => {
    const { channel, set } = world();
    const stream = channel.stream(method);
    const seen = collect(stream);
    set({ out: BLOCKED, in: BLOCKED });
    set({});
    await stream.send(1);
    await settle();
    expect(seen).toEqual({ got: [1], end: undefined });
  });

  test("does not let a new stream reach the other end", async () => {
    const { channel, set, echo } = world();
    set({ out: BLOCKED });
    const seen = collect(channel.stream(method));
    set({});
    await settle();
    expect(echo.openCount).toBe(0);
    expect(seen.end).toBe("UNAVAILABLE");
  });

  test("ends a silent stream when pings have been lost for 80 seconds", async () => {
    const { channel, set, time } = world();
    const seen = collect(channel.stream(method));
    set({ in: BLOCKED });
    await time.advance(79_999);
    await settle();
    expect(seen.end).toBeUndefined();
    await time.advance(2);
    await settle();
    expect(seen.end).toBe("UNAVAILABLE");
  });
});

describe("a slow link", () => {
  test("delays every message alike and keeps their order and their number", async () => {
    const { channel, set, time } = world();
    set({ out: { ...NO_FAULT, delayMs: 100 } });
    const stream = channel.stream(method);
    const seen = collect(stream);
    for (let number = 0; number < 20; number += 1) await stream.send(number);
    await settle();
    expect(seen.got).toEqual([]);
    await time.advance(101);
    for (let turn = 0; turn < 20; turn += 1) await settle();
    expect(seen.got).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  test("makes the sender wait once too many messages are under way", async () => {
    const { channel, set, time } = world();
    set({ out: { ...NO_FAULT, delayMs: 100 } });
    const stream = channel.stream(method);
    collect(stream);
    let sentCount = 0;
    void (async () => {
      for (; sentCount < 1_000; sentCount += 1) await stream.send(sentCount);
    })();
    for (let turn = 0; turn < 100; turn += 1) await settle();
    expect(sentCount).toBe(255);
    await time.advance(101);
    for (let turn = 0; turn < 200; turn += 1) await settle();
    expect(sentCount).toBeGreaterThan(255);
  });
});

describe("a lossy link", () => {
  test("breaks about as many calls as it is told to", async () => {
    const { channel, set } = world();
    set({ out: { ...NO_FAULT, loss: 0.2 } });
    let brokenCount = 0;
    for (let call = 0; call < 500; call += 1) {
      await channel.unary(method, call).catch(() => (brokenCount += 1));
    }
    expect(brokenCount).toBeGreaterThan(60);
    expect(brokenCount).toBeLessThan(150);
  });
});

describe("a reset", () => {
  test("breaks what is open to that node and nothing that comes later", async () => {
    const { channel, faults } = world();
    const seen = collect(channel.stream(method));
    faults.reset("c");
    await settle();
    expect(seen.end).toBeUndefined();
    faults.reset("b");
    await settle();
    expect(seen.end).toBe("UNAVAILABLE");
    await expect(channel.unary(method, 1)).resolves.toBe(1);
  });
});

describe("cancelling", () => {
  test("ends a swallowed call at once, and so does closing the channel", async () => {
    const { channel, set } = world();
    set({ out: BLOCKED });
    const abort = new AbortController();
    const cancelled = expect(
      channel.unary(method, 1, { signal: abort.signal }),
    ).rejects.toMatchObject({ code: "CANCELLED" });
    abort.abort();
    await cancelled;
    const closed = expect(channel.unary(method, 1)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    channel.close();
    await closed;
  });
});
