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
import { sample } from "./sampling.ts";
import { Schedule } from "./schedule.ts";
import { StateClaims } from "./state-claims.ts";

/** What a channel needs to know of a peer. */
export interface PeerFacts {
  readonly peer: PeerId;
  readonly mspId: string;
  readonly externalEndpoint: string;
}

/** Who is alive, of whatever channel: the part of the mesh that a channel looks at. */
export interface PeerDirectory {
  alive(): readonly PeerFacts[];
  isAlive(peer: PeerId): boolean;
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
  readonly #schedule: Schedule<"pull">;
  #mspIds: ReadonlySet<string>;
  #chaincodes: readonly RunnableChaincode[];
  #publishedHeight = 0;
  #hasLeft = false;
  #own: SealedMessage | undefined;
  #leadershipTime: PeerTime;
  #wasDeliverer = false;
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
    const flowDeps = { random: deps.random, channel: this, emit };
    this.#blocks = new BlockFlow(flowDeps, options, start.height, nowMs);
    this.#election = new Election(deps.self.peer, options, nowMs);
    this.#leadershipTime = { incarnation: start.incarnation, sequence: 0n };
    this.#schedule = new Schedule({ pull: options.stateInfoIntervalMs }, deps.random, nowMs);
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
    return this.#election.isDeliverer && !this.#hasLeft;
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
      .filter(
        ({ peer, mspId, hasLeft }) =>
          !hasLeft && this.#mspIds.has(mspId) && this.#directory.isAlive(peer),
      );
  }

  /** Those of this peer's organisation. */
  ownMembers(): readonly StateClaim[] {
    return this.members().filter(({ mspId }) => mspId === this.#self.mspId);
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
        this.#claims.expire(nowMs, ({ mspId }) => event.mspIds.has(mspId));
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
    if (this.#schedule.isDue("pull", nowMs)) {
      this.#claims.expire(nowMs, ({ mspId }) => this.#mspIds.has(mspId));
      const asked = sample(this.#eligible(), this.#options.pullPeerCount, this.#random);
      for (const { peer } of asked) this.#send(peer, { kind: "state-pull" });
    }
    this.#blocks.tick(nowMs);
    this.#publishWhenDue(nowMs);
  }

  #takeChaincodes(chaincodes: readonly RunnableChaincode[]): void {
    if (JSON.stringify(chaincodes) === JSON.stringify(this.#chaincodes)) return;
    this.#chaincodes = chaincodes;
    this.#publication.changed();
  }

  #noticeHeight(nowMs: number): void {
    if (this.#blocks.height !== this.#publishedHeight) this.#publication.changed();
    if (this.#publication.isDirty && !this.#hasLeft) this.#publishWhenDue(nowMs);
  }

  #publishWhenDue(nowMs: number): void {
    const due = this.#publication.due(nowMs);
    if ("time" in due) this.#signState(due.time);
    else if (due.isFirstAsked) this.#effects.push({ kind: "wake", afterMs: due.waitMs });
  }

  #signState(time: PeerTime): void {
    this.#publishedHeight = this.#blocks.height;
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
    if (claim.peer === this.#self.peer || !this.#mspIds.has(claim.mspId)) return;
    if (!this.#claims.accept(claim, nowMs)) return;
    this.#spreadState(claim.sealed, claim.peer, from);
    if (claim.height > this.#blocks.height) this.#blocks.requestRanges(nowMs);
  }

  #spreadState(sealed: SealedMessage, owner: PeerId, from: PeerId): void {
    const others = this.#eligible().filter(({ peer }) => peer !== owner && peer !== from);
    for (const { peer } of sample(others, this.#options.pushPeerCount, this.#random)) {
      this.#send(peer, { kind: "state-info", sealed });
    }
  }

  /** Tells a newcomer of the channel's organisations at once what others have been told, without waiting for the next round. */
  #greet(peer: PeerId): void {
    if (this.#own === undefined || !this.#eligible().some((facts) => facts.peer === peer)) return;
    this.#send(peer, { kind: "state-info", sealed: this.#own });
  }

  #answerStatePull(from: PeerId, toMspId: string): void {
    const told = new Set(
      this.#eligible()
        .filter((facts) => mayDisclose(facts, { ownMspId: this.#self.mspId, toMspId }))
        .map(({ peer }) => peer),
    );
    const others = this.members().filter(({ peer }) => peer !== from && told.has(peer));
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
    const others = this.ownMembers().filter(({ peer }) => peer !== from);
    for (const { peer } of sample(others, count, this.#random)) {
      this.#send(peer, { kind: "leadership", sealed });
    }
  }

  #noticeDeliverer(): void {
    const { isDeliverer } = this;
    if (isDeliverer === this.#wasDeliverer) return;
    this.#wasDeliverer = isDeliverer;
    this.#effects.push({ kind: "deliverer", isDeliverer });
  }

  /** Alive peers of the channel's organisations, whether or not they are known to be in it. */
  #eligible(): readonly PeerFacts[] {
    return this.#directory.alive().filter(({ mspId }) => this.#mspIds.has(mspId));
  }

  #isAlone(): boolean {
    return this.ownMembers().length === 0;
  }

  #send(to: PeerId, message: ChannelMessage): void {
    this.#effects.push({ kind: "send", to, message });
  }
}
