/**
 * The peers of the network as this one sees them: who runs, how they are reached, what their certificates are.
 *
 * Deterministic: time and chance come in from outside. Peers that answer probes are judged by that (SWIM with Lifeguard's
 * additions), and only changes are told around: what a peer sends does not grow with the network. Peers that do not, Fabric's, are judged
 * by the alive messages that they renew, and are sent some. What news misses, digests on probes show.
 */
import type { Random } from "../../src/kernel/ports/random.ts";
import type { Accusation } from "./accusation.ts";
import type { AliveClaim, IdentityRecord, PeerId, SealedMessage, Self } from "./claims.ts";
import { Dialling } from "./dialling.ts";
import { FailureDetection } from "./failure-detection.ts";
import { IdentityExchange } from "./identity-exchange.ts";
import { IdentityStore } from "./identity-store.ts";
import { ACCUSATIONS_MAX } from "./limits.ts";
import { Membership } from "./membership.ts";
import { MembershipExchange } from "./membership-exchange.ts";
import { MeshContext } from "./mesh-context.ts";
import type { MeshEffect, MeshEvent } from "./mesh-event.ts";
import { MeshNews } from "./mesh-news.ts";
import type { GossipOptions } from "./options.ts";
import { OwnAlive } from "./own-alive.ts";
import { OwnNews } from "./own-news.ts";
import { comparePeerTimes, type Freshness, type PeerTime } from "./peer-time.ts";
import { sampleWhere } from "./sampling.ts";
import { Schedule } from "./schedule.ts";

export interface MeshDeps {
  readonly random: Random;
  readonly self: Self;
  /** Where other organisations reach this peer; empty: they shall not know of it. */
  readonly externalEndpoint: string;
  /** This peer's own identity and the message that publishes it. */
  readonly ownIdentity: IdentityRecord;
}

export class Mesh {
  readonly #context: MeshContext;
  readonly #dialling: Dialling;
  readonly #detection: FailureDetection;
  readonly #news: MeshNews;
  readonly #own: OwnNews;
  readonly #exchange: MembershipExchange;
  readonly #identities: IdentityExchange;
  readonly #schedule: Schedule<"alive" | "revive" | "exchange" | "pull" | "news">;
  #effects: MeshEffect[] = [];

