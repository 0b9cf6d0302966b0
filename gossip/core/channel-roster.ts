/**
 * Who is in a channel, and how far everybody's ledger is: the claims about ledgers, seen together with who is alive.
 *
 * A member is a peer that is alive, of an organisation of the channel, and has claimed to be in it.
 */
import type { Random } from "../../src/kernel/ports/random.ts";
import type { ChannelMembers } from "./channel-members.ts";
import type { PeerId, Self, StateClaim } from "./claims.ts";
import { SOURCES_DRAWN_MAX, STATE_NEWS_PER_SECOND, STATE_RENEWAL_TURNS } from "./limits.ts";
import type { PeerDirectory, PeerFacts } from "./peer-directory.ts";
import type { Freshness, PeerTime } from "./peer-time.ts";
import { sampleWhere } from "./sampling.ts";
import { StateClaims } from "./state-claims.ts";
import type { Source } from "./state-transfer.ts";

export interface RosterDeps {
  readonly random: Random;
  readonly self: Self;
  readonly directory: PeerDirectory;
}

export class ChannelRoster implements ChannelMembers {
  readonly #random: Random;
  readonly #self: Self;
  readonly #directory: PeerDirectory;
  readonly #claims: StateClaims;
  #mspIds: ReadonlySet<string>;
  #tallest = 0;

  constructor(deps: RosterDeps, stateInfoExpirationMs: number, mspIds: ReadonlySet<string>) {
    this.#random = deps.random;
    this.#self = deps.self;
    this.#directory = deps.directory;
    this.#claims = new StateClaims(stateInfoExpirationMs);
    this.#mspIds = mspIds;
  }

  /** The organisations of the channel from now on. */
  replaceOrganizations(mspIds: ReadonlySet<string>): void {
    this.#mspIds = mspIds;
  }

  hasOrganization(mspId: string): boolean {
    return this.#mspIds.has(mspId);
  }

  /** Claims held, of members and of others. */
  get claimCount(): number {
    return this.#claims.all().length;
  }

  /** How often at most a member publishes its height, so that all together say no more than can be heard. */
  get turnMs(): number {
    return (this.claimCount * 1_000) / STATE_NEWS_PER_SECOND;
  }

  /** The height of the tallest ledger of a member, or one that was as tall when last looked at. */
  get tallest(): number {
    return this.#tallest;
  }

  get memberCount(): number {
    let count = 0;
    for (const claim of this.#claims.all()) if (this.isMember(claim)) count += 1;
    return count;
  }

  /** The members besides this peer, with the heights that they have shown. */
  members(): readonly StateClaim[] {
    return this.#claims
      .all()
      .filter((claim) => this.isMember(claim))
      .map((claim) => {
        const height = this.#claims.heightOf(claim);
        return height === claim.height ? claim : { ...claim, height };
      });
  }

  /** Members whose ledgers are taller than `height`: all where they are few, else some drawn at random. */
  sources(height: number): readonly Source[] {
    const taller = this.drawClaims(
      SOURCES_DRAWN_MAX,
      (claim) => this.#claims.heightOf(claim) > height,
    );
    // Whoever was the tallest has gone.
    if (taller.length === 0) this.#tallest = Math.min(this.#tallest, height);
    return taller.map((claim) => this.#sourceOf(claim));
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

  /** All members of this peer's organisation besides it, unless there are more than `countMax`. */
  fewOwn(countMax: number): readonly Source[] | undefined {
    const own: Source[] = [];
    for (const claim of this.#claims.all()) {
      if (!this.#isOwn(claim)) continue;
      if (own.length === countMax) return undefined;
      own.push(this.#sourceOf(claim));
    }
    return own;
  }

  /** Whether whoever speaks to `count` of the alive peers of the channel's organisations speaks to all of them. */
  isAllOf(count: number): boolean {
    let eligibleCount = 0;
    for (const { mspId } of this.#directory.alive()) {
      if (this.#mspIds.has(mspId)) eligibleCount += 1;
      if (eligibleCount > count) return false;
    }
    return true;
  }

  /** Draws among the alive peers of the channel's organisations, whether or not they are known to be in it. */
  drawEligible(count: number, accept: (facts: PeerFacts) => boolean): readonly PeerFacts[] {
    return sampleWhere(
      this.#directory.alive(),
      count,
      this.#random,
      (facts) => this.#mspIds.has(facts.mspId) && accept(facts),
    );
  }

  /** Up to `count` claims of members, drawn at random among those that `accept` takes. */
  drawClaims(count: number, accept: (claim: StateClaim) => boolean): readonly StateClaim[] {
    return sampleWhere(
      this.#claims.all(),
      count,
      this.#random,
      (claim) => this.isMember(claim) && accept(claim),
    );
  }

  isMember({ peer, mspId, hasLeft }: StateClaim): boolean {
    return !hasLeft && this.#mspIds.has(mspId) && this.#directory.isAlive(peer);
  }

  isOwnMember(peer: PeerId): boolean {
    const claim = this.#claims.get(peer);
    return claim !== undefined && this.#isOwn(claim);
  }

  /** Whether no other member of this peer's organisation is there. */
  isAlone(): boolean {
    return !this.#claims.all().some((claim) => this.#isOwn(claim));
  }

  /** A member has shown that it has so many blocks. */
  noteHeight(peer: PeerId, height: number): void {
    if (!Number.isSafeInteger(height) || this.#claims.get(peer) === undefined) return;
    this.#claims.raise(peer, height);
    this.#tallest = Math.max(this.#tallest, height);
  }

  /** Whether a claim about a ledger is worth verifying. */
  judge(peer: PeerId, time: PeerTime): Freshness {
    return peer === this.#self.peer ? "stale" : this.#claims.judge(peer, time);
  }

  /** Takes a verified claim. True when it says something new. */
  accept(claim: StateClaim, nowMs: number): boolean {
    if (claim.peer === this.#self.peer || !this.#mspIds.has(claim.mspId)) return false;
    if (!this.#claims.accept(claim, nowMs)) return false;
    if (!claim.hasLeft) this.#tallest = Math.max(this.#tallest, claim.height);
    return true;
  }

  acceptAll(claims: readonly StateClaim[], nowMs: number): void {
    this.#claims.reserve(claims.length);
    for (const claim of claims) this.accept(claim, nowMs);
  }

  /** Drops what was not renewed in time, and what is of organisations that are no longer in the channel. */
  expire(nowMs: number): void {
    this.#claims.expire(nowMs, 3 * STATE_RENEWAL_TURNS * this.turnMs, ({ mspId }) =>
      this.#mspIds.has(mspId),
    );
  }

  #isOwn(claim: StateClaim): boolean {
    return claim.mspId === this.#self.mspId && this.isMember(claim);
  }

  #sourceOf(claim: StateClaim): Source {
    const { peer } = claim;
    const servesLong = this.#directory.claimOf(peer)?.rebuttals !== undefined;
    return { peer, height: this.#claims.heightOf(claim), servesLong };
  }
}
