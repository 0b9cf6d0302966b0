import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { Accusation } from "../../../../gossip/core/accusation.ts";
import { Membership } from "../../../../gossip/core/membership.ts";
import type { AliveClaim } from "../../../../gossip/core/index.ts";
import { comparePeerTimes, type PeerTime } from "../../../../gossip/core/peer-time.ts";
import { NO_SEAL, aliveClaim } from "./claims.ts";

const OPTIONS = { aliveExpirationMs: 100, forgetAfterMs: 1_000, probeIntervalMs: 10 };

/** A claim of a peer that answers no probes. */
function plainClaim(peer: string, sequence: number, changes: Partial<AliveClaim> = {}): AliveClaim {
  return aliveClaim(peer, sequence, { rebuttals: undefined, ...changes });
}

function membership(): Membership {
  return new Membership("self", OPTIONS);
}

function diedOf(members: Membership, nowMs: number): readonly string[] {
  return members.expire(nowMs).map(({ peer }) => peer);
}

describe("a member", () => {
  test("joins by its first claim and is refreshed by newer ones", () => {
    const members = membership();
    expect(members.accept(plainClaim("a", 1), 0)).toBe("joined");
    expect(members.accept(plainClaim("a", 2), 10)).toBe("refreshed");
    expect(members.alive().map(({ time }) => time.sequence)).toEqual([2n]);
  });

  test("is dead once nothing newer has come for the expiration", () => {
    const members = membership();
    members.accept(plainClaim("a", 1), 0);
    expect(diedOf(members, 99)).toEqual([]);
    expect(diedOf(members, 100)).toEqual(["a"]);
    expect(members.isAlive("a")).toBe(false);
    expect(members.dead().map(({ peer }) => peer)).toEqual(["a"]);
  });

  test("is not kept alive by what it said before", () => {
    const members = membership();
    members.accept(plainClaim("a", 5), 0);
    expect(members.accept(plainClaim("a", 5), 90)).toBe("refused");
    expect(members.accept(plainClaim("a", 4), 95)).toBe("refused");
    expect(diedOf(members, 100)).toEqual(["a"]);
  });

  test("comes back by a newer claim, and by a later run with a smaller sequence", () => {
    const members = membership();
    members.accept(plainClaim("a", 5), 0);
    members.expire(100);
    expect(members.accept(plainClaim("a", 6), 110)).toBe("revived");
    members.expire(300);
    const restarted = plainClaim("a", 1, { time: { incarnation: 2n, sequence: 1n } });
    expect(members.accept(restarted, 310)).toBe("revived");
  });

  test("does not come back by an old claim after it was forgotten", () => {
    const members = membership();
    members.accept(plainClaim("a", 5), 0);
    members.expire(100);
    members.expire(1_100);
    expect(members.claimOf("a")).toBeUndefined();
    expect(members.accept(plainClaim("a", 5), 1_200)).toBe("refused");
    expect(members.acceptDead(plainClaim("a", 9), 1_200)).toBe(false);
    expect(members.accept(plainClaim("a", 6), 1_200)).toBe("revived");
  });

  test("keeps its private endpoint when a claim comes by way of another organisation", () => {
    const secretEnvelope = { payload: new Uint8Array([1]), signature: new Uint8Array([2]) };
    const members = membership();
    members.accept(
      plainClaim("a", 1, {
        internalEndpoint: "a.inside:7051",
        sealed: { ...NO_SEAL, secretEnvelope },
      }),
      0,
    );
    members.accept(plainClaim("a", 2), 1);
    expect(members.claimOf("a")?.internalEndpoint).toBe("a.inside:7051");
    expect(members.claimOf("a")?.sealed.secretEnvelope).toEqual(secretEnvelope);
  });
});

test("a peer is no member of its own membership", () => {
  const members = membership();
  expect(members.accept(plainClaim("self", 1), 0)).toBe("refused");
  expect(members.acceptDead(plainClaim("self", 1), 0)).toBe(false);
  expect(members.alive()).toEqual([]);
});

test("a peer that others hold for dead is remembered as dead, unless it is known better", () => {
  const members = membership();
  expect(members.acceptDead(plainClaim("a", 1), 0)).toBe(true);
  expect(members.isAlive("a")).toBe(false);
  members.accept(plainClaim("b", 1), 0);
  expect(members.acceptDead(plainClaim("b", 2), 0)).toBe(false);
  expect(members.isAlive("b")).toBe(true);
});

