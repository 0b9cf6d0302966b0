import { describe, expect, test } from "vitest";
import {
  DEFAULT_OPTIONS,
  Mesh,
  type MeshEffect,
  type MeshEvent,
  type SealedMessage,
} from "../../../../gossip/core/index.ts";
import {
  ALIVE_TOLD_BYTES_MAX,
  ALIVE_TOLD_MAX,
  MERGE_CLAIMS_MIN,
  MERGE_ROUNDS_MAX,
} from "../../../../gossip/core/limits.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../sim/gossip/seeded-random.ts";
import { NO_SEAL, aliveClaim, identityOf } from "./claims.ts";

const OWN_SEAL: SealedMessage = {
  payload: utf8("own"),
  signature: utf8("signature"),
  secretEnvelope: { payload: utf8("inside"), signature: utf8("signature") },
};

class Driven {
  readonly mesh: Mesh;

  constructor(externalEndpoint = "self.example:7051") {
    this.mesh = new Mesh(
      {
        random: new SeededRandom(1),
        self: { peer: "self", mspId: "Org1MSP" },
        externalEndpoint,
        ownIdentity: identityOf("self"),
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

  nowMs = 0;

  /** One round of telling news. */
  spread(): readonly MeshEffect[] {
    const effects = this.pass(DEFAULT_OPTIONS.newsIntervalMs);
    return effects.filter(
      (effect) => effect.kind === "send" && ["news", "alive"].includes(effect.message.kind),
    );
  }

  /** Ticks through so much time. */
  pass(durationMs: number): readonly MeshEffect[] {
    const effects: MeshEffect[] = [];
    for (const untilMs = this.nowMs + durationMs; this.nowMs < untilMs;) {
      this.nowMs += DEFAULT_OPTIONS.tickIntervalMs;
      effects.push(...this.step({ kind: "tick", wallMs: 0 }, this.nowMs));
    }
    return effects;
  }

  /** Knows `peer`, and that it is dead. */
  dead(peer: string): this {
    this.knows(peer);
    this.pass(30_000);
    return this;
  }

  /** The digest of a peer that knows what this one knows. */
  digestSeenBy(peer: string): number {
    const [ack] = this.step({
      kind: "probe",
      from: peer,
      nonce: "0",
      digest: 0,
      accusation: undefined,
    });
    if (ack?.kind !== "send" || ack.message.kind !== "ack") throw new Error("no answer");
    this.step({ kind: "tick", wallMs: 0 }, 1_000);
    return ack.message.digest;
  }

  /** Signs the first alive message. */
  announced(): this {
    this.step({ kind: "tick", wallMs: 0 });
    const time = { incarnation: 5n, sequence: 1n };
    this.step({ kind: "alive-signed", time, sealed: OWN_SEAL });
    return this;
  }

  knows(peer: string, mspId = "Org1MSP"): this {
    this.step({ kind: "identity", record: identityOf(peer, mspId) });
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
  test("announces itself at the first tick, and again only for members that answer no probes", () => {
    const driven = new Driven();
    const time = { incarnation: 5n, sequence: 1n };
    expect(driven.step({ kind: "tick", wallMs: 0 })).toEqual([
      { kind: "sign-alive", time, rebuttals: 0 },
    ]);
    driven.step({ kind: "alive-signed", time, sealed: OWN_SEAL });
    const { aliveIntervalMs } = DEFAULT_OPTIONS;
    const signs = (effects: readonly MeshEffect[]): readonly string[] =>
      effects.map(({ kind }) => kind).filter((kind) => kind === "sign-alive");
    expect(signs(driven.step({ kind: "tick", wallMs: 0 }, aliveIntervalMs))).toEqual([]);
    driven.step({ kind: "alive", claim: aliveClaim("f", 1, { rebuttals: undefined }), from: "f" });
    expect(signs(driven.step({ kind: "tick", wallMs: 0 }, 2 * aliveIntervalMs))).toHaveLength(1);
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
    driven.step({ kind: "identity", record: identityOf("a") });
    const [effect] = driven.step({ kind: "connected", peer: "a", seedEndpoint: "a:1" });
    expect(effect).toMatchObject({
      to: "a",
      message: { kind: "membership-request", self: OWN_SEAL },
    });
  });

  test("takes a response to its own request only, and once", () => {
    const driven = new Driven().announced();
    driven.step({ kind: "identity", record: identityOf("a") });
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

  test("tells news to others, not to its owner", () => {
    const driven = new Driven().announced().knows("a").knows("b").knows("c");
    for (let round = 0; round < 10; round += 1) driven.spread();
    driven.step({
      kind: "alive",
      claim: aliveClaim("d", 1),
      from: "b",
    });
    const told = sent(driven.spread());
    expect(told.every(([, kind]) => kind === "news")).toBe(true);
    expect(told.map(([to]) => to)).not.toContain("d");
    expect(told).not.toHaveLength(0);
  });

  test("tells news to those that it does not suspect, unless it suspects all", () => {
    const driven = new Driven().announced().knows("a").knows("b").knows("c").knows("d").knows("e");
    const accuse = (peer: string): void => {
      const accusation = { peer, incarnation: aliveClaim(peer, 1).time.incarnation, rebuttals: 0 };
      const accusations = [{ ...accusation, accuser: "b", isDead: false }];
      driven.step({ kind: "accusations", accusations, from: "b" });
    };
    for (const peer of ["a", "c", "d", "e"]) accuse(peer);
    driven.step({ kind: "alive", claim: aliveClaim("f", 1), from: "b" });
    accuse("f");
    expect(new Set(sent(driven.spread()).map(([to]) => to))).toEqual(new Set(["b"]));
    accuse("b");
    driven.step({ kind: "alive", claim: aliveClaim("g", 1), from: "b" });
    accuse("g");
    expect(sent(driven.spread())).not.toEqual([]);
  });

  test("stops telling what is known", () => {
    const driven = new Driven().announced().knows("a").knows("b");
    for (let round = 0; round < 10; round += 1) driven.spread();
    expect(driven.spread()).toEqual([]);
  });

  test("passes renewed claims on only to members that answer no probes", () => {
    const driven = new Driven().announced().knows("a").knows("b");
    for (let round = 0; round < 10; round += 1) driven.spread();
    const plain = aliveClaim("f", 1, { rebuttals: undefined });
    driven.step({ kind: "alive", claim: plain, from: "f" });
    const renewed: MeshEvent = { kind: "alive", claim: aliveClaim("a", 2), from: "b" };
    expect(sent(driven.step(renewed))).toEqual([["f", "alive"]]);
  });

  test("tells another organisation nothing of third ones, and no private endpoint", () => {
    const driven = new Driven().announced().knows("x", "Org2MSP").knows("y", "Org3MSP");
    for (let round = 0; round < 3; round += 1) driven.spread();
    const foreign = aliveClaim("z", 2, { mspId: "Org3MSP" });
    driven.step({ kind: "alive", claim: foreign, from: "y" });
    expect(sent(driven.spread()).map(([to]) => to)).toEqual(["y"]);
    for (let round = 0; round < 10; round += 1) driven.spread();
    const secretEnvelope = OWN_SEAL.secretEnvelope;
    const own = aliveClaim("a", 1, { sealed: { ...NO_SEAL, secretEnvelope } });
    driven.step({ kind: "alive", claim: own, from: "a" });
    const told = driven
      .spread()
      .flatMap((effect) =>
        effect.kind === "send" && effect.message.kind === "news" && effect.to !== "a"
          ? effect.message.alive
          : [],
      );
    expect(told.length).toBeGreaterThan(0);
    expect(told.every((sealed) => sealed.secretEnvelope === undefined)).toBe(true);
  });

  test("without an external endpoint stays unknown to other organisations", () => {
    const driven = new Driven("").announced().knows("x", "Org2MSP");
    const isOfOwn = (effect: MeshEffect): boolean =>
      effect.kind === "send" &&
      effect.message.kind === "news" &&
      effect.message.alive.includes(OWN_SEAL);
    expect(driven.spread().some(isOfOwn)).toBe(false);
    const request: MeshEvent = {
      kind: "membership-request",
      from: "x",
      nonce: "1",
      known: undefined,
    };
    const [answer] = driven.step(request);
    expect(answer).toMatchObject({ message: { alive: [], dead: [] } });
    expect(driven.step({ kind: "identity-hello", from: "x", nonce: "2" })).not.toContainEqual(
      expect.objectContaining({
        message: { kind: "identity-digest", nonce: "2", peers: ["self"] },
      }),
    );
  });

  test("levels with a member that comes back", () => {
    const driven = new Driven().announced().dead("a");
    const back = aliveClaim("a", 2, { rebuttals: 1 });
    const effects = driven.step({ kind: "alive", claim: back, from: "a" }, driven.nowMs);
    expect(effects).toContainEqual({ kind: "joined", peer: "a" });
    expect(sent(effects)).toContainEqual(["a", "membership-request"]);
  });

  test("asks no other one of many that come back at once before the next round of news", () => {
    const driven = new Driven().announced();
    for (const peer of ["a", "b", "c"]) driven.knows(peer);
    driven.pass(60_000);
    expect(driven.mesh.deadCount).toBe(3);
    const asked = ["a", "b", "c"].flatMap((peer) => {
      const back = aliveClaim(peer, 2, { rebuttals: 1 });
      return sent(driven.step({ kind: "alive", claim: back, from: peer }, driven.nowMs));
    });
    expect(asked.filter(([, kind]) => kind === "membership-request")).toHaveLength(1);
  });

  test("asks on round after round while answers bring much, and gives up without answers", () => {
    const driven = new Driven().announced().knows("a");
    const claims = Array.from({ length: MERGE_CLAIMS_MIN }, (_, index) =>
      aliveClaim(`peer ${index}`, 1),
    );
    driven.step({ kind: "members", from: "a", alive: claims, dead: [] }, driven.nowMs);
    const requests = (effects: readonly MeshEffect[]): number =>
      sent(effects).filter(([, kind]) => kind === "membership-request").length;
    const { newsIntervalMs } = DEFAULT_OPTIONS;
    expect(requests(driven.pass(newsIntervalMs * MERGE_ROUNDS_MAX))).toBe(MERGE_ROUNDS_MAX);
    expect(requests(driven.pass(newsIntervalMs * 4))).toBe(0);
  });

  test("does not send claims of members that the asker knows, be it as dead", () => {
    const driven = new Driven().announced().knows("b").knows("c");
    const other = new Driven().announced().knows("b").knows("c");
    other.pass(60_000);
    expect(other.mesh.deadCount).toBe(2);
    const [ask] = other.step(
      { kind: "connected", peer: "b", seedEndpoint: undefined },
      other.nowMs,
    );
    if (ask?.kind !== "send" || ask.message.kind !== "membership-request")
      throw new Error("no question");
    const { known } = ask.message;
    const [told] = driven.step({ kind: "membership-request", from: "b", nonce: "1", known });
    expect(told).toMatchObject({ message: { kind: "membership-response", alive: [], dead: [] } });
  });

  test("goes on probing the dead, and tells them what is held against them", () => {
    const driven = new Driven().announced().dead("a");
    const accusation = { peer: "a", accuser: "self", incarnation: 1n, rebuttals: 0, isDead: true };
    expect(driven.pass(2_000)).toContainEqual({
      kind: "send",
      to: "a",
      message: expect.objectContaining({ kind: "probe", accusation }) as object,
    });
  });

  test("dials the dead that answer no probes", () => {
    const driven = new Driven().announced();
    driven.step({ kind: "alive", claim: aliveClaim("f", 1, { rebuttals: undefined }), from: "f" });
    const effects = driven.pass(DEFAULT_OPTIONS.aliveExpirationMs + 3_000);
    expect(effects).toContainEqual({ kind: "died", peer: "f" });
    expect(effects).toContainEqual({ kind: "dial-member", peer: "f", endpoint: "f:7051" });
  });

  test("refutes at once that it is suspected, once, and tells whoever says so", () => {
    const driven = new Driven().announced().knows("a");
    const accusation = { peer: "self", accuser: "b", incarnation: 5n, rebuttals: 0, isDead: false };
    const event: MeshEvent = { kind: "accusations", from: "a", accusations: [accusation] };
    const time = { incarnation: 5n, sequence: 2n };
    expect(driven.step(event)).toEqual([{ kind: "sign-alive", time, rebuttals: 1 }]);
    expect(driven.step(event)).toEqual([]);
    expect(sent(driven.step({ kind: "alive-signed", time, sealed: OWN_SEAL }))).toEqual([
      ["a", "alive"],
    ]);
    expect(sent(driven.step(event))).toEqual([["a", "alive"]]);
  });

  test("answers a probe", () => {
    const driven = new Driven().announced().knows("a");
    const probe = { digest: driven.digestSeenBy("a"), accusation: undefined };
    expect(driven.step({ kind: "probe", from: "a", nonce: "3", ...probe })).toMatchObject([
      { to: "a", message: { kind: "ack", nonce: "3", accusation: undefined } },
    ]);
  });

  test("asks for the membership when a probe shows that it differs", () => {
    const driven = new Driven().announced().knows("a");
    const probe = { digest: 12_345, accusation: undefined };
    const effects = driven.step({ kind: "probe", from: "a", nonce: "3", ...probe });
    expect(sent(effects)).toEqual([
      ["a", "ack"],
      ["a", "membership-request"],
    ]);
  });

  test("tells only what differs to a peer that says what it knows", () => {
    const driven = new Driven().announced();
    for (let index = 0; index < 40; index += 1) driven.knows(`peer ${index}`);
    const asked = driven.step({
      kind: "membership-request",
      from: "peer 1",
      nonce: "1",
      known: new Uint32Array(16),
    });
    const [all] = asked;
    const count =
      all?.kind === "send" && all.message.kind === "membership-response"
        ? all.message.alive.length
        : 0;
    expect(count).toBe(40);
    const ask = asked.find(
      (effect) =>
        effect.kind === "send" &&
        effect.to === "peer 1" &&
        effect.message.kind === "membership-request",
    );
    const known =
      ask?.kind === "send" && ask.message.kind === "membership-request"
        ? ask.message.known
        : undefined;
    const [none] = driven.step({ kind: "membership-request", from: "peer 1", nonce: "2", known });
    expect(none).toMatchObject({ message: { kind: "membership-response", alive: [] } });
  });

  test("tells only so many claims, and bytes of them, in one answer, its own among them", () => {
    const answer = (driven: Driven): readonly SealedMessage[] => {
      const request = { kind: "membership-request", from: "x", nonce: "1" } as const;
      const [told] = driven.step({ ...request, known: undefined });
      if (told?.kind !== "send" || told.message.kind !== "membership-response")
        throw new Error("no answer");
      return told.message.alive;
    };
    const members = (count: number, changes: Partial<SealedMessage>): Driven => {
      const driven = new Driven().announced().knows("x");
      const alive = Array.from({ length: count }, (_, index) => {
        const claim = aliveClaim(`peer ${index}`, 1);
        return { ...claim, sealed: { ...claim.sealed, ...changes } };
      });
      driven.step({ kind: "members", from: "x", alive, dead: [] });
      return driven;
    };
    const many = members(ALIVE_TOLD_MAX + 500, {});
    const [one, another] = [answer(many), answer(many)];
    expect(one).toHaveLength(ALIVE_TOLD_MAX);
    expect(one[0]).toBe(OWN_SEAL);
    expect(new Set([...one, ...another]).size).toBeGreaterThan(ALIVE_TOLD_MAX);
    const large = answer(members(10, { payload: new Uint8Array(ALIVE_TOLD_BYTES_MAX / 4) }));
    expect(large.length).toBe(1 + 3);
  });

  test("takes silence for a death no sooner because it was late itself", () => {
    const driven = new Driven().announced().knows("a");
    driven.pass(1_200);
    driven.step({ kind: "late", lateMs: 60_000 }, driven.nowMs + 60_000);
    const effects = driven.step({ kind: "tick", wallMs: 0 }, driven.nowMs + 60_000);
    expect(effects).not.toContainEqual({ kind: "died", peer: "a" });
    expect(driven.mesh.healthScore).toBeGreaterThan(0);
  });

  test("rises one run above a claim that it signed in a later run than this one, once", () => {
    const driven = new Driven().announced();
    const own = (incarnation: bigint, sequence: bigint): readonly MeshEffect[] =>
      driven.step({ kind: "own-alive", time: { incarnation, sequence }, rebuttals: 4 });
    expect(own(4n, 9n)).toEqual([]);
    expect(own(6n, 9n)).toEqual([
      { kind: "sign-alive", time: { incarnation: 7n, sequence: 1n }, rebuttals: 0 },
      { kind: "risen", incarnation: 7n },
    ]);
    // Everything else of that run is below it.
    expect(own(6n, 2n ** 64n - 1n)).toEqual([]);
  });

  test("finds room above the last run that there can be, as long as there is any", () => {
    const driven = new Driven().announced();
    const own = (incarnation: bigint, sequence: bigint): readonly MeshEffect[] =>
      driven.step({ kind: "own-alive", time: { incarnation, sequence }, rebuttals: 4 });
    const last = 2n ** 63n - 1n;
    expect(own(last - 1n, 3n)).toContainEqual({ kind: "risen", incarnation: last });
    expect(own(last, 9n)).toEqual([
      { kind: "sign-alive", time: { incarnation: last, sequence: 10n }, rebuttals: 5 },
    ]);
    const end = 2n ** 64n - 1n;
    expect(own(end, 1n)).toContainEqual(
      expect.objectContaining({ time: { incarnation: end, sequence: 2n } }),
    );
    expect(own(end, end)).toEqual([]);
  });

  test("is not moved by what others say of a later run of it, and shows them what it has signed", () => {
    const driven = new Driven().announced().knows("a");
    const accusation = {
      peer: "self",
      accuser: "a",
      incarnation: 2n ** 63n,
      rebuttals: 0,
      isDead: true,
    };
    const effects = driven.step({ kind: "accusations", from: "a", accusations: [accusation] });
    expect(effects).toEqual([
      { kind: "send", to: "a", message: { kind: "alive", sealed: OWN_SEAL } },
    ]);
    driven.step({ kind: "alive", claim: aliveClaim("f", 1, { rebuttals: undefined }), from: "f" });
    expect(driven.pass(DEFAULT_OPTIONS.aliveIntervalMs)).toContainEqual({
      kind: "sign-alive",
      time: { incarnation: 5n, sequence: 2n },
      rebuttals: 0,
    });
  });

  test.each([
    ["alive", 0],
    ["dead", 30_000],
    ["forgotten", DEFAULT_OPTIONS.forgetAfterMs + 60_000],
  ])("shows one that it holds for %s, and that says less of itself, what it remembers", (_, ms) => {
    const driven = new Driven().announced();
    const time = { incarnation: 8n, sequence: 2n };
    driven.step({ kind: "identity", record: identityOf("a") });
    driven.step({ kind: "alive", claim: aliveClaim("a", 2, { time }), from: "a" });
    if (ms > 0) {
      driven.pass(30_000);
      expect(driven.mesh.isAlive("a")).toBe(false);
      driven.step({ kind: "tick", wallMs: 0 }, ms);
    }
    expect(driven.mesh.judge("a", { incarnation: 7n, sequence: 9n })).toBe("stale");
    const { sealed } = aliveClaim("a", 2);
    expect(driven.step({ kind: "stale-alive", peer: "a", from: "a" }, ms)).toEqual([
      { kind: "send", to: "a", message: { kind: "alive", sealed } },
    ]);
    expect(driven.step({ kind: "stale-alive", peer: "a", from: "b" }, ms)).toEqual([]);
    const risen = aliveClaim("a", 1, { time: { incarnation: 9n, sequence: 1n } });
    driven.step({ kind: "alive", claim: risen, from: "a" }, ms);
    expect(driven.mesh.isAlive("a")).toBe(true);
  });

  test("reminds nobody that could do nothing about it", () => {
    const driven = new Driven().announced();
    const time = { incarnation: 8n, sequence: 2n };
    const claim = aliveClaim("f", 2, { time, rebuttals: undefined });
    driven.step({ kind: "alive", claim, from: "f" });
    expect(driven.step({ kind: "stale-alive", peer: "f", from: "f" })).toEqual([]);
    expect(driven.step({ kind: "stale-alive", peer: "nobody", from: "nobody" })).toEqual([]);
    expect(driven.step({ kind: "stale-alive", peer: "self", from: "self" })).toEqual([]);
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
