/**
 * One channel among the peers of its organisations: how far everybody's ledger is, how blocks get about, who pulls them from the orderers.
 * Deterministic: time and chance come in from outside.
 */
import type { Random } from "../../src/kernel/ports/random.ts";
import { BlockFlow } from "./block-flow.ts";
import type { ChannelEffect, ChannelEvent } from "./channel-event.ts";
import type { PeerId, RunnableChaincode, SealedMessage, Self, StateClaim } from "./claims.ts";
import { mayDisclose } from "./disclosure.ts";
import { Election, type ElectionNotice } from "./election.ts";
import type { Freshness } from "./membership.ts";
import type { ChannelMessage } from "./messages.ts";
import type { GossipOptions } from "./options.ts";
import { nextPeerTime, type PeerTime } from "./peer-time.ts";
import { Publication } from "./publication.ts";
import { STATE_NEWS_PER_SECOND, STATE_RENEWAL_TURNS, STATE_SNAPSHOT_MAX } from "./limits.ts";
import { sampleWhere } from "./sampling.ts";
import { Schedule } from "./schedule.ts";
import { StateClaims } from "./state-claims.ts";
import type { Source } from "./state-transfer.ts";

/** What a channel needs to know of a peer. */
export interface PeerFacts {
  readonly peer: PeerId;
  readonly mspId: string;
  readonly externalEndpoint: string;
  /** Undefined: it answers no probes, and speaks as Fabric's peers do. */
  readonly rebuttals: number | undefined;
}

/** Who is alive, of whatever channel: the part of the mesh that a channel looks at. */
export interface PeerDirectory {
  alive(): readonly PeerFacts[];
  isAlive(peer: PeerId): boolean;
  claimOf(peer: PeerId): PeerFacts | undefined;
}

export interface ChannelDeps {
  readonly random: Random;
  readonly self: Self;
  readonly directory: PeerDirectory;
}

export interface ChannelStart {
  readonly mspIds: ReadonlySet<string>;
  readonly height: number;
  readonly chaincodes: readonly RunnableChaincode[];
  /** The start of this run in nanoseconds since 1970. */
  readonly incarnation: bigint;
}

export class Channel {
  readonly #random: Random;
  readonly #self: Self;
  readonly #directory: PeerDirectory;
  readonly #options: GossipOptions;
  readonly #claims: StateClaims;
  readonly #publication: Publication;
  readonly #blocks: BlockFlow;
  readonly #election: Election;
  readonly #schedule: Schedule<"pull" | "expire">;
  #mspIds: ReadonlySet<string>;
  #chaincodes: readonly RunnableChaincode[];
  #publishedHeight = 0;
  #hasLeft = false;
  #own: SealedMessage | undefined;
  #leadershipTime: PeerTime;
  #wasDeliverer = false;
  #tallest = 0;
  #isSelfReliant = false;
  #turnShare = 1;
  #progress = { height: 0, sinceMs: 0 };
  #effects: ChannelEffect[] = [];