  /** `incarnation`: the start of this run in nanoseconds since 1970. */
  constructor(deps: MeshDeps, options: GossipOptions, incarnation: bigint, nowMs: number) {
    const { random, self, externalEndpoint, ownIdentity } = deps;
    const identities = new IdentityStore();
    identities.put(ownIdentity);
    const owner = { self, externalEndpoint, identity: ownIdentity };
    this.#context = new MeshContext({
      random,
      self,
      options,
      identities,
      membership: new Membership(self.peer, options),
      own: new OwnAlive(owner, incarnation),
      emit: (effect) => {
        this.#effects.push(effect);
      },
    });
    this.#dialling = new Dialling(this.#context);
    this.#news = new MeshNews(this.#context);
    this.#own = new OwnNews(this.#context, this.#news);
    this.#detection = new FailureDetection(this.#context, this.#news, nowMs);
    this.#exchange = new MembershipExchange(this.#context);
    this.#identities = new IdentityExchange(this.#context);
    this.#schedule = new Schedule(
      {
        alive: options.aliveIntervalMs,
        revive: options.reconnectIntervalMs,
        exchange: options.exchangeIntervalMs,
        pull: options.pullIntervalMs,
        news: options.newsIntervalMs,
      },
      random,
      nowMs,
    );
    this.#schedule.hasten("alive");
  }

  /** What is to be done, since the last time this was asked. */
  takeEffects(): readonly MeshEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Feeds one event. Nothing that a peer can send makes it throw. */
  step(event: MeshEvent, nowMs: number): void {
    switch (event.kind) {
      case "tick":
        this.#tick(nowMs, event.wallMs);
        return;
      case "late":
        this.#detection.late(event.lateMs);
        return;
      case "seeds":
        this.#dialling.replaceSeeds(event.seeds);
        this.#dialling.dialSeeds(nowMs);
        return;
      case "connected":
        if (event.seedEndpoint !== undefined) {
          this.#dialling.reached(event.seedEndpoint, event.peer);
        }
        this.#exchange.ask(event.peer, nowMs);
        return;
      case "alive-signed":
        this.#own.signed(event.time, event.sealed);
        this.#dialling.dialSeeds(nowMs);
        return;
      case "alive":
        this.#acceptAlive(event.claim, event.from, nowMs);
        return;
      case "members":
        this.#acceptMembers(event.alive, event.dead, nowMs);
        return;
      case "stale-alive":
        this.#remind(event.peer, event.from);
        return;
      case "own-alive":
        this.#own.outbid(event.time, event.rebuttals);
        return;
      case "identity":
        this.#context.identities.put(event.record);
        return;
      case "identity-missing":
        this.#identities.ask([event.from], nowMs);
        return;
      case "membership-request":
        this.#exchange.answer(event.from, event.nonce, event.known, nowMs);
        return;
      case "identity-hello":
        this.#identities.answerHello(event.from, event.nonce, nowMs);
        return;
      case "identity-digest":
        this.#identities.takeDigest(event.from, event.nonce, event.peers, nowMs);
        return;
      case "identity-request":
        this.#identities.serve(event.from, event.nonce, event.peers, nowMs);
        return;
      case "probe":
        this.#detection.probed(event.from, event.nonce);
        this.#compare(event.from, event.digest, event.accusation, nowMs);
        return;
      case "ack":
        this.#detection.acked(event.from, event.nonce);
        this.#compare(event.from, event.digest, event.accusation, nowMs);
        return;
      case "probe-request":
        this.#detection.relay(event.from, event.nonce, event.subject, nowMs);
        return;
      case "nack":
        this.#detection.nacked(event.from, event.nonce);
        return;
      case "accusations":
        for (const accusation of event.accusations.slice(0, ACCUSATIONS_MAX)) {
          this.#hear(accusation, event.from, nowMs);
        }
        return;
    }
  }

  /** A tick before this time does nothing, unless another event comes before it. */
  nextDueMs(nowMs: number): number {
    const { membership, own } = this.#context;
    const schedule = this.#schedule;
    const isRenewing = membership.plainCount > 0 || own.claim === undefined;
    return Math.min(
      this.#detection.nextDueMs(nowMs),
      isRenewing ? schedule.nextMs("alive") : Infinity,
      // Seeds are looked after at least as often.
      schedule.nextMs("revive"),
      schedule.nextMs("exchange"),
      schedule.nextMs("pull"),
      this.#exchange.nextDueMs,
      this.#identities.nextDueMs,
      this.#news.isWaiting ? schedule.nextMs("news") : Infinity,
    );
  }

  /** The newest claims of the members that are alive. Not to be kept across a step. */
  alive(): readonly AliveClaim[] {
    return this.#context.membership.alive();
  }

  /** Members that are dead and not forgotten. */
  get deadCount(): number {
    return this.#context.membership.dead().length;
  }

  /** Members that are alive and suspected. */
  get suspectCount(): number {
    return this.#context.membership.suspectCount;
  }

  /** 0 when this peer hears well; up to 8, the less it trusts itself and the more time it gives others. */
  get healthScore(): number {
    return this.#detection.healthScore;
  }

  /** The newest claim that this peer has signed about itself. */
  get ownAlive(): SealedMessage | undefined {
    return this.#context.own.claim?.sealed;
  }

  /** The newest claim of a member, alive or dead. */
  claimOf(peer: PeerId): AliveClaim | undefined {
    return this.#context.membership.claimOf(peer);
  }

  isAlive(peer: PeerId): boolean {
    return this.#context.membership.isAlive(peer);
  }

  /** Whether an alive claim is worth verifying; what is heard again need not be told for as long. */
  judge(peer: PeerId, time: PeerTime): Freshness {
    const { membership, self, own } = this.#context;
    if (peer === self.peer) return comparePeerTimes(time, own.time) > 0 ? "news" : "stale";
    const freshness = membership.judge(peer, time);
    if (freshness === "known") this.#news.heardClaim(peer);
    return freshness;
  }

  identity(peer: PeerId): IdentityRecord | undefined {
    return this.#context.identities.get(peer) ?? this.#context.membership.claimOf(peer)?.identity;
  }

  /** Where a member, alive or dead, is dialled: inside the organisation where possible. */
  endpointOf(peer: PeerId): string | undefined {
    return this.#context.endpointOf(peer);
  }

  /** True once for each answer to a membership request of this peer's. */
  expectsMembership(from: PeerId, nonce: string, nowMs: number): boolean {
    return this.#exchange.expects(from, nonce, nowMs);
  }

  /** True once for each update of identities that this peer asked for. */
  expectsIdentities(from: PeerId, nonce: string, nowMs: number): boolean {
    return this.#identities.expects(from, nonce, nowMs);
  }

  /** Whether a peer may send claims that nobody asked for. */
  takesNewsFrom(peer: PeerId): boolean {
    return this.#context.answersProbes(peer);
  }

  #tick(nowMs: number, wallMs: number): void {
    const { membership, options, own } = this.#context;
    const hasPlain = membership.plainCount > 0;
    this.#detection.tick(nowMs);
    if (this.#schedule.isDue("alive", nowMs) && (hasPlain || own.claim === undefined)) {
      this.#own.renew();
    }
    this.#dialling.dialSeeds(nowMs);
    if (this.#schedule.isDue("revive", nowMs)) this.#dialling.dialLost();
    if (this.#schedule.isDue("exchange", nowMs)) {
      for (const peer of this.#pick(1)) this.#exchange.ask(peer, nowMs);
    }
    if (this.#schedule.isDue("pull", nowMs)) {
      this.#context.identities.expire(wallMs, this.#context.self.peer);
      if (hasPlain) this.#identities.ask(this.#pick(options.pullPeerCount), nowMs);
    }
    this.#exchange.tick(nowMs);
    this.#identities.request(nowMs);
    if (this.#schedule.isDue("news", nowMs)) this.#news.spread();
  }

  #acceptAlive(claim: AliveClaim, from: PeerId, nowMs: number): void {
    const acceptance = this.#context.membership.accept(claim, nowMs);
    if (acceptance === "refused") return;
    if (claim.rebuttals === undefined || acceptance === "refreshed") this.#news.passOn(claim, from);
    else this.#news.tell(claim);
    if (acceptance !== "joined" && acceptance !== "revived") return;
    this.#effects.push({ kind: "joined", peer: claim.peer });
    // Somebody who was away may know, and lack, a great deal: level at once instead of by chance.
    if (acceptance === "revived" && from === claim.peer) this.#exchange.meet(claim.peer, nowMs);
  }

  /**
   * Shows a peer that says less of itself than is remembered of it what that is: it started anew while its clock was behind, and only it can
   * rise above. One that answers no probes does not know how.
   */
  #remind(peer: PeerId, from: PeerId): void {
    const last = this.#context.membership.lastClaimOf(peer);
    if (peer === from && last?.rebuttals !== undefined) this.#context.show(last, peer);
  }

  #acceptMembers(alive: readonly AliveClaim[], dead: readonly AliveClaim[], nowMs: number): void {
    const { membership } = this.#context;
    membership.reserve(alive.length);
    let newsCount = 0;
    for (const claim of alive) {
      const acceptance = membership.accept(claim, nowMs);
      if (acceptance !== "refused") newsCount += 1;
      if (acceptance !== "joined" && acceptance !== "revived") continue;
      this.#effects.push({ kind: "joined", peer: claim.peer });
    }
    for (const claim of dead) membership.acceptDead(claim, nowMs);
    this.#exchange.learned(newsCount, nowMs);
  }

  /** What a peer that probes or answers holds against this one, and whether it knows the same members. */
  #compare(from: PeerId, digest: number, accusation: Accusation | undefined, nowMs: number): void {
    if (accusation !== undefined) this.#hear(accusation, from, nowMs);
    this.#exchange.level(from, digest, nowMs);
  }

  #hear(accusation: Accusation, from: PeerId, nowMs: number): void {
    if (accusation.peer !== this.#context.self.peer) {
      this.#detection.hear(accusation, from, nowMs);
      return;
    }
    if (this.#own.rebut(accusation, from)) this.#detection.doubt();
  }

  #pick(count: number): readonly PeerId[] {
    const { random } = this.#context;
    return sampleWhere(this.alive(), count, random, () => true).map(({ peer }) => peer);
  }
}
