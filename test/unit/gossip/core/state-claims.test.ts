import { expect, test } from "vitest";
import { STATE_CLAIMS_MAX } from "../../../../gossip/core/limits.ts";
import { StateClaims } from "../../../../gossip/core/state-claims.ts";
import { stateClaim } from "./claims.ts";

test("the newest claim of a peer stands, whatever comes later", () => {
  const claims = new StateClaims(100);
  expect(claims.accept(stateClaim("a", 2, { height: 9 }), 0)).toBe(true);
  expect(claims.accept(stateClaim("a", 1, { height: 50 }), 1)).toBe(false);
  expect(claims.judge("a", { incarnation: 1n, sequence: 2n })).toBe("known");
  expect(claims.get("a")?.height).toBe(9);
});

test("a claim that is not renewed goes", () => {
  const claims = new StateClaims(100);
  claims.accept(stateClaim("a", 1), 0);
  claims.accept(stateClaim("b", 1), 50);
  claims.expire(100, 0, () => true);
  expect(claims.all().map(({ peer }) => peer)).toEqual(["b"]);
});

test("claims of organisations that left go", () => {
  const claims = new StateClaims(100);
  claims.accept(stateClaim("a", 1), 0);
  claims.accept(stateClaim("b", 1, { mspId: "Org2MSP" }), 0);
  claims.expire(1, 0, ({ mspId }) => mspId === "Org2MSP");
  expect(claims.all().map(({ peer }) => peer)).toEqual(["b"]);
});

test("a flood of peers ends at the limit, and those known are still heard", () => {
  const claims = new StateClaims(100);
  for (let count = 0; count <= STATE_CLAIMS_MAX; count += 1) {
    claims.accept(stateClaim(`p${count}`, 1), 0);
  }
  expect(claims.all()).toHaveLength(STATE_CLAIMS_MAX);
  expect(claims.accept(stateClaim("p0", 2), 0)).toBe(true);
});

test("a height that was shown since counts, until a newer claim says otherwise", () => {
  const claims = new StateClaims(100);
  claims.raise("a", 5);
  claims.accept(stateClaim("a", 1, { height: 3 }), 0);
  claims.raise("a", 5);
  claims.raise("a", 4);
  expect(claims.heightOf(claims.get("a")!)).toBe(5);
  claims.accept(stateClaim("a", 2, { height: 4 }), 0);
  expect(claims.heightOf(claims.get("a")!)).toBe(4);
});
