import { describe, expect, test } from "vitest";
import {
  ENDED_GRACE_MS,
  EndedPeerIsOut,
} from "../../../../src/sim/invariants/ended-peer-is-out.ts";
import { WrittenChain, WrittenNetwork } from "./written-history.ts";

const ENDED_MS = 1_000;

/** Two peers, the second of which goes on with a certificate that has ended. */
function network(): WrittenNetwork {
  const chain = new WrittenChain().add({ txId: "a" }).add({ txId: "b" });
  const made = new WrittenNetwork(chain);
  made.peers[1]!.endedSinceMs = ENDED_MS;
  made.reach(2);
  return made;
}

describe("a peer whose certificate has ended", () => {
  test("may be known, and get what was on its way, for a while", () => {
    const invariant = new EndedPeerIsOut(() => 0);
    const made = network();
    made.atMs = ENDED_MS + ENDED_GRACE_MS;
    expect(invariant.check(made.reach(3))).toBeUndefined();
  });

  test("is known to nobody then", () => {
    const invariant = new EndedPeerIsOut(() => 0);
    const made = network();
    expect(invariant.check(made.view)).toBeUndefined();
    made.atMs = ENDED_MS + ENDED_GRACE_MS + 1;
    expect(invariant.check(made.view)).toBe(
      "the certificate of peer2 ended at 1000, and peer1 counts it at 46001",
    );
    made.peers[0]!.livingMembers = ["peer1"];
    expect(invariant.check(made.view)).toBeUndefined();
  });

  test("may be known to those who are disturbed", () => {
    let healedAtMs = Infinity;
    const invariant = new EndedPeerIsOut(() => healedAtMs);
    const made = network();
    expect(invariant.check(made.view)).toBeUndefined();
    made.atMs = ENDED_MS + 2 * ENDED_GRACE_MS;
    expect(invariant.check(made.view)).toBeUndefined();
    healedAtMs = ENDED_MS;
    expect(invariant.check(made.view)).toContain("peer1 counts it");
  });

  test("keeps what it had, and gets no block that was made later", () => {
    const invariant = new EndedPeerIsOut(() => 0);
    const made = network();
    made.peers[0]!.livingMembers = [];
    expect(invariant.check(made.view)).toBeUndefined();
    made.atMs = ENDED_MS + ENDED_GRACE_MS + 1;
    made.peers[0]!.height = 3;
    expect(invariant.check(made.view)).toBeUndefined();
    made.peers[1]!.height = 3;
    expect(invariant.check(made.view)).toBe(
      "the certificate of peer2 ended at 1000, and it has block 2 of 46001",
    );
    made.peers[1]!.endedSinceMs = undefined;
    expect(invariant.check(made.view)).toBeUndefined();
  });
});
