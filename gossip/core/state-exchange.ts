/** What the peers of a channel tell each other of their ledgers: this one's own claim, others' passed on, and both pulled and told in bulk. */
import type { Random } from "../../src/kernel/ports/random.ts";
import type { ChannelEffect } from "./channel-event.ts";
import type { ChannelRoster } from "./channel-roster.ts";
import type { PeerId, RunnableChaincode, SealedMessage, Self, StateClaim } from "./claims.ts";
import { mayDisclose } from "./disclosure.ts";
import {
  GREETINGS_PER_SECOND,
  STATE_NEWS_PER_SECOND,
  STATE_PULL_QUIET_INTERVALS,
  STATE_SNAPSHOT_MAX,
} from "./limits.ts";
import type { ChannelMessage } from "./messages.ts";
import type { GossipOptions } from "./options.ts";
import type { PeerDirectory } from "./peer-directory.ts";
import type { PeerTime } from "./peer-time.ts";
import { Publication } from "./publication.ts";
import { Schedule } from "./schedule.ts";

export interface StateExchangeDeps {
  readonly random: Random;
  readonly self: Self;
  readonly directory: PeerDirectory;
  readonly roster: ChannelRoster;
  readonly emit: (effect: ChannelEffect) => void;
}

export interface StateExchangeStart {
  readonly chaincodes: readonly RunnableChaincode[];
  /** The start of this run in nanoseconds since 1970. */
  readonly incarnation: bigint;
}

export class StateExchange {
  readonly #deps: StateExchangeDeps;
  readonly #options: GossipOptions;
  readonly #publication: Publication;
  readonly #schedule: Schedule<"pull" | "expire">;
  #chaincodes: readonly RunnableChaincode[];
  #publishedHeight = 0;
  #own: SealedMessage | undefined;
  #turnShare = 1;
  /** Pulls that are still made one an interval, as after a change. */
  #busyPulls = STATE_PULL_QUIET_INTERVALS;
  #pullsLeftOut = 0;
  /** Whether somebody has come since it was quiet. */
  #hasCompany = false;
  readonly #greetings = { second: 0, count: 0 };

