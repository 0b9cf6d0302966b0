import { describe, expect, test } from "vitest";
import {
  DEFAULT_OPTIONS,
  Mesh,
  type IdentityRecord,
  type MeshEffect,
  type MeshEvent,
  type SealedMessage,
} from "../../../../gossip/core/index.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../sim/gossip/seeded-random.ts";
import { NO_SEAL, aliveClaim } from "./claims.ts";

const OWN_SEAL: SealedMessage = {
  payload: utf8("own"),
  signature: utf8("signature"),
  secretEnvelope: { payload: utf8("inside"), signature: utf8("signature") },
};

function identity(peer: string, mspId = "Org1MSP"): IdentityRecord {
  return { peer, mspId, serialized: utf8(peer), expiresAtMs: 1e15, sealed: NO_SEAL };
}

class Driven {
  readonly mesh: Mesh;

  constructor(externalEndpoint = "self.example:7051") {
    this.mesh = new Mesh(
      {
        random: new SeededRandom(1),
        self: { peer: "self", mspId: "Org1MSP" },
        externalEndpoint,
        ownIdentity: identity("self"),
      },
      DEFAULT_OPTIONS,
      5n,
      0,
    );
  }

  step(event: MeshEvent, nowMs = 0): readonly MeshEffect[] {
    this.mesh.step(event, nowMs);
    return this.mesh.takeEffects();
  }

  /** Signs the first alive message. */
  announced(): this {
    this.step({ kind: "tick", wallMs: 0 });
    const time = { incarnation: 5n, sequence: 1n };
    this.step({ kind: "alive-signed", time, sealed: OWN_SEAL });
    return this;
  }

  knows(peer: string, mspId = "Org1MSP"): this {
    this.step({ kind: "identity", record: identity(peer, mspId) });
    this.step({ kind: "alive", claim: aliveClaim(peer, 1, { mspId }), from: peer });
    return this;
  }
}

function sent(effects: readonly MeshEffect[]): readonly (readonly [string, string])[] {
  return effects.flatMap((effect) =>
    effect.kind === "send" ? [[effect.to, effect.message.kind] as const] : [],
  );
}

