import { describe, expect, test } from "vitest";
import {
  Channel,
  DEFAULT_OPTIONS,
  type ChannelEffect,
  type ChannelEvent,
  type PeerFacts,
} from "../../../../gossip/core/index.ts";
import {
  GREETINGS_PER_SECOND,
  HEIGHT_NEWS_INTERVAL_MS,
  RETURN_BEATS,
  STATE_PULL_QUIET_INTERVALS,
} from "../../../../gossip/core/limits.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../sim/gossip/seeded-random.ts";
import { NO_SEAL, leadershipClaim, stateClaim } from "./claims.ts";

function factsOf(peer: string, mspId: string): PeerFacts {
  const rebuttals = peer.startsWith("fabric") ? undefined : 0;
  return { peer, mspId, externalEndpoint: `${peer}:1`, rebuttals };
}

class Driven {
  readonly channel: Channel;
  readonly alive = new Map<string, string>();

  constructor(height = 1) {
    this.channel = new Channel(
      {
        random: new SeededRandom(1),
        self: { peer: "self", mspId: "Org1MSP" },
        directory: {
          alive: () => [...this.alive].map(([peer, mspId]) => factsOf(peer, mspId)),
          isAlive: (peer) => this.alive.has(peer),
          claimOf: (peer) => {
            const mspId = this.alive.get(peer);
            return mspId === undefined ? undefined : factsOf(peer, mspId);
          },
        },
      },
      DEFAULT_OPTIONS,
      {
        mspIds: new Set(["Org1MSP", "Org2MSP"]),
        height,
        chaincodes: [],
        incarnation: 5n,
      },
      0,
    );
  }

  step(event: ChannelEvent, nowMs = 0): readonly ChannelEffect[] {
    this.channel.step(event, nowMs);
    return this.channel.takeEffects();
  }

  /** A member of the channel that is alive. */
  member(peer: string, height = 1, mspId = "Org1MSP"): this {
    this.alive.set(peer, mspId);
    const claim = stateClaim(peer, height, { height, mspId });
    this.step({ kind: "state-claim", claim, from: peer });
    return this;
  }
}

function block(number: number, from = "a"): ChannelEvent {
  return { kind: "block", from, number, bytes: utf8(`block ${number} of ${from}`) };
}

function of<Kind extends ChannelEffect["kind"]>(
  effects: readonly ChannelEffect[],
  kind: Kind,
): readonly Extract<ChannelEffect, { kind: Kind }>[] {
  return effects.filter(
    (effect): effect is Extract<ChannelEffect, { kind: Kind }> => effect.kind === kind,
  );
}

function sent(effects: readonly ChannelEffect[], kind: string): readonly string[] {
  return of(effects, "send")
    .filter(({ message }) => message.kind === kind)
    .map(({ to }) => to);
}

