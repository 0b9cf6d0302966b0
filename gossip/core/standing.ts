import type { PeerId } from "./claims.ts";

interface Wait {
  /** How often in a row it has kept this peer waiting. */
  readonly count: number;
  readonly untilMs: number;
  /** When it is forgotten. */
  readonly forgetMs: number;
}

/** Peers that are not asked for anything for a while: those that lied, and those that kept others waiting. */
export class Standing {
  readonly #asideMs: number;
  readonly #liarUntilMs = new Map<PeerId, number>();
  readonly #waits = new Map<PeerId, Wait>();

  /** `asideMs`: how long at most somebody is left alone. */
  constructor(asideMs: number) {
    this.#asideMs = asideMs;
  }

  /** It served what is not true. */
  lied(peer: PeerId, nowMs: number): void {
    this.#liarUntilMs.set(peer, nowMs + this.#asideMs);
  }

  /**
   * It did not answer within `waitMs`: it is left alone for as long, and twice as long each further time in a row. Otherwise two that never
   * answer would take turns for ever, and nobody else would be asked.
   */
  keptWaiting(peer: PeerId, waitMs: number, nowMs: number): void {
    const count = (this.#waits.get(peer)?.count ?? 0) + 1;
    const untilMs = nowMs + Math.min(this.#asideMs, waitMs * 2 ** (count - 1));
    this.#waits.set(peer, { count, untilMs, forgetMs: untilMs + this.#asideMs });
  }

  /** It has given an answer that is of use. */
  answered(peer: PeerId): void {
    this.#waits.delete(peer);
  }

  isLiar(peer: PeerId, nowMs: number): boolean {
    return nowMs < (this.#liarUntilMs.get(peer) ?? 0);
  }

  isAside(peer: PeerId, nowMs: number): boolean {
    return this.isLiar(peer, nowMs) || nowMs < (this.#waits.get(peer)?.untilMs ?? 0);
  }

  /** Drops what is over. */
  expire(nowMs: number): void {
    for (const [peer, untilMs] of this.#liarUntilMs) {
      if (untilMs <= nowMs) this.#liarUntilMs.delete(peer);
    }
    for (const [peer, { forgetMs }] of this.#waits) {
      if (forgetMs <= nowMs) this.#waits.delete(peer);
    }
  }
}
