/** What the members of a channel say of their ledgers: the newest claim of each, and the greatest height that it has shown since. */
import type { PeerId, StateClaim } from "./claims.ts";
import { STATE_CLAIMS_MAX } from "./limits.ts";
import { freshnessOf, type Freshness, type PeerTime } from "./peer-time.ts";
import { PeerTable } from "./peer-table.ts";

export class StateClaims {
  readonly #expirationMs: number;
  /** With the time of acceptance. */
  readonly #claims = new PeerTable<StateClaim>();
  /** What peers have shown beyond their claims. */
  readonly #raised = new Map<PeerId, number>();

  constructor(expirationMs: number) {
    this.#expirationMs = expirationMs;
  }

  /** Whether a claim would say anything new: to be asked before its signature is verified. */
  judge(peer: PeerId, time: PeerTime): Freshness {
    return freshnessOf(time, this.#claims.get(peer)?.time);
  }

  /** So many claims are going to be accepted, at most: makes room for all of them at once. */
  reserve(count: number): void {
    this.#claims.reserve(Math.min(this.#claims.size + count, STATE_CLAIMS_MAX));
  }

  /** Takes a verified claim. False when it says nothing new or there is no room. */
  accept(claim: StateClaim, nowMs: number): boolean {
    const { peer } = claim;
    const last = this.#claims.get(peer);
    const isWelcome =
      last === undefined
        ? this.#claims.size < STATE_CLAIMS_MAX
        : freshnessOf(claim.time, last.time) === "news";
    if (!isWelcome) return false;
    this.#claims.set(claim, nowMs);
    this.#raised.delete(peer);
    return true;
  }

  /** A peer has shown that its ledger has at least `height` blocks. Nothing happens when it has made no claim. */
  raise(peer: PeerId, height: number): void {
    const claim = this.#claims.get(peer);
    if (claim !== undefined && height > this.heightOf(claim)) this.#raised.set(peer, height);
  }

  get(peer: PeerId): StateClaim | undefined {
    return this.#claims.get(peer);
  }

  /** The height that the owner of a claim has shown. */
  heightOf({ peer, height }: StateClaim): number {
    return this.#raised.get(peer) ?? height;
  }

  /** Every claim, in no order that means anything. Not to be kept across a change. */
  all(): readonly StateClaim[] {
    return this.#claims.entries();
  }

  /** Drops the claims that were not renewed in time, at least `longMs`, and those that `keep` refuses. */
  expire(nowMs: number, longMs: number, keep: (claim: StateClaim) => boolean): void {
    const expirationMs = Math.max(this.#expirationMs, longMs);
    for (const claim of [...this.#claims.entries()]) {
      const isLate = nowMs - this.#claims.stampOf(claim.peer) >= expirationMs;
      if (!isLate && keep(claim)) continue;
      this.#claims.delete(claim.peer);
      this.#raised.delete(claim.peer);
    }
  }
}
