/**
 * What is to be told around: claims of members that have come, come back or refuted, and accusations. Each is told in several rounds to a few
 * members, new ones first, so that old news never keeps new news waiting; what comes back often enough is known and told no more (the
 * counter of Demers et al. 1987 §1.4, beside SWIM's λ·log n).
 */
import type { Accusation } from "./accusation.ts";
import type { PeerId, SealedMessage } from "./claims.ts";
import { NEWS_BATCH_MAX, NEWS_HEARD_ENOUGH, NEWS_QUEUE_MAX } from "./limits.ts";

/** A claim with what decides who may be told of it. */
export interface AliveNews {
  readonly kind: "alive";
  readonly peer: PeerId;
  readonly mspId: string;
  readonly externalEndpoint: string;
  readonly sealed: SealedMessage;
}

export type NewsItem = AliveNews | { readonly kind: "accusation"; readonly accusation: Accusation };

interface Entry {
  readonly item: NewsItem;
  toldCount: number;
  heardCount: number;
}

export class NewsQueue {
  readonly #untold = new Map<string, Entry>();
  /** The one told longest ago first. */
  readonly #told = new Map<string, Entry>();
  readonly #accusationKeys = new Map<PeerId, Set<string>>();

  get size(): number {
    return this.#untold.size + this.#told.size;
  }

  /** Puts an item in, in the place of the same author's about the same peer. A claim takes the place of accusations. */
  add(item: NewsItem): void {
    const key = keyOf(item);
    this.#delete(key);
    if (item.kind === "alive") this.#dropAccusations(item.peer);
    else this.#keysOf(item.accusation.peer).add(key);
    this.#untold.set(key, { item, toldCount: 0, heardCount: 0 });
    this.#shrink();
  }

  /** Somebody has told this peer what it is telling itself: the claim of `peer`. */
  heardClaim(peer: PeerId): void {
    this.#heard(peer);
  }

  heardAccusation(accusation: Accusation): void {
    this.#heard(keyOf({ kind: "accusation", accusation }));
  }

  /** The items of this round; those told `roundsMax` times are told no more. */
  take(roundsMax: number): readonly NewsItem[] {
    const taken: (readonly [string, Entry])[] = [];
    for (const entries of [this.#untold, this.#told]) {
      for (const pair of entries) {
        if (taken.length >= NEWS_BATCH_MAX) break;
        taken.push(pair);
      }
    }
    for (const [key, entry] of taken) {
      entry.toldCount += 1;
      if (entry.toldCount >= roundsMax) {
        this.#delete(key);
        continue;
      }
      this.#untold.delete(key);
      this.#told.delete(key);
      this.#told.set(key, entry);
    }
    return taken.map(([, { item }]) => item);
  }

  #heard(key: string): void {
    const entry = this.#untold.get(key) ?? this.#told.get(key);
    if (entry === undefined) return;
    entry.heardCount += 1;
    if (entry.heardCount >= NEWS_HEARD_ENOUGH) this.#delete(key);
  }

  #delete(key: string): void {
    const entry = this.#untold.get(key) ?? this.#told.get(key);
    this.#untold.delete(key);
    this.#told.delete(key);
    if (entry?.item.kind === "accusation") {
      const { peer } = entry.item.accusation;
      const keys = this.#accusationKeys.get(peer);
      keys?.delete(key);
      if (keys?.size === 0) this.#accusationKeys.delete(peer);
    }
  }

  #dropAccusations(peer: PeerId): void {
    for (const key of [...(this.#accusationKeys.get(peer) ?? [])]) this.#delete(key);
  }

  #keysOf(peer: PeerId): Set<string> {
    const keys = this.#accusationKeys.get(peer) ?? new Set<string>();
    this.#accusationKeys.set(peer, keys);
    return keys;
  }

  #shrink(): void {
    if (this.size <= NEWS_QUEUE_MAX) return;
    const [oldest] = this.#told.size > 0 ? this.#told.keys() : this.#untold.keys();
    if (oldest !== undefined) this.#delete(oldest);
  }
}

function keyOf(item: NewsItem): string {
  if (item.kind === "alive") return item.peer;
  const { peer, accuser, isDead } = item.accusation;
  return `${peer} ${accuser} ${isDead}`;
}
