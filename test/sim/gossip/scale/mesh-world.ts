/** Thousands of mesh cores in one virtual time. What their drivers would do besides, signing and verifying, always succeeds. */
import {
  DEFAULT_OPTIONS,
  Mesh,
  fingerprintOf,
  type AliveClaim,
  type GossipOptions,
  type MeshEffect,
  type MeshMessage,
  type SealedMessage,
} from "../../../../gossip/core/index.ts";
import { assert } from "../../../../src/kernel/assert.ts";
import { EMPTY_BYTES } from "../../../../src/kernel/bytes.ts";
import { SeededRandom } from "../seeded-random.ts";
import { Links } from "./links.ts";
import {
  MSP_ID,
  identityOf,
  type MeshObserver,
  type MeshPeer,
  type MeshPlan,
} from "./mesh-peer.ts";
import { meshBytesOf } from "./message-bytes.ts";
import { peerName, peerNumber } from "./peer-name.ts";
import { Wheel } from "./wheel.ts";

type Item =
  | { readonly kind: "tick"; readonly peer: MeshPeer; readonly run: bigint }
  | {
      readonly kind: "message";
      readonly from: number;
      readonly to: MeshPeer;
      readonly message: MeshMessage;
    };

export class MeshWorld {
  readonly peers: readonly MeshPeer[];
  readonly links: Links;
  readonly options: GossipOptions;
  observer: MeshObserver = {};
  messageCount = 0;
  byteCount = 0;
  readonly #wheel = new Wheel<Item>();
  readonly #random: SeededRandom;
  readonly #claims = new WeakMap<SealedMessage, AliveClaim>();
  readonly #isPlain: (index: number) => boolean;

  constructor({ seed, size, options, isWarm, isPlain, sideOf, isAbsent }: MeshPlan) {
    this.#isPlain = isPlain ?? (() => false);
    this.#random = new SeededRandom(seed);
    this.links = new Links(new SeededRandom(this.#random.uint32()));
    this.options = { ...DEFAULT_OPTIONS, ...options };
    this.peers = Array.from({ length: size }, (_, index) => this.#newPeer(index));
    for (const peer of this.peers) {
      peer.isUp = isAbsent?.(peer.index) !== true;
      if (peer.isUp) this.#start(peer);
    }
    if (isWarm) this.#acquaint(sideOf ?? (() => 0));
    else for (const peer of this.up.slice(1)) this.#introduce(peer);
  }

  get nowMs(): number {
    return this.#wheel.nowMs;
  }

  get up(): readonly MeshPeer[] {
    return this.peers.filter(({ isUp }) => isUp);
  }

  run(durationMs: number): void {
    for (let left = durationMs; left > 0; left -= 1) this.#advance();
  }

  /** Runs until `condition`, looked at every `stepMs`, holds; answers when, or undefined after `limitMs`. */
  runUntil(condition: () => boolean, limitMs: number, stepMs = 50): number | undefined {
    const startMs = this.nowMs;
    while (!condition()) {
      if (this.nowMs - startMs >= limitMs) return undefined;
      this.run(stepMs);
    }
    return this.nowMs - startMs;
  }

  stop(peer: MeshPeer): void {
    peer.isUp = false;
  }

  /** Starts a stopped peer anew, knowing the first other peer alone: a later run, unless its clock has been set back by more than passed. */
  restart(peer: MeshPeer, clockStepMs = 0): void {
    peer.incarnation += BigInt(this.nowMs + 1 + clockStepMs) * 1_000_000n;
    peer.mesh = this.#newMesh(peer.name, peer.incarnation);
    peer.isUp = true;
    this.#start(peer);
    this.#introduce(peer);
  }

  /** The process does nothing for so long; what reaches it waits. */
  stall(peer: MeshPeer, durationMs: number): void {
    peer.stalledUntilMs = this.nowMs + durationMs;
  }

  /** Whether every running peer holds exactly the other running ones for alive. */
  isConvergent(): boolean {
    const { up } = this;
    // Counting first: looking at everybody in thousands of lists takes long.
    if (up.some(({ mesh }) => mesh.alive().length !== up.length - 1)) return false;
    return up.every(({ mesh }) =>
      mesh.alive().every(({ peer }) => this.peers[peerNumber(peer)]!.isUp),
    );
  }

  #newPeer(index: number): MeshPeer {
    const name = peerName(index);
    const incarnation = 1_700_000_000_000_000_000n + BigInt(index);
    return {
      index,
      name,
      isPlain: this.#isPlain(index),
      incarnation,
      mesh: this.#newMesh(name, incarnation),
      isUp: true,
      stalledUntilMs: 0,
      tickedMs: 0,
      unread: [],
    };
  }

  #newMesh(name: string, incarnation: bigint): Mesh {
    const deps = {
      random: new SeededRandom(this.#random.uint32()),
      self: { peer: name, mspId: MSP_ID },
      externalEndpoint: name,
      ownIdentity: identityOf(name),
    };
    return new Mesh(deps, this.options, incarnation, this.nowMs);
  }

  #start(peer: MeshPeer): void {
    peer.tickedMs = this.nowMs;
    this.#stepTick(peer);
    const delayMs = 1 + this.#random.below(this.options.tickIntervalMs);
    this.#wheel.put(delayMs, { kind: "tick", peer, run: peer.incarnation });
  }

  #stepTick(peer: MeshPeer): void {
    // What a test has put in by itself.
    for (const effect of peer.mesh.takeEffects()) this.#perform(peer, effect);
    const dueMs = peer.mesh.nextDueMs(this.nowMs);
    peer.mesh.step({ kind: "tick", wallMs: 0 }, this.nowMs);
    const effects = peer.mesh.takeEffects();
    const isInTime = this.nowMs >= dueMs || effects.every(({ kind }) => kind === "dial-seed");
    assert(isInTime, "a tick before it is due does nothing");
    for (const effect of effects) this.#perform(peer, effect);
  }