describe("a pushed block", () => {
  test("is verified before it is stored or passed on", () => {
    const driven = new Driven().member("a").member("b").member("x", 1, "Org2MSP");
    const first = driven.step(block(1));
    expect(of(first, "verify-block")).toHaveLength(1);
    expect([...of(first, "store-block"), ...sent(first, "block")]).toEqual([]);
    const then = driven.step({ kind: "block-verified", number: 1, isValid: true });
    expect(of(then, "store-block")).toMatchObject([{ number: 1 }]);
    expect(sent(then, "block")).toEqual([]);
  });

  test("is passed on where there are many, or members that pull seldom", () => {
    const crowd = ["a", "b", "c", "d", "e", "f", "g"];
    for (const members of [crowd, ["a", "b", "c", "fabric1"]]) {
      const driven = new Driven();
      for (const member of members) driven.member(member);
      driven.step(block(1));
      const then = driven.step({ kind: "block-verified", number: 1, isValid: true });
      const receivers = sent(then, "block");
      expect(receivers).toHaveLength(3);
      expect(receivers).not.toContain("a");
    }
  });

  test("from the orderers goes to all where there are few", () => {
    const driven = new Driven();
    for (const member of ["a", "b", "c", "d", "e", "f"]) driven.member(member);
    const effects = driven.step({ kind: "own-block", number: 1, bytes: utf8("block 1") });
    expect([...sent(effects, "block")].sort()).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  test("waits for the blocks before it, one in work at a time", () => {
    const driven = new Driven().member("a");
    expect(of(driven.step(block(2)), "verify-block")).toEqual([]);
    expect(of(driven.step(block(1)), "verify-block")).toMatchObject([{ number: 1 }]);
    expect(
      of(driven.step({ kind: "block-verified", number: 1, isValid: true }), "verify-block"),
    ).toEqual([]);
    const stored = driven.step({ kind: "block-stored", number: 1, isStored: true });
    expect(of(stored, "verify-block")).toMatchObject([{ number: 2 }]);
    expect(driven.channel.height).toBe(2);
  });

  test("that is forged costs its sender its standing and everything it sent", () => {
    const driven = new Driven().member("a").member("liar").member("b");
    driven.step(block(1, "liar"));
    driven.step(block(2, "liar"));
    driven.step(block(1, "a"));
    const effects = driven.step({ kind: "block-verified", number: 1, isValid: false });
    expect(of(effects, "offended")).toEqual([{ kind: "offended", peer: "liar", number: 1 }]);
    expect(of(effects, "verify-block")).toMatchObject([{ number: 1, bytes: utf8("block 1 of a") }]);
    expect(sent(effects, "block")).toEqual([]);
    driven.step({ kind: "block-verified", number: 1, isValid: true });
    const stored = driven.step({ kind: "block-stored", number: 1, isStored: true });
    expect(of(stored, "verify-block")).toEqual([]);
    expect(driven.step(block(2, "liar"))).toEqual([]);
  });

  test("that the ledger has not taken is offered again after a pause, without judging it twice", () => {
    const driven = new Driven().member("a");
    driven.step(block(1));
    driven.step({ kind: "block-verified", number: 1, isValid: true });
    driven.step({ kind: "block-stored", number: 1, isStored: false }, 0);
    expect(of(driven.step({ kind: "tick" }, 900), "store-block")).toEqual([]);
    const again = driven.step({ kind: "tick" }, 1_000);
    expect(of(again, "store-block")).toMatchObject([{ number: 1 }]);
    expect(of(again, "verify-block")).toEqual([]);
  });

  test("that came another way while it was judged is let go, whatever the verdict", () => {
    const driven = new Driven().member("a");
    driven.step(block(1));
    driven.step({ kind: "ledger", height: 2, chaincodes: [] });
    const effects = driven.step({ kind: "block-verified", number: 1, isValid: false });
    expect([...of(effects, "offended"), ...of(effects, "store-block")]).toEqual([]);
  });
});

describe("a block of this peer's own", () => {
  test("is pushed to own members that lack it", () => {
    const driven = new Driven().member("behind", 5).member("ahead", 9).member("x", 5, "Org2MSP");
    const effects = driven.step({ kind: "own-block", number: 7, bytes: utf8("block") });
    expect(sent(effects, "block")).toEqual(["behind"]);
  });
});

describe("what others may have", () => {
  test("a range is cut to what the ledger has, and answered even when that is nothing", () => {
    const driven = new Driven(5);
    const ask = (first: number, last: number): readonly ChannelEffect[] =>
      driven.step({ kind: "range-request", from: "x", nonce: "1", first, last });
    expect(of(ask(3, 12), "serve-blocks")).toMatchObject([{ as: "range", numbers: [3, 4] }]);
    expect(of(ask(9, 12), "serve-blocks")).toMatchObject([{ numbers: [] }]);
    expect(of(ask(4, 1), "serve-blocks")).toMatchObject([{ numbers: [] }]);
    expect(of(ask(0, 2 ** 53 - 1), "serve-blocks")).toMatchObject([{ numbers: [0, 1, 2, 3, 4] }]);
  });

  test("pulls are for members of the own organisation, after a hello", () => {
    const driven = new Driven(25).member("a", 20).member("x", 20, "Org2MSP");
    const hello = (from: string): readonly ChannelEffect[] =>
      driven.step({ kind: "block-hello", from, nonce: "7", height: undefined });
    expect(hello("x")).toEqual([]);
    expect(hello("stranger")).toEqual([]);
    expect(of(hello("a"), "send")).toMatchObject([
      { message: { kind: "block-digest", numbers: [15, 16, 17, 18, 19, 20, 21, 22, 23, 24] } },
    ]);
    const request: ChannelEvent = {
      kind: "block-request",
      from: "a",
      nonce: "7",
      numbers: [24, 99],
    };
    expect(of(driven.step(request), "serve-blocks")).toMatchObject([
      { as: "update", numbers: [24] },
    ]);
    expect(driven.step(request)).toEqual([]);
  });

  test("answers that nobody asked for bring nothing", () => {
    const driven = new Driven().member("a");
    const blocks = [{ number: 1, bytes: utf8("block") }];
    expect(driven.step({ kind: "block-update", from: "a", nonce: "1", blocks })).toEqual([]);
    expect(driven.step({ kind: "range-response", from: "a", nonce: "1", blocks })).toEqual([]);
    expect(driven.channel.bufferedCount).toBe(0);
  });
});

describe("the channel's state", () => {
  test("is published when the ledger grows, once for each change", () => {
    const driven = new Driven();
    driven.step({ kind: "tick" }, 0);
    const grown: ChannelEvent = { kind: "ledger", height: 2, chaincodes: [] };
    expect(of(driven.step(grown, 2_000), "sign-state")).toMatchObject([{ height: 2 }]);
    expect(of(driven.step(grown, 2_300), "sign-state")).toEqual([]);
    const chaincodes = [{ name: "basic", version: "1" }];
    const changed = driven.step({ kind: "ledger", height: 2, chaincodes }, 2_600);
    expect(of(changed, "sign-state")).toMatchObject([{ chaincodes }]);
  });

  test("of a busy ledger wakes the driver for one publication a second", () => {
    const driven = new Driven();
    driven.step({ kind: "tick" }, 0);
    const grow = (height: number, nowMs: number): readonly ChannelEffect[] =>
      driven.step({ kind: "ledger", height, chaincodes: [] }, nowMs);
    expect(of(grow(2, 2_000), "sign-state")).toHaveLength(1);
    expect(grow(3, 2_010)).toEqual([{ kind: "wake", afterMs: HEIGHT_NEWS_INTERVAL_MS - 10 }]);
    expect(grow(4, 2_020)).toEqual([]);
    const later = driven.step({ kind: "tick" }, 2_000 + HEIGHT_NEWS_INTERVAL_MS);
    expect(of(later, "sign-state")).toMatchObject([{ height: 4 }]);
  });

  test("a larger height elsewhere is followed by a request, after a little patience", () => {
    const driven = new Driven().member("a", 3);
    expect(sent(driven.step({ kind: "tick" }, 100), "range-request")).toEqual([]);
    expect(sent(driven.step({ kind: "tick" }, 300), "range-request")).toEqual(["a"]);
  });

  test.each([
    ["answers with nothing", 310],
    ["never answers", 301 + DEFAULT_OPTIONS.transferTimeoutMs],
  ])("one that %s when asked for what it claims to have is told of, once", (how, atMs) => {
    const driven = new Driven().member("a", 3);
    const asked = of(driven.step({ kind: "tick" }, 300), "send");
    const messages = asked.map((effect) => effect.message);
    const message = messages.find(({ kind }) => kind === "range-request");
    if (message?.kind !== "range-request") throw new Error("nothing was asked for");
    expect(of(driven.step({ kind: "tick" }, 309), "unserved")).toEqual([]);
    const { nonce } = message;
    const end: ChannelEvent =
      how === "never answers"
        ? { kind: "tick" }
        : { kind: "range-response", from: "a", nonce, blocks: [] };
    expect(of(driven.step(end, atMs), "unserved")).toEqual([
      { kind: "unserved", peer: "a", number: 1 },
    ]);
    expect(of(driven.step({ kind: "tick" }, atMs + 1), "unserved")).toEqual([]);
  });

  test("a claim is passed on once, inside the channel's organisations only", () => {
    const driven = new Driven().member("a");
    const others = Array.from({ length: DEFAULT_OPTIONS.pushPeerCount }, (_, index) => `b${index}`);
    for (const peer of others) driven.member(peer, 1, "Org2MSP");
    driven.alive.set("c", "Org3MSP");
    const event: ChannelEvent = { kind: "state-claim", claim: stateClaim("a", 2), from: "a" };
    expect([...sent(driven.step(event), "state-info")].sort()).toEqual(others);
    expect(driven.step(event)).toEqual([]);
    const foreign = stateClaim("c", 1, { mspId: "Org3MSP" });
    expect(driven.step({ kind: "state-claim", claim: foreign, from: "c" })).toEqual([]);
  });

  test("a claim is passed on to nobody where its owner has told everybody", () => {
    const driven = new Driven().member("a").member("b", 1, "Org2MSP");
    driven.alive.set("c", "Org3MSP").set("d", "Org3MSP");
    const event: ChannelEvent = { kind: "state-claim", claim: stateClaim("a", 2), from: "a" };
    expect(driven.step(event)).toEqual([]);
  });

  test("others' claims are pulled often while little is known of them or something changes, else seldom", () => {
    const driven = new Driven();
    const { stateInfoIntervalMs, pullPeerCount } = DEFAULT_OPTIONS;
    let nowMs = 0;
    const pulls = (count: number): readonly (readonly string[])[] =>
      Array.from({ length: count }, () => {
        nowMs += stateInfoIntervalMs;
        return sent(driven.step({ kind: "tick" }, nowMs), "state-pull");
      });
    for (const peer of ["a", "b", "c", "d"]) driven.alive.set(peer, "Org1MSP");
    for (const asked of pulls(2 * STATE_PULL_QUIET_INTERVALS)) {
      expect(asked).toHaveLength(pullPeerCount);
    }
    for (const peer of ["a", "b", "c", "d"]) driven.member(peer);
    pulls(STATE_PULL_QUIET_INTERVALS);
    const counts = pulls(4 * STATE_PULL_QUIET_INTERVALS).map((asked) => asked.length);
    expect(counts.filter((count) => count === 1)).toHaveLength(4);
    expect(counts.filter((count) => count > 1)).toEqual([]);
    driven.step({ kind: "ledger", height: 2, chaincodes: [] }, nowMs);
    for (const asked of pulls(STATE_PULL_QUIET_INTERVALS)) expect(asked).toHaveLength(1);
  });

  test("others' claims are pulled seldom where each tells all others, also when something changes", () => {
    const driven = new Driven();
    const pulls = (second: number): number =>
      sent(
        driven.step({ kind: "tick" }, second * DEFAULT_OPTIONS.stateInfoIntervalMs),
        "state-pull",
      ).length;
    for (const peer of ["a", "b", "c"]) driven.member(peer);
    for (let second = 1; second <= 2 * STATE_PULL_QUIET_INTERVALS; second += 1) pulls(second);
    let count = 0;
    const start = 1 + 2 * STATE_PULL_QUIET_INTERVALS;
    for (let second = start; second < start + 4 * STATE_PULL_QUIET_INTERVALS; second += 1) {
      driven.step({ kind: "ledger", height: second, chaincodes: [] }, second * 1_000);
      count += pulls(second);
    }
    expect(count).toBe(4);
  });

  test("a newcomer of the channel's organisations is greeted with it", () => {
    const driven = new Driven();
    const [sign] = of(driven.step({ kind: "tick" }, 0), "sign-state");
    driven.step({ kind: "state-signed", time: sign!.time, sealed: NO_SEAL });
    driven.alive.set("a", "Org2MSP").set("c", "Org3MSP");
    expect(sent(driven.step({ kind: "joined", peer: "a" }), "state-info")).toEqual(["a"]);
    expect(driven.step({ kind: "joined", peer: "c" })).toEqual([]);
  });

  test("of many newcomers at once a few are greeted, in the next second further ones", () => {
    const driven = new Driven();
    const [sign] = of(driven.step({ kind: "tick" }, 0), "sign-state");
    driven.step({ kind: "state-signed", time: sign!.time, sealed: NO_SEAL });
    const peers = Array.from({ length: 3 * GREETINGS_PER_SECOND }, (_, index) => `peer ${index}`);
    for (const peer of peers) driven.alive.set(peer, "Org1MSP");
    const greeted = (nowMs: number): number =>
      peers.flatMap((peer) => sent(driven.step({ kind: "joined", peer }, nowMs), "state-info"))
        .length;
    expect(greeted(100)).toBe(GREETINGS_PER_SECOND);
    expect(greeted(1_100)).toBe(GREETINGS_PER_SECOND);
  });

  test("a member that is back is told the height at once, of many one a round", () => {
    const driven = new Driven(9).member("a").member("b").member("x", 1, "Org2MSP");
    driven.alive.set("stranger", "Org1MSP");
    const told = (peer: string, nowMs: number): readonly string[] =>
      sent(driven.step({ kind: "joined", peer }, nowMs), "block-hello");
    expect(told("x", 0)).toEqual([]);
    expect(told("stranger", 0)).toEqual([]);
    expect(told("a", 0)).toEqual(["a"]);
    expect(told("b", DEFAULT_OPTIONS.newsIntervalMs - 1)).toEqual([]);
    expect(told("b", DEFAULT_OPTIONS.newsIntervalMs)).toEqual(["b"]);
  });

  test("among very many, a few tell one that is back their height", () => {
    const count = 400;
    const driven = new Driven();
    for (let index = 0; index < count; index += 1) driven.member(`peer ${index}`);
    let told = 0;
    for (let index = 0; index < count; index += 1) {
      const event = { kind: "joined", peer: `peer ${index}` } as const;
      const atMs = (index + 1) * DEFAULT_OPTIONS.newsIntervalMs;
      told += sent(driven.step(event, atMs), "block-hello").length;
    }
    expect(told).toBeGreaterThan(RETURN_BEATS / 3);
    expect(told).toBeLessThan(RETURN_BEATS * 3);
  });

  test("members are alive, in the channel, and of its organisations", () => {
    const driven = new Driven().member("a").member("b", 1, "Org2MSP").member("gone");
    driven.alive.delete("gone");
    const left = stateClaim("b", 9, { mspId: "Org2MSP", hasLeft: true });
    expect(driven.channel.members().map(({ peer }) => peer)).toEqual(["a", "b"]);
    driven.step({ kind: "state-claim", claim: left, from: "b" });
    expect(driven.channel.members().map(({ peer }) => peer)).toEqual(["a"]);
    driven.step({ kind: "organizations", mspIds: new Set(["Org2MSP"]) });
    expect(driven.channel.members()).toEqual([]);
  });

  test("leaving is the last word", () => {
    const driven = new Driven().member("a");
    const [sign] = of(driven.step({ kind: "leave" }, 10), "sign-state");
    expect(sign).toMatchObject({ hasLeft: true });
    const signed: ChannelEvent = { kind: "state-signed", time: sign!.time, sealed: NO_SEAL };
    expect(sent(driven.step(signed), "state-info")).toEqual(["a"]);
    expect(driven.step({ kind: "tick" }, 10_000)).toEqual([]);
    expect(driven.step(block(1))).toEqual([]);
  });
});

describe("the deliverer", () => {
  test("is this peer when it is alone, and its listeners hear of it", () => {
    const driven = new Driven();
    const effects = driven.step({ kind: "tick" }, DEFAULT_OPTIONS.electionGraceMs);
    expect(of(effects, "deliverer")).toEqual([{ kind: "deliverer", isDeliverer: true }]);
    expect(of(effects, "sign-leadership")).toMatchObject([{ isDeclaration: true }]);
  });

  test("is another one when that declares itself; its word is passed on once", () => {
    const driven = new Driven().member("a").member("b");
    const event: ChannelEvent = {
      kind: "leadership",
      claim: leadershipClaim("a", 1, true),
      from: "a",
    };
    expect(sent(driven.step(event), "leadership")).toEqual(["b"]);
    expect(driven.step(event)).toEqual([]);
    expect(of(driven.step({ kind: "tick" }, 1_500), "deliverer")).toEqual([]);
    const after = driven.step({ kind: "died", peer: "a" }, 1_600);
    expect(of(after, "sign-leadership")).toMatchObject([{ isDeclaration: false }]);
  });
});

test("a peer of which a later run is remembered says everything anew, as of the run above that one", () => {
  const driven = new Driven();
  const atMs = DEFAULT_OPTIONS.electionGraceMs;
  const before = driven.step({ kind: "tick" }, atMs);
  const [state] = of(before, "sign-state");
  const risen = driven.step({ kind: "risen", incarnation: 9n }, atMs + 1_000);
  const time = { incarnation: 9n, sequence: 1n };
  expect(of(risen, "sign-state")).toMatchObject([{ time }]);
  // Its signature took longer than that of its successor.
  const late: ChannelEvent = { kind: "state-signed", time: state!.time, sealed: NO_SEAL };
  driven.step(late, atMs + 1_000);
  expect(driven.channel.ownState).toBeUndefined();
  driven.step({ ...late, time }, atMs + 1_000);
  expect(driven.channel.ownState).toBe(NO_SEAL);
  const later = driven.step({ kind: "tick" }, atMs + DEFAULT_OPTIONS.declareIntervalMs);
  expect(of(later, "sign-leadership")).toMatchObject([{ time, isDeclaration: true }]);
});

describe("a beat", () => {
  const hello = (height: number): ChannelEvent => ({
    kind: "block-hello",
    from: "a",
    nonce: "7",
    height,
  });

  test("follows each block for a while and tells the height", () => {
    const driven = new Driven(5).member("a", 4);
    driven.step({ kind: "own-block", number: 4, bytes: utf8("block 4") }, 10_000);
    const effects = driven.step({ kind: "tick" }, 10_200);
    expect(of(effects, "send")).toContainEqual(
      expect.objectContaining({
        to: "a",
        message: expect.objectContaining({ kind: "block-hello", height: 5 }) as object,
      }),
    );
  });

  test("is answered with what the sender lacks, and not at all when it lacks nothing", () => {
    const driven = new Driven(5).member("a", 3);
    expect(of(driven.step(hello(3)), "send")).toMatchObject([
      { to: "a", message: { kind: "block-digest", nonce: "7", numbers: [3, 4] } },
    ]);
    expect(driven.step(hello(5))).toEqual([]);
  });

  test("of a taller peer makes this one ask for what it lacks", () => {
    const driven = new Driven(5).member("a", 5);
    const effects = [...driven.step(hello(40)), ...driven.step({ kind: "tick" }, 300)];
    expect(of(effects, "send")).toContainEqual(
      expect.objectContaining({
        to: "a",
        message: expect.objectContaining({ kind: "range-request", first: 5, last: 39 }) as object,
      }),
    );
  });

  test("of another height sets this one comparing heights, of the same it does not", () => {
    const quiet = new Driven(5).member("a", 5);
    quiet.step({ kind: "tick" }, 10_000);
    const beatsOf = (driven: Driven, fromMs = 10_000): number =>
      Array.from({ length: 20 }, (_, tick) =>
        sent(driven.step({ kind: "tick" }, fromMs + tick * 50), "block-hello"),
      ).flat().length;
    quiet.step(hello(5), 10_000);
    expect(beatsOf(quiet)).toBeLessThanOrEqual(1);
    const busy = new Driven(5).member("a", 3);
    busy.step({ kind: "tick" }, 10_000);
    busy.step(hello(3), 10_000);
    expect(beatsOf(busy)).toBeGreaterThanOrEqual(4);
    // It has caught up: nothing is left to compare.
    busy.step(hello(5), 11_000);
    expect(beatsOf(busy, 11_000)).toBeLessThanOrEqual(1);
  });

  test("of one of few that has stored a block goes to each of them, once", () => {
    const driven = new Driven(5).member("a", 5).member("b", 5).member("fellow", 5, "Org2MSP");
    driven.step({ kind: "tick" }, 10_000);
    driven.step({ ...block(5), from: "a" } as ChannelEvent, 10_010);
    driven.step({ kind: "block-verified", number: 5, isValid: true }, 10_020);
    const stored = driven.step({ kind: "block-stored", number: 5, isStored: true }, 10_030);
    expect([...sent(stored, "block-hello")].sort()).toEqual(["a", "b"]);
    const beats = (fromMs: number): number =>
      Array.from({ length: 20 }, (_, tick) =>
        sent(driven.step({ kind: "tick" }, fromMs + tick * 50), "block-hello"),
      ).flat().length;
    // Nothing was heard of the other one yet.
    expect(beats(10_050)).toBeGreaterThanOrEqual(4);
    driven.step({ ...hello(6), from: "b" } as ChannelEvent, 11_050);
    expect(beats(11_060)).toBeLessThanOrEqual(1);
  });

  test("does not follow a block that has been pushed to few", () => {
    const driven = new Driven(5).member("a", 4).member("b", 4);
    const effects = driven.step({ kind: "own-block", number: 4, bytes: utf8("block 4") }, 10_000);
    expect([...sent(effects, "block")].sort()).toEqual(["a", "b"]);
    expect(sent(effects, "block-hello")).toEqual([]);
  });

  test("is not sent to peers that would not understand it", () => {
    const driven = new Driven(5).member("fabric", 5);
    driven.step({ kind: "own-block", number: 4, bytes: utf8("block 4") }, 10_000);
    const hellos = of(driven.step({ kind: "tick" }, 10_200), "send").filter(
      ({ message }) => message.kind === "block-hello",
    );
    expect(hellos.every(({ message }) => "height" in message && message.height === undefined)).toBe(
      true,
    );
  });
});

test("a peer that is behind and gets nothing pulls from the orderers itself, until it is level", () => {
  const driven = new Driven(5).member("a", 9);
  const later = DEFAULT_OPTIONS.selfRelianceMs + 100;
  driven.step({ kind: "leadership", claim: leadershipClaim("a", 1, true), from: "a" }, later - 50);
  driven.step({ kind: "tick" }, 50);
  expect(of(driven.step({ kind: "tick" }, later), "deliverer")).toEqual([
    { kind: "deliverer", isDeliverer: true },
  ]);
  driven.step({ kind: "ledger", height: 9, chaincodes: [] }, later);
  expect(of(driven.step({ kind: "tick" }, later + 50), "deliverer")).toEqual([
    { kind: "deliverer", isDeliverer: false },
  ]);
});
