/**
 * One channel among the peers of its organisations: how far everybody's ledger is, how blocks get about, who pulls them from the orderers.
 * Deterministic: time and chance come in from outside.
 */
import type { Random } from "../../src/kernel/ports/random.ts";
import { BlockFlow } from "./block-flow.ts";
import type { ChannelEffect, ChannelEvent } from "./channel-event.ts";
import { ChannelRoster } from "./channel-roster.ts";
import type { PeerId, RunnableChaincode, SealedMessage, Self, StateClaim } from "./claims.ts";
import { DelivererDuty } from "./deliverer-duty.ts";
import type { GossipOptions } from "./options.ts";
import type { PeerDirectory } from "./peer-directory.ts";
import type { Freshness, PeerTime } from "./peer-time.ts";
import { StateExchange } from "./state-exchange.ts";

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
  readonly #roster: ChannelRoster;
  readonly #states: StateExchange;
  readonly #blocks: BlockFlow;
  readonly #duty: DelivererDuty;
  #hasLeft = false;
  #effects: ChannelEffect[] = [];

  constructor(deps: ChannelDeps, options: GossipOptions, start: ChannelStart, nowMs: number) {
    const { random, self } = deps;
    const emit = (effect: ChannelEffect): void => {
      this.#effects.push(effect);
    };
    const roster = new ChannelRoster(deps, options.stateInfoExpirationMs, start.mspIds);
    this.#roster = roster;
    const flowDeps = { random, self: self.peer, channel: roster, emit };
    this.#blocks = new BlockFlow(flowDeps, options, start.height, nowMs);
    const dutyDeps = { self: self.peer, roster, emit };
    this.#duty = new DelivererDuty(dutyDeps, options, start.incarnation, nowMs);
    this.#states = new StateExchange({ ...deps, roster, emit }, options, start, nowMs);
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
    if (!this.#hasLeft) this.#states.notice(this.#blocks.height, nowMs);
    this.#duty.notice(this.#hasLeft);
  }

  /** A tick before this time does nothing, unless another event comes before it. */
  nextDueMs(nowMs: number): number {
    if (this.#hasLeft) return Infinity;
    return Math.min(
      this.#duty.nextDueMs(nowMs),
      this.#states.nextDueMs,
      this.#blocks.nextDueMs(nowMs),
    );
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
    return this.#duty.isDeliverer && !this.#hasLeft;
  }

  /** The newest claim that this peer has signed about itself. */
  get ownState(): SealedMessage | undefined {
    return this.#states.own;
  }

  get chaincodes(): readonly RunnableChaincode[] {
    return this.#states.chaincodes;
  }

  hasOrganization(mspId: string): boolean {
    return this.#roster.hasOrganization(mspId);
  }

  /** How many members there are besides this peer. */
  get memberCount(): number {
    return this.#roster.memberCount;
  }

  /** The members besides this peer: alive, of an organisation of the channel, and known to be in it. */
  members(): readonly StateClaim[] {
    return this.#roster.members();
  }

  /** Whether a claim about a ledger is worth verifying. */
  judgeState(peer: PeerId, time: PeerTime): Freshness {
    return this.#roster.judge(peer, time);
  }

  /** Whether a leadership message is worth verifying. */
  isLeadershipNews(peer: PeerId, time: PeerTime): boolean {
    return this.#duty.isNews(peer, time);
  }

  #apply(event: ChannelEvent, nowMs: number): void {
    switch (event.kind) {
      case "tick":
        this.#tick(nowMs);
        return;
      case "organizations":
        this.#roster.replaceOrganizations(event.mspIds);
        this.#roster.expire(nowMs);
        return;
      case "ledger":
        this.#states.takeChaincodes(event.chaincodes);
        this.#blocks.advance(event.height, nowMs);
        return;
      case "leave":
        this.#hasLeft = true;
        this.#states.leave(this.#blocks.height, nowMs);
        return;
      case "state-signed":
        this.#states.signed(event.time, event.sealed);
        return;
      case "state-claim":
        this.#acceptState(event.claim, event.from, nowMs);
        return;
      case "state-claims":
        this.#roster.acceptAll(event.claims, nowMs);
        if (this.#roster.tallest > this.#blocks.height) this.#blocks.requestRanges(nowMs);
        return;
      case "state-pull":
        this.#states.answerPull(event.from, event.mspId);
        return;
      case "leadership-signed":
        this.#duty.signed(event.sealed);
        return;
      case "leadership":
        this.#duty.hear(event.claim, event.from, nowMs);
        return;
      case "joined":
        this.#states.greet(event.peer, nowMs);
        this.#blocks.meet(event.peer, nowMs);
        return;
      case "died":
        this.#duty.lost(event.peer, nowMs);
        return;
      case "risen":
        this.#duty.rise(event.incarnation);
        this.#states.rise(event.incarnation);
        return;
      case "orderer-trouble":
        this.#duty.yield(nowMs);
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
    this.#duty.tick(nowMs);
    this.#states.tick(nowMs);
    this.#blocks.tick(nowMs);
    this.#duty.judgeProgress(this.#blocks.height, nowMs);
    this.#states.publishWhenDue(this.#blocks.height, nowMs);
  }

  #acceptState(claim: StateClaim, from: PeerId, nowMs: number): void {
    if (!this.#roster.accept(claim, nowMs)) return;
    this.#states.passOn(claim, from);
    if (claim.height > this.#blocks.height) this.#blocks.requestRanges(nowMs);
  }
}