  #acquaint(sideOf: (index: number) => number): void {
    const { up } = this;
    for (const side of new Set(up.map(({ index }) => sideOf(index)))) {
      const near = up.filter(({ index }) => sideOf(index) === side);
      const far = up.filter(({ index }) => sideOf(index) !== side);
      const [alive, dead] = [near, far].map((peers) => peers.map(({ mesh }) => mesh.ownAlive!));
      for (const peer of near) this.#teach(peer, alive!, dead!);
    }
  }

  #teach(peer: MeshPeer, alive: readonly SealedMessage[], dead: readonly SealedMessage[]): void {
    const read = (sealed: readonly SealedMessage[]): readonly AliveClaim[] =>
      sealed.map((one) => this.#claimIn(one, peer));
    this.#step(peer, { kind: "members", from: peer.name, alive: read(alive), dead: read(dead) });
  }

  #introduce(peer: MeshPeer): void {
    const contact = this.peers.find((other) => other.isUp && other !== peer);
    if (contact === undefined) return;
    this.#step(peer, { kind: "seeds", seeds: [{ endpoint: contact.name, mspId: MSP_ID }] });
  }

  // A peer's endpoint is its name.
  #dial(peer: MeshPeer, endpoint: string): void {
    const contact = this.peers[peerNumber(endpoint)];
    if (contact?.isUp !== true) return;
    this.#step(peer, { kind: "identity", record: identityOf(contact.name) });
    this.#step(contact, { kind: "identity", record: identityOf(peer.name) });
    this.#step(peer, { kind: "connected", peer: contact.name, seedEndpoint: endpoint });
  }

  #advance(): void {
    this.#wheel.advance((item) => {
      if (item.kind === "tick") this.#tick(item.peer, item.run);
      else this.#arrive(item.from, item.to, item.message);
    });
  }

  #tick(peer: MeshPeer, run: bigint): void {
    if (!peer.isUp || peer.incarnation !== run) return;
    const { tickIntervalMs } = this.options;
    this.#wheel.put(tickIntervalMs, { kind: "tick", peer, run });
    if (this.nowMs < peer.stalledUntilMs) return;
    const lateMs = this.nowMs - peer.tickedMs - tickIntervalMs;
    peer.tickedMs = this.nowMs;
    if (lateMs >= tickIntervalMs) this.#step(peer, { kind: "late", lateMs });
    this.#stepTick(peer);
    for (const [from, message] of peer.unread.splice(0)) this.#read(peer, from, message);
  }

  #arrive(from: number, to: MeshPeer, message: MeshMessage): void {
    if (!to.isUp) return;
    if (this.nowMs < to.stalledUntilMs) to.unread.push([from, message]);
    else this.#read(to, from, message);
  }

  #read(to: MeshPeer, fromIndex: number, message: MeshMessage): void {
    const from = peerName(fromIndex);
    switch (message.kind) {
      case "alive":
        this.#learn(to, from, message.sealed);
        return;
      case "news":
        for (const sealed of message.alive) this.#learn(to, from, sealed);
        return;
      case "membership-request":
        this.#learn(to, from, message.self);
        this.#step(to, { ...message, from });
        return;
      case "membership-response": {
        if (!to.mesh.expectsMembership(from, message.nonce, this.nowMs)) return;
        const alive = this.#newsIn(to, from, message.alive);
        const dead = this.#newsIn(to, from, message.dead);
        this.#step(to, { kind: "members", from, alive, dead });
        return;
      }
      case "identity-update":
        return;
      case "probe":
      case "ack":
      case "probe-request":
      case "nack":
      case "accusations":
      case "identity-hello":
      case "identity-digest":
      case "identity-request":
        this.#step(to, { ...message, from });
    }
  }

  #newsIn(to: MeshPeer, from: string, sealed: readonly SealedMessage[]): readonly AliveClaim[] {
    const news = sealed
      .map((one) => this.#claimIn(one, to))
      .filter((claim) => this.#isNews(to, from, claim));
    for (const { peer, time, rebuttals = 0 } of news) {
      if (peer === to.name) this.#step(to, { kind: "own-alive", time, rebuttals });
    }
    return news.filter(({ peer }) => peer !== to.name);
  }

  #isNews(to: MeshPeer, from: string, { peer, time }: AliveClaim): boolean {
    const freshness = to.mesh.judge(peer, time);
    if (freshness === "stale") this.#step(to, { kind: "stale-alive", peer, from });
    return freshness === "news";
  }

  /** A claim as `reader` understands it. */
  #claimIn(sealed: SealedMessage, reader: MeshPeer): AliveClaim {
    const claim = this.#claims.get(sealed)!;
    if (!reader.isPlain) return claim;
    const plain = { ...claim, rebuttals: undefined };
    return { ...plain, fingerprint: fingerprintOf(plain) };
  }

  #learn(to: MeshPeer, from: string, sealed: SealedMessage): void {
    const claim = this.#claimIn(sealed, to);
    if (!this.#isNews(to, from, claim)) return;
    if (claim.peer === to.name) {
      const { time, rebuttals = 0 } = claim;
      this.#step(to, { kind: "own-alive", time, rebuttals });
    } else {
      this.#step(to, { kind: "alive", claim, from });
    }
  }

  #step(peer: MeshPeer, event: Parameters<Mesh["step"]>[0]): void {
    peer.mesh.step(event, this.nowMs);
    for (const effect of peer.mesh.takeEffects()) this.#perform(peer, effect);
  }

  #perform(peer: MeshPeer, effect: MeshEffect): void {
    switch (effect.kind) {
      case "send":
        this.#send(peer.index, peerNumber(effect.to), effect.message);
        return;
      case "sign-alive": {
        const sealed = this.#seal(peer, effect);
        this.#step(peer, { kind: "alive-signed", time: effect.time, sealed });
        return;
      }
      case "joined":
      case "died":
      case "suspected":
        this.observer[effect.kind]?.(peer, peerNumber(effect.peer), this.nowMs);
        return;
      case "dial-seed":
        this.#dial(peer, effect.seed.endpoint);
        return;
      case "risen":
      case "dial-member":
        return;
    }
  }

  #seal(peer: MeshPeer, draft: Pick<AliveClaim, "time" | "rebuttals">): SealedMessage {
    const sealed = { payload: EMPTY_BYTES, signature: EMPTY_BYTES, secretEnvelope: undefined };
    const rebuttals = peer.isPlain ? undefined : draft.rebuttals;
    this.#claims.set(sealed, {
      peer: peer.name,
      mspId: MSP_ID,
      time: draft.time,
      rebuttals,
      fingerprint: fingerprintOf({ peer: peer.name, time: draft.time, rebuttals }),
      externalEndpoint: peer.name,
      internalEndpoint: undefined,
      identity: identityOf(peer.name),
      sealed,
    });
    return sealed;
  }

  #send(from: number, to: number, message: MeshMessage): void {
    this.messageCount += 1;
    this.byteCount += meshBytesOf(message);
    const delayMs = this.links.draw(from, to);
    if (delayMs === undefined) return;
    const item = { kind: "message", from, to: this.peers[to]!, message } as const;
    this.#wheel.put(delayMs, item);
    const againMs = this.links.drawReplay();
    if (againMs !== undefined) this.#wheel.put(delayMs + againMs, item);
  }
}