describe("a member that answers probes", () => {
  const accusation = (accuser: string, changes: Partial<Accusation> = {}): Accusation => ({
    peer: "a",
    incarnation: 1n,
    rebuttals: 0,
    accuser,
    isDead: false,
    ...changes,
  });

  /** Four others besides "a" and this peer: two confirmations count. */
  function five(): Membership {
    const members = membership();
    for (const peer of ["a", "b", "c", "d"]) members.accept(aliveClaim(peer, 1), 0);
    return members;
  }

  test("is not dead for being silent", () => {
    const members = five();
    expect(diedOf(members, 100_000)).toEqual([]);
  });

  test("is suspected before it is dead, for the longest time when one peer says so", () => {
    const members = five();
    expect(members.accuse(accusation("b"), 0)).toBe("suspected");
    expect(members.isAlive("a")).toBe(true);
    expect(members.accuse(accusation("b"), 0)).toBe("known");
    expect(diedOf(members, 239)).toEqual([]);
    expect(diedOf(members, 240)).toEqual(["a"]);
  });

  test("has less time the more peers say so, and never less than the shortest", () => {
    const members = five();
    members.accuse(accusation("b"), 0);
    expect(members.accuse(accusation("c"), 0)).toBe("confirmed");
    expect(diedOf(members, 113)).toEqual([]);
    expect(members.accuse(accusation("d"), 0)).toBe("confirmed");
    expect(diedOf(members, 39)).toEqual([]);
    expect(diedOf(members, 40)).toEqual(["a"]);
  });

  test("is not dead because somebody says so", () => {
    const members = five();
    expect(members.accuse(accusation("b", { isDead: true }), 0)).toBe("suspected");
    expect(diedOf(members, 39)).toEqual([]);
    members.accept(aliveClaim("a", 2, { rebuttals: 1 }), 39);
    expect(diedOf(members, 1_000)).toEqual([]);
  });

  test("is cleared by a claim made in answer, not by one that was merely late", () => {
    const members = five();
    members.accuse(accusation("b"), 0);
    expect(members.accept(aliveClaim("a", 2), 10)).toBe("refreshed");
    expect(members.isSuspected("a")).toBe(true);
    expect(members.accept(aliveClaim("a", 3, { rebuttals: 1 }), 20)).toBe("rebutted");
    expect(members.isSuspected("a")).toBe(false);
    expect(members.accuse(accusation("b"), 30)).toBe("outdated");
  });

  test("cannot be accused over a claim that nobody has seen", () => {
    const members = five();
    expect(members.accuse(accusation("b", { rebuttals: 7 }), 0)).toBe("refused");
    expect(members.accuse(accusation("b", { incarnation: 9n }), 0)).toBe("refused");
    expect(members.accuse(accusation("b", { peer: "nobody" }), 0)).toBe("refused");
  });

  test("comes back from the dead by an answer or a later run, not by old news", () => {
    const members = five();
    members.accuse(accusation("b"), 0);
    expect(diedOf(members, 240)).toEqual(["a"]);
    expect(members.accept(aliveClaim("a", 9), 250)).toBe("refused");
    expect(members.accept(aliveClaim("a", 10, { rebuttals: 1 }), 260)).toBe("revived");
  });

  test("has as much more time as this peer was not listening", () => {
    const members = five();
    members.accuse(accusation("b"), 0);
    members.delay(1_000);
    expect(diedOf(members, 1_239)).toEqual([]);
    expect(diedOf(members, 1_240)).toEqual(["a"]);
  });
});

test("the digest depends on who is alive, not on the order of learning it", () => {
  const one = membership();
  const other = membership();
  for (const peer of ["a", "b", "c"]) one.accept(aliveClaim(peer, 1), 0);
  for (const peer of ["c", "a"]) other.accept(aliveClaim(peer, 1), 0);
  expect(one.digestWith(undefined)).not.toBe(other.digestWith(undefined));
  other.accept(aliveClaim("b", 4), 0);
  expect(one.digestWith(undefined)).toBe(other.digestWith(undefined));
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
      const claim = plainClaim(event.peer, 0, { time: event.time });
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
