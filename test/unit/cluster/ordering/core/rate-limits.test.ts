import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { RateLimits } from "../../../../../cluster/ordering/core/rate-limits.ts";

const ALICE = { clientId: "Org1MSP/alice", mspId: "Org1MSP" };
const BOB = { clientId: "Org1MSP/bob", mspId: "Org1MSP" };
const CAROL = { clientId: "Org2MSP/carol", mspId: "Org2MSP" };

/** How many of `count` calls at `nowMs` go through. */
function takeAll(limits: RateLimits, caller: typeof ALICE, count: number, nowMs: number): number {
  let taken = 0;
  for (let call = 0; call < count; call += 1)
    if (limits.take(caller, nowMs) === undefined) taken += 1;
  return taken;
}

describe("rate limits", () => {
  test("let a burst through, then one for each interval", () => {
    const limits = new RateLimits({ client: { perSecond: 10, burst: 3 } }, 100);
    expect(takeAll(limits, ALICE, 5, 1_000)).toBe(3);
    expect(limits.excess(ALICE, 1_000)).toEqual({ of: "client", retryMs: 100 });
    expect(limits.excess(ALICE, 1_099)).toEqual({ of: "client", retryMs: 1 });
    expect(takeAll(limits, ALICE, 5, 1_100)).toBe(1);
    expect(takeAll(limits, ALICE, 5, 60_000)).toBe(3);
  });

  test("count each client by itself and its organisation as a whole", () => {
    const rates = {
      client: { perSecond: 10, burst: 3 },
      organization: { perSecond: 10, burst: 4 },
    };
    const limits = new RateLimits(rates, 100);
    expect(takeAll(limits, ALICE, 9, 0)).toBe(3);
    expect(takeAll(limits, BOB, 9, 0)).toBe(1);
    expect(limits.excess(BOB, 0)).toEqual({ of: "organization", retryMs: 100 });
    expect(takeAll(limits, CAROL, 9, 0)).toBe(3);
  });

  test("take nothing from either bucket when one is empty", () => {
    const rates = { client: { perSecond: 1, burst: 9 }, organization: { perSecond: 1, burst: 1 } };
    const limits = new RateLimits(rates, 100);
    expect(takeAll(limits, ALICE, 5, 0)).toBe(1);
    // Had the refused ones been taken from the client's bucket, it would be the one to wait for.
    expect(limits.excess(ALICE, 0)).toEqual({ of: "organization", retryMs: 1_000 });
  });

  test("limit nothing that no limit is set for", () => {
    expect(takeAll(new RateLimits({}, 100), ALICE, 1_000, 0)).toBe(1_000);
  });

  test("let through at once whoever comes first, at a rate whose interval is no whole number", () => {
    const limits = new RateLimits({ client: { perSecond: 7, burst: 1 } }, 10);
    for (let nowMs = 0; nowMs < 1_000; nowMs += 5) {
      expect(limits.take({ ...ALICE, clientId: `client ${nowMs}` }, nowMs)).toBeUndefined();
    }
  });

  test("fill the bucket that was used least recently when there are too many", () => {
    const limits = new RateLimits({ client: { perSecond: 1, burst: 1 } }, 2);
    for (const caller of [ALICE, BOB, CAROL]) expect(takeAll(limits, caller, 2, 0)).toBe(1);
    expect(limits.excess(BOB, 0)).toBeDefined();
    expect(limits.excess(CAROL, 0)).toBeDefined();
    expect(limits.excess(ALICE, 0)).toBeUndefined();
  });

  const calls = fc.array(
    fc.record({ caller: fc.constantFrom(ALICE, BOB, CAROL), gapMs: fc.nat({ max: 400 }) }),
    { maxLength: 200 },
  );
  test.prop([calls, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5 })])(
    "never let more through than the rate and the burst, and always after the time they name",
    (sequence, perSecond, burst) => {
      const limits = new RateLimits({ client: { perSecond, burst } }, 100);
      const taken = new Map<string, number[]>();
      let nowMs = 0;
      for (const { caller, gapMs } of sequence) {
        nowMs += gapMs;
        const excess = limits.take(caller, nowMs);
        if (excess !== undefined) {
          expect(limits.excess(caller, nowMs + excess.retryMs)).toBeUndefined();
          continue;
        }
        const times = [...(taken.get(caller.clientId) ?? []), nowMs];
        taken.set(caller.clientId, times);
        for (const [place, startMs] of times.entries()) {
          const allowed = burst + ((nowMs - startMs) * perSecond) / 1_000;
          expect(times.length - place).toBeLessThanOrEqual(allowed + 1e-5);
        }
      }
    },
  );
});
