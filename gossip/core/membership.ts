/**
 * Who runs, who is suspected and who has gone.
 *
 * Invariants: a member's time only grows, also across death and forgetting; a member comes back from the dead only by a claim that is newer
 * than everything heard of it before and, where it answers probes, that was made in a later run or in answer to an accusation; this
 * peer itself is no member.
 */
import { accusationOf, refutes, type Accusation } from "./accusation.ts";
import type { AliveClaim, PeerId } from "./claims.ts";
import { MEMBERS_MAX, TOMBSTONES_MAX } from "./limits.ts";
import { MembershipDigest } from "./membership-digest.ts";
import type { GossipOptions } from "./options.ts";
import { freshnessOf, type Freshness, type PeerTime } from "./peer-time.ts";
import { PeerTable } from "./peer-table.ts";
import { Suspicion, suspicionTimes } from "./suspicion.ts";

/** What an accepted claim meant. `rebutted`: a suspicion is off. `refused`: stale, or no room. */
export type Acceptance = "joined" | "revived" | "rebutted" | "refreshed" | "refused";

/** What an accusation meant. `outdated`: a newer claim is held. `refused`: about nobody who could be suspected. */
export type Reception = "suspected" | "confirmed" | "known" | "outdated" | "refused";

export interface Dead {
  readonly peer: PeerId;
  readonly claim: AliveClaim;
  readonly sinceMs: number;
}

/** One that was just found dead. `isToldByOthers`: somebody who found so earlier has said it. */
export interface Death {
  readonly peer: PeerId;
  readonly isToldByOthers: boolean;
}

type MembershipTimes = Pick<
  GossipOptions,
  "aliveExpirationMs" | "forgetAfterMs" | "probeIntervalMs"
>;

export class Membership {
  readonly #self: PeerId;
  readonly #options: MembershipTimes;
  readonly #alive = new PeerTable<AliveClaim>();
  /** When those were last heard of that answer no probes. */
  readonly #heardMs = new Map<PeerId, number>();
  readonly #suspicions = new Map<PeerId, Suspicion>();
  /** Nobody is to be found dead before. */
  #nextDeathMs = Number.POSITIVE_INFINITY;
  readonly #dead = new PeerTable<Dead>();
  /** When the first of the dead is to be forgotten. */
  #forgetAtMs = Number.POSITIVE_INFINITY;
  readonly #tombstones = new Map<PeerId, AliveClaim>();
  readonly #digest = new MembershipDigest();

  constructor(self: PeerId, options: MembershipTimes) {
    this.#self = self;
    this.#options = options;
  }

  /** The newest claims of the members that are alive, suspected ones among them. Not to be kept across a change. */
  alive(): readonly AliveClaim[] {
    return this.#alive.entries();
  }

  /** The members that are dead and not yet forgotten, with their last claims. Not to be kept across a change. */
  dead(): readonly Dead[] {
    return this.#dead.entries();
  }

  get suspectCount(): number {
    return this.#suspicions.size;
  }

  /** Members alive that answer no probes: their silence is all there is to judge them by. */
  get plainCount(): number {
    return this.#heardMs.size;
  }

  /** A hash of who is alive, `own` included: equal where two peers know the same. */
  digestWith(own: AliveClaim | undefined): number {
    return this.#digest.sumWith(own);
  }

  /** A hash of all claims known, of members alive and dead, in `count` buckets, a power of two of them. */
  bucketSumsWith(own: AliveClaim | undefined, count: number): Uint32Array {
    return this.#digest.bucketSumsWith(own, count);
  }

  isAlive(peer: PeerId): boolean {
    return this.#alive.has(peer);
  }

  isSuspected(peer: PeerId): boolean {
    return this.#suspicions.has(peer);
  }

  /** The newest claim of a member, alive or dead. */
  claimOf(peer: PeerId): AliveClaim | undefined {
    return this.#alive.get(peer) ?? this.#dead.get(peer)?.claim;
  }

  /** The newest claim of a peer that was ever a member, as long as it is remembered. */
  lastClaimOf(peer: PeerId): AliveClaim | undefined {
    return this.#alive.get(peer) ?? this.#goneClaimOf(peer);
  }

  /** Whether a claim of `peer` at `time` would say anything new: to be asked before its signature is verified. */
  judge(peer: PeerId, time: PeerTime): Freshness {
    return freshnessOf(time, this.lastClaimOf(peer)?.time);
  }