describe("the mesh", () => {
  test("announces itself at the first tick, with its identity while it is new", () => {
    const driven = new Driven();
    const time = { incarnation: 5n, sequence: 1n };
    expect(driven.step({ kind: "tick", wallMs: 0 })).toEqual([
      { kind: "sign-alive", time, withIdentity: true },
    ]);
    const later = driven.step({ kind: "tick", wallMs: 0 }, DEFAULT_OPTIONS.publishIdentityMs);
    expect(later).toContainEqual({
      kind: "sign-alive",
      time: { incarnation: 5n, sequence: 2n },
      withIdentity: false,
    });
  });

  test("dials its seeds once it has something to show, and asks who answers for everybody", () => {
    const driven = new Driven();
    const seed = { endpoint: "a:1", mspId: "Org1MSP" };
    expect(driven.step({ kind: "seeds", seeds: [seed] })).toEqual([]);
    driven.step({ kind: "tick", wallMs: 0 });
    const time = { incarnation: 5n, sequence: 1n };
    expect(driven.step({ kind: "alive-signed", time, sealed: OWN_SEAL })).toEqual([
      { kind: "dial-seed", seed },
    ]);
    driven.step({ kind: "identity", record: identity("a") });
    const [effect] = driven.step({ kind: "connected", peer: "a", seedEndpoint: "a:1" });
    expect(effect).toMatchObject({
      to: "a",
      message: { kind: "membership-request", self: OWN_SEAL },
    });
  });

  test("takes a response to its own request only, and once", () => {
    const driven = new Driven().announced();
    driven.step({ kind: "identity", record: identity("a") });
    const [effect] = driven.step({ kind: "connected", peer: "a", seedEndpoint: undefined });
    const nonce =
      effect?.kind === "send" && effect.message.kind === "membership-request"
        ? effect.message.nonce
        : "";
    expect(driven.mesh.expectsMembership("b", nonce, 1)).toBe(false);
    expect(driven.mesh.expectsMembership("a", "1", 1)).toBe(false);
    expect(driven.mesh.expectsMembership("a", nonce, 1)).toBe(true);
    expect(driven.mesh.expectsMembership("a", nonce, 1)).toBe(false);
  });

  test("passes news on to others, not back to its sender or its owner, and not twice", () => {
    const driven = new Driven().announced().knows("a").knows("b").knows("c");
    const event: MeshEvent = { kind: "alive", claim: aliveClaim("a", 2), from: "b" };
    expect(sent(driven.step(event))).toEqual([["c", "alive"]]);
    expect(driven.step(event)).toEqual([]);
  });

  test("tells another organisation nothing of third ones, and no private endpoint", () => {
    const driven = new Driven().announced().knows("x", "Org2MSP").knows("y", "Org3MSP");
    const foreign = aliveClaim("y", 2, { mspId: "Org3MSP" });
    expect(sent(driven.step({ kind: "alive", claim: foreign, from: "y" }))).toEqual([]);
    const secretEnvelope = OWN_SEAL.secretEnvelope;
    const own = aliveClaim("a", 1, { sealed: { ...NO_SEAL, secretEnvelope } });
    const effects = driven.step({ kind: "alive", claim: own, from: "a" });
    const told = effects.flatMap((effect) =>
      effect.kind === "send" && effect.message.kind === "alive" ? [effect.message.sealed] : [],
    );
    expect(told).toHaveLength(2);
    expect(told.every((sealed) => sealed.secretEnvelope === undefined)).toBe(true);
  });

  test("without an external endpoint stays unknown to other organisations", () => {
    const driven = new Driven("").announced().knows("x", "Org2MSP");
    const time = { incarnation: 5n, sequence: 2n };
    driven.step({ kind: "tick", wallMs: 0 }, DEFAULT_OPTIONS.aliveIntervalMs);
    expect(sent(driven.step({ kind: "alive-signed", time, sealed: OWN_SEAL }))).toEqual([]);
    const [answer] = driven.step({ kind: "membership-request", from: "x", nonce: "1" });
    expect(answer).toMatchObject({ message: { alive: [], dead: [] } });
    expect(driven.step({ kind: "identity-hello", from: "x", nonce: "2" })).not.toContainEqual(
      expect.objectContaining({
        message: { kind: "identity-digest", nonce: "2", peers: ["self"] },
      }),
    );
  });

  test("levels with a member that comes back", () => {
    const driven = new Driven().announced().knows("a");
    driven.step({ kind: "tick", wallMs: 0 }, DEFAULT_OPTIONS.aliveExpirationMs);
    const effects = driven.step({ kind: "alive", claim: aliveClaim("a", 2), from: "a" }, 6_000);
    expect(effects).toContainEqual({ kind: "joined", peer: "a" });
    expect(sent(effects)).toContainEqual(["a", "membership-request"]);
  });

  test("looks for the dead", () => {
    const driven = new Driven().announced().knows("a");
    const effects = [5_000, 7_100, 9_200].flatMap((nowMs) =>
      driven.step({ kind: "tick", wallMs: 0 }, nowMs),
    );
    expect(effects).toContainEqual({ kind: "died", peer: "a" });
    expect(effects).toContainEqual({ kind: "dial-member", peer: "a", endpoint: "a:7051" });
  });

  test("outbids a claim in its own name that is later than its own", () => {
    const driven = new Driven().announced();
    expect(driven.step({ kind: "own-alive", time: { incarnation: 4n, sequence: 9n } })).toEqual([]);
    expect(driven.step({ kind: "own-alive", time: { incarnation: 6n, sequence: 9n } })).toEqual([
      { kind: "sign-alive", time: { incarnation: 6n, sequence: 10n }, withIdentity: true },
    ]);
    const last = { incarnation: 2n ** 64n - 1n, sequence: 2n ** 64n - 1n };
    expect(driven.step({ kind: "own-alive", time: last })).toHaveLength(1);
    expect(driven.step({ kind: "own-alive", time: last })).toEqual([]);
  });

  test("serves the identities that it offered, to whom it offered them", () => {
    const driven = new Driven().announced().knows("a").knows("b");
    const [digest] = driven.step({ kind: "identity-hello", from: "a", nonce: "7" });
    expect(digest).toMatchObject({
      to: "a",
      message: {
        kind: "identity-digest",
        peers: expect.arrayContaining(["self", "b"]) as string[],
      },
    });
    const ask = (from: string): readonly MeshEffect[] =>
      driven.step({ kind: "identity-request", from, nonce: "7", peers: ["b", "nobody"] });
    expect(ask("b")).toEqual([]);
    expect(ask("a")).toMatchObject([
      { to: "a", message: { kind: "identity-update", identities: [NO_SEAL] } },
    ]);
    expect(ask("a")).toEqual([]);
  });
});