  constructor(deps: ChannelDeps, options: GossipOptions, start: ChannelStart, nowMs: number) {
    this.#random = deps.random;
    this.#self = deps.self;
    this.#directory = deps.directory;
    this.#options = options;
    this.#mspIds = start.mspIds;
    this.#chaincodes = start.chaincodes;
    this.#claims = new StateClaims(options.stateInfoExpirationMs);
    this.#publication = new Publication(options, start.incarnation, nowMs);
    const emit = (effect: ChannelEffect): void => {
      this.#effects.push(effect);
    };
    const flowDeps = { random: deps.random, self: deps.self.peer, channel: this, emit };
    this.#blocks = new BlockFlow(flowDeps, options, start.height, nowMs);
    this.#election = new Election(deps.self.peer, options, nowMs);
    this.#leadershipTime = { incarnation: start.incarnation, sequence: 0n };
    this.#schedule = new Schedule(
      { pull: options.stateInfoIntervalMs, expire: options.stateInfoExpirationMs / 10 },
      deps.random,
      nowMs,
    );
    this.#schedule.hasten("pull");
  }

  takeEffects(): readonly ChannelEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Feeds one event. Nothing that a peer can send makes it throw. After `leave` only that last publication goes on. */
  step(event: ChannelEvent, nowMs: number): void {
    if (this.#hasLeft && event.kind !== "state-signed") return;
    this.#apply(event, nowMs);
    this.#noticeHeight(nowMs);
    this.#noticeDeliverer();
  }

  /** The number of the next block that the ledger needs. */
  get height(): number {
    return this.#blocks.height;
  }

  /** Numbers of blocks that wait for an earlier one. */
  get bufferedCount(): number {
    return this.#blocks.bufferedCount;
  }

  get isDeliverer(): boolean {
    return (this.#election.isDeliverer || this.#isSelfReliant) && !this.#hasLeft;
  }

  /** The newest claim that this peer has signed about itself. */
  get ownState(): SealedMessage | undefined {
    return this.#own;
  }

  get chaincodes(): readonly RunnableChaincode[] {
    return this.#chaincodes;
  }

  hasOrganization(mspId: string): boolean {
    return this.#mspIds.has(mspId);
  }

  /** The members besides this peer: alive, of an organisation of the channel, and known to be in it. */
  members(): readonly StateClaim[] {
    return this.#claims
      .all()
      .filter((claim) => this.#isMember(claim))
      .map((claim) => {
        const height = this.#claims.heightOf(claim);
        return height === claim.height ? claim : { ...claim, height };
      });
  }

  /** The height of the tallest ledger of a member, or one that was as tall when last looked at. */
  get tallest(): number {
    return this.#tallest;
  }

  /** What is known of the ledgers of all members. */
  sources(): readonly Source[] {
    const sources = this.#claims
      .all()
      .filter((claim) => this.#isMember(claim))
      .map((claim) => this.#sourceOf(claim));
    // Whoever was the tallest may have gone.
    this.#tallest = sources.reduce((tallest, { height }) => Math.max(tallest, height), 0);
    return sources;
  }

  /** Up to `count` members of this peer's organisation, drawn at random among those that `accept` takes. */
  drawOwn(count: number, accept: (member: Source) => boolean): readonly Source[] {
    const drawn = sampleWhere(
      this.#claims.all(),
      count,
      this.#random,
      (claim) => this.#isOwn(claim) && accept(this.#sourceOf(claim)),
    );
    return drawn.map((claim) => this.#sourceOf(claim));
  }

  isOwnMember(peer: PeerId): boolean {
    const claim = this.#claims.get(peer);
    return claim !== undefined && this.#isOwn(claim);
  }

  /** A member has shown that it has so many blocks. */
  noteHeight(peer: PeerId, height: number): void {
    if (!Number.isSafeInteger(height) || this.#claims.get(peer) === undefined) return;
    this.#claims.raise(peer, height);
    this.#tallest = Math.max(this.#tallest, height);
  }

  /** Whether a claim about a ledger is worth verifying. */
  judgeState(peer: PeerId, time: PeerTime): Freshness {
    return peer === this.#self.peer ? "stale" : this.#claims.judge(peer, time);
  }

  /** Whether a leadership message is worth verifying. */
  isLeadershipNews(peer: PeerId, time: PeerTime): boolean {
    return this.#election.isNews(peer, time);
  }

  #apply(event: ChannelEvent, nowMs: number): void {
    switch (event.kind) {
      case "tick":
        this.#tick(nowMs);
        return;
      case "organizations":
        this.#mspIds = event.mspIds;
        this.#expireClaims(nowMs);
        return;
      case "ledger":
        this.#takeChaincodes(event.chaincodes);
        this.#blocks.advance(event.height, nowMs);
        return;
      case "leave":
        this.#hasLeft = true;
        this.#signState(this.#publication.force(nowMs));
        return;
      case "state-signed":
        this.#publish(event.time, event.sealed);
        return;
      case "state-claim":
        this.#acceptState(event.claim, event.from, nowMs);
        return;
      case "state-claims":
        for (const claim of event.claims) this.#noteState(claim, nowMs);
        if (this.#tallest > this.#blocks.height) this.#blocks.requestRanges(nowMs);
        return;
      case "state-pull":
        this.#answerStatePull(event.from, event.mspId);
        return;
      case "leadership-signed":
        this.#spreadLeadership(event.sealed, this.#self.peer, this.#options.leadershipPeerCount);
        return;
      case "leadership":
        if (!this.#election.isNews(event.claim.peer, event.claim.time)) return;
        this.#announce(this.#election.hear(event.claim, nowMs));
        this.#spreadLeadership(event.claim.sealed, event.from, this.#options.pushPeerCount);
        return;
      case "joined":
        this.#greet(event.peer);
        return;
      case "died":
        this.#announce(this.#election.lost(event.peer, nowMs, this.#isAlone()));
        return;
      case "orderer-trouble":
        this.#election.yield(nowMs, this.#isAlone());
        return;
      case "own-block":
      case "block":
      case "block-hello":
      case "block-digest":
      case "block-request":
      case "block-update":
      case "range-request":
      case "range-response":
      case "block-verified":
      case "block-stored":
        this.#blocks.step(event, nowMs);
        return;
    }
  }

  #tick(nowMs: number): void {
    this.#announce(this.#election.tick(nowMs, this.#isAlone()));
    if (this.#schedule.isDue("expire", nowMs)) this.#expireClaims(nowMs);
    if (this.#schedule.isDue("pull", nowMs)) this.#pullStates();
    this.#blocks.tick(nowMs);
    this.#judgeProgress(nowMs);
    this.#publishWhenDue(nowMs);
  }

  /** Asks a few members what they know of ledgers: the more seldom the more there are, once most are known. */
  #pullStates(): void {
    const knownCount = this.#claims.all().length;
    const isNew = 2 * knownCount < this.#directory.alive().length;
    const turns = Math.ceil(knownCount / STATE_NEWS_PER_SECOND);
    if (!isNew && turns > 1 && this.#random.below(turns) > 0) return;
    for (const { peer } of this.#drawEligible(this.#options.pullPeerCount, () => true)) {
      this.#send(peer, { kind: "state-pull" });
    }
  }

  #expireClaims(nowMs: number): void {
    this.#claims.expire(nowMs, 3 * STATE_RENEWAL_TURNS * this.#turnMs(), ({ mspId }) =>
      this.#mspIds.has(mspId),
    );
  }

  /** How often at most a member publishes its height, so that all together say no more than can be heard. */
  #turnMs(): number {
    return (this.#claims.all().length * 1_000) / STATE_NEWS_PER_SECOND;
  }

  /** A peer that is behind and gets no block from anybody helps itself, until it is level. */
  #judgeProgress(nowMs: number): void {
    const { height } = this.#blocks;
    if (height !== this.#progress.height || this.#tallest <= height) {
      this.#progress = { height, sinceMs: nowMs };
    }
    if (this.#tallest <= height) this.#isSelfReliant = false;
    else if (nowMs - this.#progress.sinceMs >= this.#options.selfRelianceMs) {
      this.#isSelfReliant = true;
    }
  }

  #takeChaincodes(chaincodes: readonly RunnableChaincode[]): void {
    if (JSON.stringify(chaincodes) === JSON.stringify(this.#chaincodes)) return;
    this.#chaincodes = chaincodes;
    this.#publication.changed(true);
  }

  #noticeHeight(nowMs: number): void {
    if (this.#blocks.height !== this.#publishedHeight) this.#publication.changed(false);
    if (this.#publication.isDirty && !this.#hasLeft) this.#publishWhenDue(nowMs);
  }

  #publishWhenDue(nowMs: number): void {
    const due = this.#publication.due(nowMs, this.#turnMs() * this.#turnShare);
    if ("time" in due) this.#signState(due.time);
    else if (due.isFirstAsked) this.#effects.push({ kind: "wake", afterMs: due.waitMs });
  }

  #signState(time: PeerTime): void {
    this.#publishedHeight = this.#blocks.height;
    // Those that published together shall not do so for ever.
    this.#turnShare = 0.5 + this.#random.below(1_000) / 1_000;
    this.#effects.push({
      kind: "sign-state",
      time,
      height: this.#blocks.height,
      hasLeft: this.#hasLeft,
      chaincodes: this.#chaincodes,
    });
  }

  #publish(time: PeerTime, sealed: SealedMessage): void {
    // Signatures may finish in another order than they were begun in.
    if (!this.#publication.isNewest(time)) return;
    this.#own = sealed;
    this.#spreadState(sealed, this.#self.peer, this.#self.peer);
  }

  #acceptState(claim: StateClaim, from: PeerId, nowMs: number): void {
    if (!this.#noteState(claim, nowMs)) return;
    this.#spreadState(claim.sealed, claim.peer, from);
    if (claim.height > this.#blocks.height) this.#blocks.requestRanges(nowMs);
  }

  /** True when the claim says something new. */
  #noteState(claim: StateClaim, nowMs: number): boolean {
    if (claim.peer === this.#self.peer || !this.#mspIds.has(claim.mspId)) return false;
    if (!this.#claims.accept(claim, nowMs)) return false;
    if (!claim.hasLeft) this.#tallest = Math.max(this.#tallest, claim.height);
    return true;
  }

  #spreadState(sealed: SealedMessage, owner: PeerId, from: PeerId): void {
    const others = this.#drawEligible(
      this.#options.pushPeerCount,
      ({ peer }) => peer !== owner && peer !== from,
    );
    for (const { peer } of others) {
      this.#send(peer, { kind: "state-info", sealed });
    }
  }

  /** Tells a newcomer of the channel's organisations at once what others have been told, without waiting for the next round. */
  #greet(peer: PeerId): void {
    const facts = this.#directory.claimOf(peer);
    if (this.#own === undefined || facts === undefined || !this.#mspIds.has(facts.mspId)) return;
    this.#send(peer, { kind: "state-info", sealed: this.#own });
  }

  #answerStatePull(from: PeerId, toMspId: string): void {
    const disclosure = { ownMspId: this.#self.mspId, toMspId };
    const isTold = (claim: StateClaim): boolean => {
      const facts = this.#directory.claimOf(claim.peer);
      if (claim.peer === from || facts === undefined || !this.#isMember(claim)) return false;
      return mayDisclose(facts, disclosure);
    };
    const others = sampleWhere(this.#claims.all(), STATE_SNAPSHOT_MAX, this.#random, isTold);
    const own = this.#own === undefined ? [] : [this.#own];
    const elements = [...own, ...others.map(({ sealed }) => sealed)];
    if (elements.length > 0) this.#send(from, { kind: "state-snapshot", elements });
  }

  #announce(notice: ElectionNotice | undefined): void {
    if (notice === undefined) return;
    this.#leadershipTime = nextPeerTime(this.#leadershipTime);
    this.#effects.push({
      kind: "sign-leadership",
      time: this.#leadershipTime,
      isDeclaration: notice === "declaration",
    });
  }

  #spreadLeadership(sealed: SealedMessage, from: PeerId, count: number): void {
    for (const { peer } of this.drawOwn(count, (member) => member.peer !== from)) {
      this.#send(peer, { kind: "leadership", sealed });
    }
  }

  #noticeDeliverer(): void {
    const { isDeliverer } = this;
    if (isDeliverer === this.#wasDeliverer) return;
    this.#wasDeliverer = isDeliverer;
    this.#effects.push({ kind: "deliverer", isDeliverer });
  }

  /** Draws among the alive peers of the channel's organisations, whether or not they are known to be in it. */
  #drawEligible(count: number, accept: (facts: PeerFacts) => boolean): readonly PeerFacts[] {
    return sampleWhere(
      this.#directory.alive(),
      count,
      this.#random,
      (facts) => this.#mspIds.has(facts.mspId) && accept(facts),
    );
  }

  #isMember({ peer, mspId, hasLeft }: StateClaim): boolean {
    return !hasLeft && this.#mspIds.has(mspId) && this.#directory.isAlive(peer);
  }

  #isOwn(claim: StateClaim): boolean {
    return claim.mspId === this.#self.mspId && this.#isMember(claim);
  }

  #sourceOf(claim: StateClaim): Source {
    const { peer } = claim;
    const servesLong = this.#directory.claimOf(peer)?.rebuttals !== undefined;
    return { peer, height: this.#claims.heightOf(claim), servesLong };
  }

  #isAlone(): boolean {
    return !this.#claims.all().some((claim) => this.#isOwn(claim));
  }

  #send(to: PeerId, message: ChannelMessage): void {
    this.#effects.push({ kind: "send", to, message });
  }
}
