import type { PeerId } from "./claims.ts";

/** Peers that are not asked for anything for a while: those that lied, and those that kept others waiting. */
export class Standing {
  readonly #asideUntilMs = new Map<PeerId, number>();

  putAside(peer: PeerId, untilMs: number): void {
    this.#asideUntilMs.set(peer, Math.max(untilMs, this.#asideUntilMs.get(peer) ?? 0));
  }

  isAside(peer: PeerId, nowMs: number): boolean {
    return nowMs < (this.#asideUntilMs.get(peer) ?? 0);
  }

  /** Drops what is over. */
  expire(nowMs: number): void {
    for (const [peer, untilMs] of this.#asideUntilMs) {
      if (untilMs <= nowMs) this.#asideUntilMs.delete(peer);
    }
  }
}
