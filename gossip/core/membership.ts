/**
 * Who runs and who has gone.
 *
 * Invariants: a member's time only grows, also across death and forgetting; a member comes back from the dead only by a claim newer
 * than everything heard of it before; this peer itself is no member.
 */
import type { AliveClaim, PeerId } from "./claims.ts";
import { MEMBERS_MAX, TOMBSTONES_MAX } from "./limits.ts";
import type { GossipOptions } from "./options.ts";
import { comparePeerTimes, type PeerTime } from "./peer-time.ts";

/** How a message relates to what is known of its owner. */
export type Freshness = "news" | "known" | "stale";

/** What an accepted claim meant. `refused`: stale, or no room. */
export type Acceptance = "joined" | "revived" | "refreshed" | "refused";

interface Member {
  readonly claim: AliveClaim;
  /** When it was last heard of, or when it was found dead. */
  readonly sinceMs: number;
  readonly isAlive: boolean;
}

export class Membership {
  readonly #self: PeerId;
  readonly #options: Pick<GossipOptions, "aliveExpirationMs" | "forgetAfterMs">;
  readonly #members = new Map<PeerId, Member>();
  readonly #tombstones = new Map<PeerId, PeerTime>();
  #alive: readonly AliveClaim[] | undefined;

  constructor(self: PeerId, options: Pick<GossipOptions, "aliveExpirationMs" | "forgetAfterMs">) {
    this.#self = self;
    this.#options = options;
  }

  /** The newest claims of the members that are alive. */
  alive(): readonly AliveClaim[] {
    this.#alive ??= [...this.#members.values()].filter((m) => m.isAlive).map((m) => m.claim);
    return this.#alive;
  }

  /** The last claims of the members that are dead and not yet forgotten. */
  dead(): readonly AliveClaim[] {
    return [...this.#members.values()].filter((m) => !m.isAlive).map((m) => m.claim);
  }

  isAlive(peer: PeerId): boolean {
    return this.#members.get(peer)?.isAlive === true;
  }

  /** The newest claim of a member, alive or dead. */
  claimOf(peer: PeerId): AliveClaim | undefined {
    return this.#members.get(peer)?.claim;
  }

  /** Whether a claim of `peer` at `time` would say anything new: to be asked before its signature is verified. */
  judge(peer: PeerId, time: PeerTime): Freshness {
    const last = this.#members.get(peer)?.claim.time ?? this.#tombstones.get(peer);
    if (last === undefined) return "news";
    const order = comparePeerTimes(time, last);
    if (order === 0) return "known";
    return order > 0 ? "news" : "stale";
  }

  /** Takes a verified claim. */
  accept(claim: AliveClaim, nowMs: number): Acceptance {
    if (claim.peer === this.#self || this.judge(claim.peer, claim.time) !== "news")
      return "refused";
    const before = this.#members.get(claim.peer);
    if (before === undefined && !this.#makeRoom()) return "refused";
    this.#put(keepSecret(claim, before?.claim), nowMs, true);
    if (before === undefined) return this.#tombstones.delete(claim.peer) ? "revived" : "joined";
    return before.isAlive ? "refreshed" : "revived";
  }

  /** Takes a verified claim of a peer that somebody else found dead. True when nothing was known of it. */
  acceptDead(claim: AliveClaim, nowMs: number): boolean {
    const isKnown = this.#members.has(claim.peer) || this.#tombstones.has(claim.peer);
    if (isKnown || claim.peer === this.#self || !this.#makeRoom()) return false;
    this.#put(claim, nowMs, false);
    return true;
  }

  /** Finds those dead whose claims have expired, and forgets the long dead. Answers the newly dead. */
  expire(nowMs: number): readonly PeerId[] {
    const died: PeerId[] = [];
    for (const [peer, member] of this.#members) {
      const silentMs = nowMs - member.sinceMs;
      if (member.isAlive && silentMs >= this.#options.aliveExpirationMs) {
        this.#put(member.claim, nowMs, false);
        died.push(peer);
      } else if (!member.isAlive && silentMs >= this.#options.forgetAfterMs) {
        this.#forget(peer, member);
      }
    }
    return died;
  }

  #put(claim: AliveClaim, sinceMs: number, isAlive: boolean): void {
    this.#members.set(claim.peer, { claim, sinceMs, isAlive });
    this.#alive = undefined;
  }

  #makeRoom(): boolean {
    if (this.#members.size < MEMBERS_MAX) return true;
    let oldest: readonly [PeerId, Member] | undefined;
    for (const entry of this.#members) {
      if (entry[1].isAlive) continue;
      if (oldest === undefined || entry[1].sinceMs < oldest[1].sinceMs) oldest = entry;
    }
    if (oldest === undefined) return false;
    this.#forget(...oldest);
    return true;
  }

  #forget(peer: PeerId, member: Member): void {
    this.#members.delete(peer);
    this.#tombstones.delete(peer);
    this.#tombstones.set(peer, member.claim.time);
    if (this.#tombstones.size <= TOMBSTONES_MAX) return;
    const [first] = this.#tombstones.keys();
    if (first !== undefined) this.#tombstones.delete(first);
  }
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
