import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { Membership } from "../../../../gossip/core/membership.ts";
import { comparePeerTimes, type PeerTime } from "../../../../gossip/core/peer-time.ts";
import { NO_SEAL, aliveClaim } from "./claims.ts";

const OPTIONS = { aliveExpirationMs: 100, forgetAfterMs: 1_000 };

function membership(): Membership {
  return new Membership("self", OPTIONS);
}

describe("a member", () => {
  test("joins by its first claim and is refreshed by newer ones", () => {
    const members = membership();
    expect(members.accept(aliveClaim("a", 1), 0)).toBe("joined");
    expect(members.accept(aliveClaim("a", 2), 10)).toBe("refreshed");
    expect(members.alive().map(({ time }) => time.sequence)).toEqual([2n]);
  });

  test("is dead once nothing newer has come for the expiration", () => {
    const members = membership();
    members.accept(aliveClaim("a", 1), 0);
    expect(members.expire(99)).toEqual([]);
    expect(members.expire(100)).toEqual(["a"]);
    expect(members.isAlive("a")).toBe(false);
    expect(members.dead().map(({ peer }) => peer)).toEqual(["a"]);
  });

  test("is not kept alive by what it said before", () => {
    const members = membership();
    members.accept(aliveClaim("a", 5), 0);
    expect(members.accept(aliveClaim("a", 5), 90)).toBe("refused");
    expect(members.accept(aliveClaim("a", 4), 95)).toBe("refused");
    expect(members.expire(100)).toEqual(["a"]);
  });

  test("comes back by a newer claim, and by a later run with a smaller sequence", () => {
    const members = membership();
    members.accept(aliveClaim("a", 5), 0);
    members.expire(100);
    expect(members.accept(aliveClaim("a", 6), 110)).toBe("revived");
    members.expire(300);
    const restarted = aliveClaim("a", 1, { time: { incarnation: 2n, sequence: 1n } });
    expect(members.accept(restarted, 310)).toBe("revived");
  });

  test("does not come back by an old claim after it was forgotten", () => {
    const members = membership();
    members.accept(aliveClaim("a", 5), 0);
    members.expire(100);
    members.expire(1_100);
    expect(members.claimOf("a")).toBeUndefined();
    expect(members.accept(aliveClaim("a", 5), 1_200)).toBe("refused");
    expect(members.acceptDead(aliveClaim("a", 9), 1_200)).toBe(false);
    expect(members.accept(aliveClaim("a", 6), 1_200)).toBe("revived");
  });

  test("keeps its private endpoint when a claim comes by way of another organisation", () => {
    const secretEnvelope = { payload: new Uint8Array([1]), signature: new Uint8Array([2]) };
    const members = membership();
    members.accept(
      aliveClaim("a", 1, {
        internalEndpoint: "a.inside:7051",
        sealed: { ...NO_SEAL, secretEnvelope },
      }),
      0,
    );
    members.accept(aliveClaim("a", 2), 1);
    expect(members.claimOf("a")?.internalEndpoint).toBe("a.inside:7051");
    expect(members.claimOf("a")?.sealed.secretEnvelope).toEqual(secretEnvelope);
  });
});

test("a peer is no member of its own membership", () => {
  const members = membership();
  expect(members.accept(aliveClaim("self", 1), 0)).toBe("refused");
  expect(members.acceptDead(aliveClaim("self", 1), 0)).toBe(false);
  expect(members.alive()).toEqual([]);
});

test("a peer that others hold for dead is remembered as dead, unless it is known better", () => {
  const members = membership();
  expect(members.acceptDead(aliveClaim("a", 1), 0)).toBe(true);
  expect(members.isAlive("a")).toBe(false);
  members.accept(aliveClaim("b", 1), 0);
  expect(members.acceptDead(aliveClaim("b", 2), 0)).toBe(false);
  expect(members.isAlive("b")).toBe(true);
});

const time = fc.record({
  incarnation: fc.bigInt({ min: 0n, max: 3n }),
  sequence: fc.bigInt({ min: 0n, max: 5n }),
});
const happening = fc.oneof(
  fc.record({ kind: fc.constant("alive" as const), peer: fc.constantFrom("a", "b"), time }),
  fc.record({ kind: fc.constant("dead" as const), peer: fc.constantFrom("a", "b"), time }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(1_500) }),
);

test.prop([fc.array(happening, { maxLength: 60 })])(
  "nothing that was said before ever makes a member alive",
  (happenings) => {
    const members = membership();
    const newest = new Map<string, PeerTime>();
    let nowMs = 0;
    for (const event of happenings) {
      if (event.kind === "pass") {
        nowMs += event.ms;
        members.expire(nowMs);
        continue;
      }
      const claim = aliveClaim(event.peer, 0, { time: event.time });
      if (event.kind === "dead") {
        if (members.acceptDead(claim, nowMs)) newest.set(event.peer, event.time);
        continue;
      }
      const before = newest.get(event.peer);
      const isNewer = before === undefined || comparePeerTimes(event.time, before) > 0;
      expect(members.accept(claim, nowMs) !== "refused").toBe(isNewer);
      if (isNewer) newest.set(event.peer, event.time);
    }
  },
);
