/**
 * The peers of the network as this one sees them: who runs, how they are reached, what their certificates are.
 *
 * Deterministic: time and chance come in from outside. Alive messages travel by infect-and-die to a few members each; what that
 * misses, the regular exchange of whole memberships and the pull of identities bring.
 */
import type { Random } from "../../src/kernel/ports/random.ts";
import type { AliveClaim, IdentityRecord, PeerId, SealedMessage, Self } from "./claims.ts";
import { Contacts, type Seed } from "./contacts.ts";
import { disclosed, mayDisclose } from "./disclosure.ts";
import { ExpectedAnswers } from "./expected-answers.ts";
import { IdentityStore } from "./identity-store.ts";
import { PULL_ITEMS_MAX, REVIVALS_PER_INTERVAL_MAX } from "./limits.ts";
import { Membership, type Freshness } from "./membership.ts";
import type { MeshEffect, MeshEvent } from "./mesh-event.ts";
import type { MeshMessage } from "./messages.ts";
import type { GossipOptions } from "./options.ts";
import { comparePeerTimes, nextPeerTime, type PeerTime } from "./peer-time.ts";
import { PullRounds, PullService } from "./pull.ts";
import { newNonce, sample } from "./sampling.ts";
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
  readonly #random: Random;
  readonly #self: Self;
  readonly #externalEndpoint: string;
  readonly #options: GossipOptions;
  readonly #membership: Membership;
  readonly #identities = new IdentityStore();
  readonly #contacts: Contacts;
  readonly #answers = new ExpectedAnswers();
  readonly #pull: PullRounds;
  readonly #pullService: PullService;
  readonly #schedule: Schedule<"alive" | "revive" | "exchange" | "pull">;
  readonly #startedMs: number;
  #effects: MeshEffect[] = [];
  #time: PeerTime;
  #own: SealedMessage | undefined;

  /** `incarnation`: the start of this run in nanoseconds since 1970. */
  constructor(deps: MeshDeps, options: GossipOptions, incarnation: bigint, nowMs: number) {
    this.#random = deps.random;
    this.#self = deps.self;
    this.#externalEndpoint = deps.externalEndpoint;
    this.#options = options;
    this.#membership = new Membership(deps.self.peer, options);
    this.#contacts = new Contacts(deps.self.peer, options.reconnectIntervalMs);
    this.#pull = new PullRounds(options, deps.random);
    this.#pullService = new PullService(options);
    this.#startedMs = nowMs;
    this.#time = { incarnation, sequence: 0n };
    this.#identities.put(deps.ownIdentity);
    this.#schedule = new Schedule(
      {
        alive: options.aliveIntervalMs,
        revive: options.reconnectIntervalMs,
        exchange: options.exchangeIntervalMs,
        pull: options.pullIntervalMs,
      },
      deps.random,
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

  step(event: MeshEvent, nowMs: number): void {
    switch (event.kind) {
      case "tick":
        this.#tick(nowMs, event.wallMs);
        return;
      case "seeds":
        this.#contacts.replace(event.seeds);
        this.#dialSeeds(nowMs);
        return;
      case "connected":
        if (event.seedEndpoint !== undefined) {
          this.#contacts.reached(event.seedEndpoint, event.peer);
        }
        this.#exchange(event.peer, nowMs);
        return;
      case "alive-signed":
        this.#publish(event.time, event.sealed);
        this.#dialSeeds(nowMs);
        return;
      case "alive":
        this.#acceptAlive(event.claim, event.from, nowMs);
        return;
      case "dead":
        this.#membership.acceptDead(event.claim, nowMs);
        return;
      case "own-alive":
        this.#refute(event.time);
        return;
      case "identity":
        this.#identities.put(event.record);
        return;
      case "identity-missing":
        this.#askIdentities([event.from], nowMs);
        return;
      case "membership-request":
        this.#answerMembership(event.from, event.nonce);
        return;
      case "identity-hello":
        this.#answerHello(event.from, event.nonce, nowMs);
        return;
      case "identity-digest":
        this.#pull.digest(event.from, event.nonce, event.peers, (peer) => this.#lacks(peer));
        this.#requestIdentities(nowMs);
        return;
      case "identity-request":
        this.#serveIdentities(event.from, event.nonce, event.peers, nowMs);
        return;
    }
  }

  alive(): readonly AliveClaim[] {
    return this.#membership.alive();
  }

  /** The newest claim that this peer has signed about itself. */
  get ownAlive(): SealedMessage | undefined {
    return this.#own;
  }

  /** The newest claim of a member, alive or dead. */
  claimOf(peer: PeerId): AliveClaim | undefined {
    return this.#membership.claimOf(peer);
  }

  isAlive(peer: PeerId): boolean {
    return this.#membership.isAlive(peer);
  }

  /** Whether an alive claim is worth verifying. */
  judge(peer: PeerId, time: PeerTime): Freshness {
    if (peer !== this.#self.peer) return this.#membership.judge(peer, time);
    return comparePeerTimes(time, this.#time) > 0 ? "news" : "stale";
  }

  identity(peer: PeerId): IdentityRecord | undefined {
    return this.#identities.get(peer);
  }

  /** Where a member, alive or dead, is dialled: inside the organisation where possible. */
  endpointOf(peer: PeerId): string | undefined {
    const claim = this.#membership.claimOf(peer);
    const endpoint = claim?.internalEndpoint ?? claim?.externalEndpoint;
    return endpoint === "" ? undefined : endpoint;
  }

  /** True once for each answer to a membership request of this peer's. */
  expectsMembership(from: PeerId, nonce: string, nowMs: number): boolean {
    return this.#answers.take(nonce, from, nowMs);
  }

  /** True once for each update of identities that this peer asked for. */
  expectsIdentities(from: PeerId, nonce: string, nowMs: number): boolean {
    return this.#pull.expects(from, nonce, nowMs);
  }

  #tick(nowMs: number, wallMs: number): void {
    for (const peer of this.#membership.expire(nowMs)) this.#effects.push({ kind: "died", peer });
    if (this.#schedule.isDue("alive", nowMs)) this.#announce(nowMs);
    this.#dialSeeds(nowMs);
    if (this.#schedule.isDue("revive", nowMs)) this.#revive();
    if (this.#schedule.isDue("exchange", nowMs)) {
      for (const { peer } of this.#pick(1)) this.#exchange(peer, nowMs);
    }
    if (this.#schedule.isDue("pull", nowMs)) {
      this.#identities.expire(wallMs, this.#self.peer);
      this.#askIdentities(
        this.#pick(this.#options.pullPeerCount).map((m) => m.peer),
        nowMs,
      );
    }
    this.#requestIdentities(nowMs);
  }

  #announce(nowMs: number): void {
    this.#time = nextPeerTime(this.#time);
    const withIdentity = nowMs - this.#startedMs < this.#options.publishIdentityMs;
    this.#effects.push({ kind: "sign-alive", time: this.#time, withIdentity });
  }

  #publish(time: PeerTime, sealed: SealedMessage): void {
    // A signature that took longer than its successor's is of no use any more.
    if (comparePeerTimes(time, this.#time) !== 0) return;
    this.#own = sealed;
    const told = this.#membership
      .alive()
      .filter(({ mspId }) => this.#mayTell(this.#ownFacts(), mspId));
    for (const member of sample(told, this.#options.pushPeerCount, this.#random)) {
      this.#send(member.peer, { kind: "alive", sealed: this.#ownFor(member.mspId, sealed) });
    }
  }

  #ownFacts(): Pick<AliveClaim, "mspId" | "externalEndpoint"> {
    return { mspId: this.#self.mspId, externalEndpoint: this.#externalEndpoint };
  }

  #ownFor(toMspId: string, sealed: SealedMessage): SealedMessage {
    return toMspId === this.#self.mspId ? sealed : { ...sealed, secretEnvelope: undefined };
  }

  /** A clock that went back, or a copy of this peer: others hold a later claim than its own and would think it dead. */
  #refute(time: PeerTime): void {
    if (comparePeerTimes(time, this.#time) <= 0) return;
    this.#time = nextPeerTime(time);
    this.#effects.push({ kind: "sign-alive", time: this.#time, withIdentity: true });
  }

  #acceptAlive(claim: AliveClaim, from: PeerId, nowMs: number): void {
    const acceptance = this.#membership.accept(claim, nowMs);
    if (acceptance === "refused") return;
    this.#forward(claim, from);
    if (acceptance === "refreshed") return;
    this.#effects.push({ kind: "joined", peer: claim.peer });
    // Somebody who was away may know, and lack, a great deal: level at once instead of by chance.
    if (acceptance === "revived") this.#exchange(claim.peer, nowMs);
  }

  #forward(claim: AliveClaim, from: PeerId): void {
    const others = this.#membership
      .alive()
      .filter(
        ({ peer, mspId }) => peer !== from && peer !== claim.peer && this.#mayTell(claim, mspId),
      );
    for (const { peer, mspId } of sample(others, this.#options.pushPeerCount, this.#random)) {
      const disclosure = { ownMspId: this.#self.mspId, toMspId: mspId };
      this.#send(peer, { kind: "alive", sealed: disclosed(claim, disclosure) });
    }
  }

  #mayTell(claim: Pick<AliveClaim, "mspId" | "externalEndpoint">, toMspId: string): boolean {
    return mayDisclose(claim, { ownMspId: this.#self.mspId, toMspId });
  }

  #dialSeeds(nowMs: number): void {
    // Whoever is reached is told of this peer: not before there is something to show.
    if (this.#own === undefined) return;
    const isServed = (seed: Seed, peer: PeerId | undefined): boolean =>
      (peer !== undefined && this.#membership.isAlive(peer)) || this.#isMemberAt(seed);
    for (const seed of this.#contacts.due(nowMs, isServed)) {
      this.#effects.push({ kind: "dial-seed", seed });
    }
  }

  /** Whether a member of the organisation that must answer there has been heard of, which may have dialled this peer first. */
  #isMemberAt({ endpoint, mspId }: Seed): boolean {
    return this.#membership
      .alive()
      .some(
        (claim) =>
          claim.mspId === mspId &&
          (claim.internalEndpoint === endpoint || claim.externalEndpoint === endpoint),
      );
  }

  #revive(): void {
    for (const { peer } of sample(
      this.#membership.dead(),
      REVIVALS_PER_INTERVAL_MAX,
      this.#random,
    )) {
      const endpoint = this.endpointOf(peer);
      if (endpoint !== undefined) this.#effects.push({ kind: "dial-member", peer, endpoint });
    }
  }

  /** Tells `peer` of this one and asks for everybody it knows. */
  #exchange(peer: PeerId, nowMs: number): void {
    if (this.#own === undefined || peer === this.#self.peer) return;
    const mspId = this.#identities.get(peer)?.mspId ?? "";
    const nonce = newNonce(this.#random);
    this.#answers.expect(nonce, peer, nowMs + this.#options.aliveExpirationMs);
    this.#send(peer, { kind: "membership-request", nonce, self: this.#ownFor(mspId, this.#own) });
  }

  #answerMembership(from: PeerId, nonce: string): void {
    const toMspId = this.#identities.get(from)?.mspId;
    if (toMspId === undefined || this.#own === undefined) return;
    const disclosure = { ownMspId: this.#self.mspId, toMspId };
    const tell = (claims: readonly AliveClaim[]): SealedMessage[] =>
      claims
        .filter((claim) => claim.peer !== from && this.#mayTell(claim, toMspId))
        .map((claim) => disclosed(claim, disclosure));
    const isTold = this.#mayTell(this.#ownFacts(), toMspId);
    const own = isTold ? [this.#ownFor(toMspId, this.#own)] : [];
    this.#send(from, {
      kind: "membership-response",
      nonce,
      alive: [...own, ...tell(this.#membership.alive())],
      dead: tell(this.#membership.dead()),
    });
  }

  #askIdentities(peers: readonly PeerId[], nowMs: number): void {
    if (peers.length === 0) return;
    for (const { to, nonce } of this.#pull.begin(peers, nowMs)) {
      this.#send(to, { kind: "identity-hello", nonce });
    }
  }

  #lacks(peer: PeerId): boolean {
    return peer !== this.#self.peer && !this.#identities.hasSealed(peer);
  }

  #requestIdentities(nowMs: number): void {
    for (const { to, nonce, items } of this.#pull.requests(nowMs)) {
      this.#send(to, { kind: "identity-request", nonce, peers: items });
    }
  }

  #answerHello(from: PeerId, nonce: string, nowMs: number): void {
    if (!this.#pullService.hello(from, nonce, nowMs)) return;
    const told = this.#tellable(from).slice(0, PULL_ITEMS_MAX);
    if (told.length === 0) return;
    this.#send(from, { kind: "identity-digest", nonce, peers: told.map((record) => record.peer) });
  }

  #serveIdentities(from: PeerId, nonce: string, peers: readonly PeerId[], nowMs: number): void {
    if (!this.#pullService.request(from, nonce, nowMs)) return;
    const asked = new Set(peers.slice(0, PULL_ITEMS_MAX));
    const identities = this.#tellable(from).flatMap(({ peer, sealed }) =>
      sealed !== undefined && asked.has(peer) ? [sealed] : [],
    );
    if (identities.length > 0) this.#send(from, { kind: "identity-update", nonce, identities });
  }

  /** The identities that `to` may learn: another organisation those of the members that it may know of. */
  #tellable(to: PeerId): readonly IdentityRecord[] {
    const toMspId = this.#identities.get(to)?.mspId;
    if (toMspId === undefined) return [];
    const all = this.#identities.transferable();
    if (toMspId === this.#self.mspId) return all;
    return all.filter(({ peer }) => {
      const facts = peer === this.#self.peer ? this.#ownFacts() : this.#membership.claimOf(peer);
      return facts !== undefined && this.#mayTell(facts, toMspId);
    });
  }

  #pick(count: number): readonly AliveClaim[] {
    return sample(this.#membership.alive(), count, this.#random);
  }

  #send(to: PeerId, message: MeshMessage): void {
    this.#effects.push({ kind: "send", to, message });
  }
}
