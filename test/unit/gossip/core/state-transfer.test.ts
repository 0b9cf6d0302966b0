import { describe, expect, test } from "vitest";
import { BUFFER_BLOCKS_MAX, RANGES_IN_FLIGHT_MAX } from "../../../../gossip/core/limits.ts";
import { Standing } from "../../../../gossip/core/standing.ts";
import { StateTransfer, type Need } from "../../../../gossip/core/state-transfer.ts";
import { SeededRandom } from "../../../sim/gossip/seeded-random.ts";

const OPTIONS = { transferPatienceMs: 100, transferTimeoutMs: 1_000 };

function transfer(standing = new Standing(60_000), self = "self"): StateTransfer {
  return new StateTransfer({ random: new SeededRandom(1), self, standing }, OPTIONS);
}

function need(
  height: number,
  sources: Readonly<Record<string, number>>,
  held: number[] = [],
): Need {
  return {
    height,
    isHeld: (number) => held.includes(number),
    tallest: Math.max(...Object.values(sources)),
    sources: () =>
      Object.entries(sources).map(([peer, of]) => ({
        peer,
        height: of,
        servesLong: peer.startsWith("long"),
      })),
  };
}

describe("state transfer", () => {
  test("asks for nothing when nobody has more", () => {
    expect(transfer().plan(need(5, { a: 5, b: 3 }), 0)).toEqual([]);
  });

  test("gives a short gap time to close by itself", () => {
    const one = transfer();
    expect(one.plan(need(5, { a: 7 }), 0)).toEqual([]);
    expect(one.plan(need(5, { a: 7 }), 99)).toEqual([]);
    const [request] = one.plan(need(5, { a: 7 }), 100);
    expect(request).toMatchObject({ to: "a", first: 5, last: 6 });
  });

  test("counts patience anew for each block that is missing", () => {
    const one = transfer();
    one.plan(need(5, { a: 7 }), 0);
    expect(one.plan(need(6, { a: 7 }), 100)).toEqual([]);
    expect(one.plan(need(6, { a: 7 }), 200)).toHaveLength(1);
  });

  test("works on a long gap at once, at several peers, ten blocks each", () => {
    const requests = transfer().plan(need(0, { a: 1_000, b: 1_000, c: 1_000 }), 0);
    expect(requests.map(({ first, last }) => [first, last])).toEqual([
      [0, 9],
      [10, 19],
      [20, 29],
    ]);
    expect(new Set(requests.map(({ to }) => to)).size).toBe(3);
  });

  test("asks a peer that serves long ranges for more", () => {
    const [request] = transfer().plan(need(0, { long: 1_000 }), 0);
    expect(request).toMatchObject({ first: 0, last: 49 });
  });

  test("looks at no source before there is something to ask for", () => {
    const level = { ...need(5, { a: 5 }), sources: () => expect.unreachable() };
    expect(transfer().plan(level, 0)).toEqual([]);
  });

  test("has a bounded number of requests in flight, within reach of the buffer", () => {
    const sources = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`p${i}`, 1_000]));
    const one = transfer();
    expect(one.plan(need(0, sources), 0)).toHaveLength(RANGES_IN_FLIGHT_MAX);
    expect(one.plan(need(0, sources), 0)).toEqual([]);
    const held = Array.from({ length: BUFFER_BLOCKS_MAX }, (_, number) => number);
    expect(transfer().plan(need(0, sources, held), 0)).toEqual([]);
  });

  test("leaves out what is held and does not ask a peer for more than it has", () => {
    const [first, second] = transfer().plan(need(0, { a: 14, b: 14 }, [3, 4]), 0);
    expect([first!.first, first!.last]).toEqual([0, 2]);
    expect([second!.first, second!.last]).toEqual([5, 13]);
  });

  test("believes one answer, from the peer that was asked, in time", () => {
    const one = transfer();
    const [request] = one.plan(need(0, { a: 20 }), 0);
    expect(one.answered("b", request!.nonce, 10)).toBeUndefined();
    expect(one.answered("a", "0", 10)).toBeUndefined();
    expect(one.answered("a", request!.nonce, 10)).toMatchObject({ first: 0, last: 9 });
    expect(one.answered("a", request!.nonce, 10)).toBeUndefined();
    const [late] = one.plan(need(0, { a: 20 }), 20);
    expect(one.answered("a", late!.nonce, 1_021)).toBeUndefined();
  });

  test("asks somebody else when a peer does not answer, and that peer not for a while", () => {
    const standing = new Standing(60_000);
    const one = transfer(standing);
    const requests = one.plan(need(0, { a: 20, b: 20 }), 0);
    const [request] = requests;
    expect(one.expire(1_000)).toEqual([]);
    expect(one.expire(1_001)).toMatchObject(requests);
    expect(one.expire(1_002)).toEqual([]);
    expect(standing.isAside(request!.to, 1_001)).toBe(true);
    const again = one.plan(need(0, { a: 20, b: 20 }), 1_001);
    expect(again.every(({ to }) => to !== request!.to)).toBe(true);
  });

  test("asks a third peer where two never answer, though the time of one is over when that of the other begins", () => {
    const one = transfer();
    const asked = new Set<string>();
    for (let atMs = 0; atMs <= 12_000; atMs += 1_001) {
      one.expire(atMs);
      for (const { to } of one.plan(need(0, { a: 5, b: 5, c: 5, d: 5 }), atMs)) asked.add(to);
    }
    expect(asked.size).toBe(4);
  });

  test("does not ask a peer that was put aside", () => {
    const standing = new Standing(60_000);
    standing.keptWaiting("a", 500, 0);
    const one = transfer(standing);
    expect(one.plan(need(0, { a: 20 }), 499)).toEqual([]);
    expect(one.plan(need(0, { a: 20 }), 700)).toHaveLength(1);
  });

  test("of many that lack the same is spread over all that have it", () => {
    const sources = Object.fromEntries(
      ["a", "b", "c", "d", "e", "f", "g", "h"].map((peer) => [peer, 10]),
    );
    const load = new Map<string, number>();
    for (let index = 0; index < 400; index += 1) {
      const one = transfer(new Standing(60_000), `asker ${index}`);
      for (const { to } of one.plan(need(0, sources), 0)) load.set(to, (load.get(to) ?? 0) + 1);
    }
    expect(load.size).toBe(8);
    expect(Math.max(...load.values())).toBeLessThan(100);
  });
});