  /** So many claims are going to be accepted, at most: makes room for all of them at once. */
  reserve(count: number): void {
    this.#alive.reserve(Math.min(this.#alive.size + count, MEMBERS_MAX));
  }

  /** Takes a verified claim. */
  accept(claim: AliveClaim, nowMs: number): Acceptance {
    const { peer } = claim;
    if (peer === this.#self) return "refused";
    const before = this.#alive.get(peer);
    if (before !== undefined) {
      if (freshnessOf(claim.time, before.time) !== "news") return "refused";
      return this.#refresh(claim, before, nowMs);
    }
    const gone = this.#goneClaimOf(peer);
    if (gone === undefined) {
      if (!this.#makeRoom()) return "refused";
      this.#put(claim, nowMs);
      return "joined";
    }
    if (freshnessOf(claim.time, gone.time) !== "news" || !isBack(claim, gone)) return "refused";
    if (this.#dead.delete(peer)) this.#digest.toggleKnown(gone);
    this.#tombstones.delete(peer);
    this.#put(keepSecret(claim, gone), nowMs);
    return "revived";
  }

  /** Takes a verified claim of a peer that somebody else found dead. True when nothing was known of it. */
  acceptDead(claim: AliveClaim, nowMs: number): boolean {
    const isKnown = this.claimOf(claim.peer) !== undefined || this.#tombstones.has(claim.peer);
    if (isKnown || claim.peer === this.#self || !this.#makeRoom()) return false;
    this.#digest.toggleKnown(claim);
    this.#lay(claim, nowMs);
    return true;
  }

  /** Takes what somebody says of a member. Death is never taken from others: it only shortens the time to refute. */
  accuse(accusation: Accusation, nowMs: number): Reception {
    const { peer, accuser, isDead } = accusation;
    const claim = this.#alive.get(peer);
    if (claim === undefined) return this.#receptionOfGone(accusation);
    if (claim.rebuttals === undefined) return "refused";
    if (refutes(claim, accusation)) return "outdated";
    // About a claim that is not here: it will come, and the accusation with it.
    if (!isAbout(claim, accusation)) return "refused";
    const suspicion = this.#suspicions.get(peer);
    if (suspicion === undefined) {
      const times = suspicionTimes(this.#options.probeIntervalMs, this.#alive.size + 1);
      const fresh = new Suspicion(times, accuser, nowMs);
      if (isDead) fresh.believeVerdict();
      this.#suspicions.set(peer, fresh);
      this.#expectDeath(fresh.deadlineMs);
      return "suspected";
    }
    const isConfirmed = suspicion.confirm(accuser);
    const isVerdict = isDead && suspicion.believeVerdict();
    this.#expectDeath(suspicion.deadlineMs);
    return isConfirmed || isVerdict ? "confirmed" : "known";
  }

  #receptionOfGone(accusation: Accusation): Reception {
    const dead = this.#dead.get(accusation.peer)?.claim;
    return dead !== undefined && isAbout(dead, accusation) ? "known" : "refused";
  }

  /** What can be said against a member that is suspected or dead. */
  accusationOf(peer: PeerId): Accusation | undefined {
    const dead = this.#dead.get(peer)?.claim;
    if (dead !== undefined) return accusationOf(dead, this.#self, true);
    const claim = this.#suspicions.has(peer) ? this.#alive.get(peer) : undefined;
    return claim === undefined ? undefined : accusationOf(claim, this.#self, false);
  }

  /** This peer was not listening for so long: nobody can be blamed for that time. */
  delay(byMs: number): void {
    for (const suspicion of this.#suspicions.values()) suspicion.delay(byMs);
    for (const [peer, heardMs] of this.#heardMs) this.#heardMs.set(peer, heardMs + byMs);
  }

  /** When somebody may have to be found dead, or forgotten. */
  get nextDueMs(): number {
    return Math.min(this.#nextDeathMs, this.#forgetAtMs);
  }

  /** Finds those dead whose time is over, and forgets the long dead. Answers the newly dead. */
  expire(nowMs: number): readonly Death[] {
    this.#forgetLongDead(nowMs);
    if (nowMs < this.#nextDeathMs) return [];
    this.#nextDeathMs = Number.POSITIVE_INFINITY;
    const died: Death[] = [];
    for (const [peer, { deadlineMs, hasVerdict }] of this.#suspicions) {
      if (nowMs >= deadlineMs) died.push({ peer, isToldByOthers: hasVerdict });
      else this.#expectDeath(deadlineMs);
    }
    for (const [peer, heardMs] of this.#heardMs) {
      const deadlineMs = heardMs + this.#options.aliveExpirationMs;
      if (nowMs >= deadlineMs) died.push({ peer, isToldByOthers: false });
      else this.#expectDeath(deadlineMs);
    }
    for (const { peer } of died) this.#bury(peer, nowMs);
    return died;
  }

  #expectDeath(atMs: number): void {
    this.#nextDeathMs = Math.min(this.#nextDeathMs, atMs);
  }

  #refresh(claim: AliveClaim, before: AliveClaim, nowMs: number): Acceptance {
    // A claim that was signed before the accusation, and came late, refutes nothing.
    const isRebuttal = this.#suspicions.has(claim.peer) && isBack(claim, before);
    this.#digest.toggleAlive(before);
    this.#digest.toggleKnown(before);
    this.#put(keepSecret(claim, before), nowMs);
    if (isRebuttal) this.#suspicions.delete(claim.peer);
    return isRebuttal ? "rebutted" : "refreshed";
  }

  /** The last claim of one that is dead or forgotten. */
  #goneClaimOf(peer: PeerId): AliveClaim | undefined {
    return this.#dead.get(peer)?.claim ?? this.#tombstones.get(peer);
  }

  #put(claim: AliveClaim, nowMs: number): void {
    this.#alive.set(claim);
    this.#digest.toggleAlive(claim);
    this.#digest.toggleKnown(claim);
    if (claim.rebuttals !== undefined) {
      this.#heardMs.delete(claim.peer);
      return;
    }
    this.#heardMs.set(claim.peer, nowMs);
    this.#expectDeath(nowMs + this.#options.aliveExpirationMs);
  }

  #bury(peer: PeerId, nowMs: number): void {
    const claim = this.#alive.get(peer);
    if (claim === undefined) return;
    this.#alive.delete(peer);
    this.#digest.toggleAlive(claim);
    this.#suspicions.delete(peer);
    this.#heardMs.delete(peer);
    this.#lay(claim, nowMs);
  }

  #lay(claim: AliveClaim, nowMs: number): void {
    this.#dead.set({ peer: claim.peer, claim, sinceMs: nowMs });
    this.#forgetAtMs = Math.min(this.#forgetAtMs, nowMs + this.#options.forgetAfterMs);
  }

  #forgetLongDead(nowMs: number): void {
    if (nowMs < this.#forgetAtMs) return;
    this.#forgetAtMs = Number.POSITIVE_INFINITY;
    for (const { claim, sinceMs } of [...this.#dead.entries()]) {
      const atMs = sinceMs + this.#options.forgetAfterMs;
      if (nowMs >= atMs) this.#forget(claim);
      else this.#forgetAtMs = Math.min(this.#forgetAtMs, atMs);
    }
  }

  #makeRoom(): boolean {
    if (this.#alive.size + this.#dead.size < MEMBERS_MAX) return true;
    const [first, ...others] = this.#dead.entries();
    if (first === undefined) return false;
    this.#forget(others.reduce((a, b) => (b.sinceMs < a.sinceMs ? b : a), first).claim);
    return true;
  }

  #forget(claim: AliveClaim): void {
    this.#dead.delete(claim.peer);
    this.#digest.toggleKnown(claim);
    this.#tombstones.set(claim.peer, claim);
    if (this.#tombstones.size <= TOMBSTONES_MAX) return;
    const [first] = this.#tombstones.keys();
    if (first !== undefined) this.#tombstones.delete(first);
  }
}

function isAbout({ time, rebuttals }: AliveClaim, accusation: Accusation): boolean {
  return time.incarnation === accusation.incarnation && rebuttals === accusation.rebuttals;
}

/** Whether `claim`, which is newer than `before`, was made by a peer that knew of what was said against `before`. */
function isBack(claim: AliveClaim, before: AliveClaim): boolean {
  if (before.rebuttals === undefined || claim.rebuttals === undefined) return true;
  return refutes(claim, { incarnation: before.time.incarnation, rebuttals: before.rebuttals });
}

// A claim may arrive by way of another organisation, stripped of the endpoint inside ours: what is known of it stays known.
function keepSecret(claim: AliveClaim, before: AliveClaim | undefined): AliveClaim {
  if (claim.internalEndpoint !== undefined || before?.internalEndpoint === undefined) return claim;
  const { secretEnvelope } = before.sealed;
  return {
    ...claim,
    internalEndpoint: before.internalEndpoint,
    sealed: { ...claim.sealed, secretEnvelope },
  };
}
