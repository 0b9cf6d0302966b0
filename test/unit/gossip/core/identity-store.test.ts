import { expect, test } from "vitest";
import { IdentityStore } from "../../../../gossip/core/identity-store.ts";
import { IDENTITIES_MAX } from "../../../../gossip/core/limits.ts";
import type { IdentityRecord } from "../../../../gossip/core/index.ts";
import { NO_SEAL } from "./claims.ts";

function record(peer: string, changes: Partial<IdentityRecord> = {}): IdentityRecord {
  const serialized = new Uint8Array([1]);
  return { peer, mspId: "Org1MSP", serialized, expiresAtMs: 100, sealed: undefined, ...changes };
}

test("what its owner signed is kept when the identity is seen again without it", () => {
  const store = new IdentityStore();
  expect(store.put(record("a"))).toBe(true);
  expect(store.hasSealed("a")).toBe(false);
  expect(store.put(record("a", { sealed: NO_SEAL }))).toBe(true);
  expect(store.put(record("a"))).toBe(false);
  expect(store.transferable().map(({ peer }) => peer)).toEqual(["a"]);
});

test("an identity goes when its certificate ends, this peer's own excepted", () => {
  const store = new IdentityStore();
  store.put(record("self"));
  store.put(record("a"));
  store.put(record("b", { expiresAtMs: 101 }));
  store.expire(100, "self");
  expect(["self", "a", "b"].filter((peer) => store.has(peer))).toEqual(["self", "b"]);
});

test("when full, the one unused for longest makes room", () => {
  const store = new IdentityStore();
  for (let count = 0; count < IDENTITIES_MAX; count += 1) store.put(record(`p${count}`));
  store.get("p0");
  store.put(record("new"));
  expect([store.has("p0"), store.has("p1"), store.has("new")]).toEqual([true, false, true]);
});