  constructor(
    deps: StateExchangeDeps,
    options: GossipOptions,
    start: StateExchangeStart,
    nowMs: number,
  ) {
    this.#deps = deps;
    this.#options = options;
    this.#chaincodes = start.chaincodes;
    this.#publication = new Publication(options, start.incarnation, nowMs);
    this.#schedule = new Schedule(
      { pull: options.stateInfoIntervalMs, expire: options.stateInfoExpirationMs / 10 },
      deps.random,
      nowMs,
    );
    this.#schedule.hasten("pull");
  }

  /** The newest claim that this peer has signed about itself. */
  get own(): SealedMessage | undefined {
    return this.#own;
  }

  get chaincodes(): readonly RunnableChaincode[] {
    return this.#chaincodes;
  }

  get nextDueMs(): number {
    return Math.min(
      this.#schedule.nextMs("expire"),
      this.#schedule.nextMs("pull"),
      this.#publication.dueMs(this.#turnMs),
    );
  }

  tick(nowMs: number): void {
    if (this.#schedule.isDue("expire", nowMs)) this.#deps.roster.expire(nowMs);
    if (this.#schedule.isDue("pull", nowMs)) this.#pull();
  }

  rise(incarnation: bigint): void {
    this.#publication.rise(incarnation);
  }

  takeChaincodes(chaincodes: readonly RunnableChaincode[]): void {
    if (JSON.stringify(chaincodes) === JSON.stringify(this.#chaincodes)) return;
    this.#chaincodes = chaincodes;
    this.#publication.changed(true);
  }

  /** After every event: a ledger of another height than was published, or other chaincodes, are to be told. */
  notice(height: number, nowMs: number): void {
    if (height !== this.#publishedHeight) {
      this.#publication.changed(false);
      if (!this.#isToldByOwner()) this.#noticeChange();
    }
    if (this.#publication.isDirty) this.publishWhenDue(height, nowMs);
  }

  publishWhenDue(height: number, nowMs: number): void {
    const due = this.#publication.due(nowMs, this.#turnMs);
    if ("time" in due) this.#sign(due.time, { height, hasLeft: false });
    else if (due.isFirstAsked) this.#deps.emit({ kind: "wake", afterMs: due.waitMs });
  }

  get #turnMs(): number {
    return this.#deps.roster.turnMs * this.#turnShare;
  }

  /** The last thing that this peer says about the channel. */
  leave(height: number, nowMs: number): void {
    this.#sign(this.#publication.force(nowMs), { height, hasLeft: true });
  }

  signed(time: PeerTime, sealed: SealedMessage): void {
    // Signatures may finish in another order than they were begun in.
    if (!this.#publication.isNewest(time)) return;
    this.#own = sealed;
    this.#spread(sealed, this.#deps.self.peer, this.#deps.self.peer);
  }

  /** Passes on a claim that `from` has brought, unless its owner tells all that there are. */
  passOn({ peer, sealed }: StateClaim, from: PeerId): void {
    if (!this.#isToldByOwner()) this.#spread(sealed, peer, from);
  }

  /** Whether each peer tells all others what is new of it: then there is nothing to pass on, and little to have missed. */
  #isToldByOwner(): boolean {
    return this.#deps.roster.isAllOf(this.#options.pushPeerCount);
  }

  /** Somebody's channel state is another than before: what pushes have missed is to be pulled soon. */
  #noticeChange(): void {
    this.#busyPulls = STATE_PULL_QUIET_INTERVALS;
  }

  /** Tells a newcomer of the channel's organisations at once what others have been told, without waiting for the next round. */
  greet(peer: PeerId, nowMs: number): void {
    const { directory, roster } = this.#deps;
    this.#noticeChange();
    this.#hasCompany = true;
    const facts = directory.claimOf(peer);
    if (this.#own === undefined || facts === undefined) return;
    if (!roster.hasOrganization(facts.mspId) || !this.#mayGreet(nowMs)) return;
    this.#send(peer, { kind: "state-info", sealed: this.#own });
  }

  #mayGreet(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#greetings.second) {
      this.#greetings.second = second;
      this.#greetings.count = 0;
    }
    this.#greetings.count += 1;
    return this.#greetings.count <= GREETINGS_PER_SECOND;
  }

  answerPull(from: PeerId, toMspId: string): void {
    const { directory, roster, self } = this.#deps;
    const disclosure = { ownMspId: self.mspId, toMspId };
    const isTold = ({ peer }: StateClaim): boolean => {
      const facts = directory.claimOf(peer);
      return peer !== from && facts !== undefined && mayDisclose(facts, disclosure);
    };
    const others = roster.drawClaims(STATE_SNAPSHOT_MAX, isTold);
    const own = this.#own === undefined ? [] : [this.#own];
    const elements = [...own, ...others.map(({ sealed }) => sealed)];
    if (elements.length > 0) this.#send(from, { kind: "state-snapshot", elements });
  }

  /**
   * Asks what others know of ledgers: a few members until most are known and a while after somebody has come; then one, the more seldom the more
   * there are and the less happens.
   */
  #pull(): void {
    const { random, directory, roster } = this.#deps;
    const knownCount = roster.claimCount;
    const isNew = 2 * knownCount < directory.alive().length;
    const turns = Math.ceil(knownCount / STATE_NEWS_PER_SECOND);
    if (!isNew && (this.#isQuiet() || (turns > 1 && random.below(turns) > 0))) return;
    const count = isNew || this.#hasCompany ? this.#options.pullPeerCount : 1;
    for (const { peer } of roster.drawEligible(count, () => true)) {
      this.#send(peer, { kind: "state-pull" });
    }
  }

  #isQuiet(): boolean {
    if (this.#busyPulls > 0) {
      this.#busyPulls -= 1;
      return false;
    }
    this.#hasCompany = false;
    this.#pullsLeftOut = (this.#pullsLeftOut + 1) % STATE_PULL_QUIET_INTERVALS;
    return this.#pullsLeftOut > 0;
  }

  #sign(time: PeerTime, said: { readonly height: number; readonly hasLeft: boolean }): void {
    this.#publishedHeight = said.height;
    // Those that published together shall not do so for ever.
    this.#turnShare = 0.5 + this.#deps.random.below(1_000) / 1_000;
    this.#deps.emit({ kind: "sign-state", time, ...said, chaincodes: this.#chaincodes });
  }

  #spread(sealed: SealedMessage, owner: PeerId, from: PeerId): void {
    const others = this.#deps.roster.drawEligible(
      this.#options.pushPeerCount,
      ({ peer }) => peer !== owner && peer !== from,
    );
    for (const { peer } of others) this.#send(peer, { kind: "state-info", sealed });
  }

  #send(to: PeerId, message: ChannelMessage): void {
    this.#deps.emit({ kind: "send", to, message });
  }
}
