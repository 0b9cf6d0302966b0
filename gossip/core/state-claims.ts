/** What the members of a channel say of their ledgers: the newest claim of each. */
import type { PeerId, StateClaim } from "./claims.ts";
import { STATE_CLAIMS_MAX } from "./limits.ts";
import type { Freshness } from "./membership.ts";
import { comparePeerTimes, type PeerTime } from "./peer-time.ts";

interface Heard {
  readonly claim: StateClaim;
  readonly atMs: number;
}

export class StateClaims {
  readonly #expirationMs: number;
  readonly #heard = new Map<PeerId, Heard>();

  constructor(expirationMs: number) {
    this.#expirationMs = expirationMs;
  }

  /** Whether a claim would say anything new: to be asked before its signature is verified. */
  judge(peer: PeerId, time: PeerTime): Freshness {
    const last = this.#heard.get(peer);
    if (last === undefined) return "news";
    const order = comparePeerTimes(time, last.claim.time);
    if (order === 0) return "known";
    return order > 0 ? "news" : "stale";
  }

  /** Takes a verified claim. False when it says nothing new or there is no room. */
  accept(claim: StateClaim, nowMs: number): boolean {
    if (this.judge(claim.peer, claim.time) !== "news") return false;
    if (!this.#heard.has(claim.peer) && this.#heard.size >= STATE_CLAIMS_MAX) return false;
    this.#heard.set(claim.peer, { claim, atMs: nowMs });
    return true;
  }

  get(peer: PeerId): StateClaim | undefined {
    return this.#heard.get(peer)?.claim;
  }

  all(): readonly StateClaim[] {
    return [...this.#heard.values()].map(({ claim }) => claim);
  }

  /** Drops the claims that were not renewed in time, and those that `keep` refuses. */
  expire(nowMs: number, keep: (claim: StateClaim) => boolean): void {
    for (const [peer, { claim, atMs }] of this.#heard) {
      if (nowMs - atMs >= this.#expirationMs || !keep(claim)) this.#heard.delete(peer);
    }
  }
}
