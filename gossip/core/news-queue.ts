/** What is to be told around: claims of members that have come, come back or refuted, and accusations. */
import type { Accusation } from "./accusation.ts";
import type { PeerId, SealedMessage } from "./claims.ts";
import {
  ACCUSATIONS_TOLD_MAX,
  ACCUSATION_QUEUE_MAX,
  CLAIMS_TOLD_MAX,
  CLAIM_QUEUE_MAX,
} from "./limits.ts";
import { Rumors } from "./rumors.ts";

/** A claim with what decides who may be told of it. */
export interface AliveNews {
  readonly kind: "alive";
  readonly peer: PeerId;
  readonly mspId: string;
  readonly externalEndpoint: string;
  readonly sealed: SealedMessage;
}

export type NewsItem = AliveNews | { readonly kind: "accusation"; readonly accusation: Accusation };

export class NewsQueue {
  readonly #claims = new Rumors<AliveNews>({ toldMax: CLAIMS_TOLD_MAX, queueMax: CLAIM_QUEUE_MAX });
  readonly #accusations = new Rumors<NewsItem>({
    toldMax: ACCUSATIONS_TOLD_MAX,
    queueMax: ACCUSATION_QUEUE_MAX,
  });
  /** The keys of the accusations against each peer. */
  readonly #accusationKeys = new Map<PeerId, Set<string>>();

  get size(): number {
    return this.#claims.size + this.#accusations.size;
  }

  /** Puts an item in, in the place of the same author's about the same peer. A claim takes the place of accusations. */
  add(item: NewsItem): void {
    if (item.kind === "alive") {
      this.#dropAccusations(item.peer);
      this.#claims.add(item.peer, item);
      return;
    }
    const { accusation } = item;
    const key = keyOf(accusation);
    this.#keysOf(accusation.peer).add(key);
    this.#unlist(this.#accusations.add(key, item));
  }

  /** Somebody has told this peer what it is telling itself: the claim of `peer`. */
  heardClaim(peer: PeerId): void {
    this.#claims.heard(peer);
  }

  heardAccusation(accusation: Accusation): void {
    const key = keyOf(accusation);
    if (this.#accusations.heard(key)) this.#unlist(key);
  }

  /** The items of this round; those told `roundsMax` times are told no more. */
  take(roundsMax: number): readonly NewsItem[] {
    const accusations = this.#accusations.take(roundsMax, (key) => {
      this.#unlist(key);
    });
    return [...this.#claims.take(roundsMax), ...accusations];
  }

  #dropAccusations(peer: PeerId): void {
    for (const key of this.#accusationKeys.get(peer) ?? []) this.#accusations.delete(key);
    this.#accusationKeys.delete(peer);
  }

  #keysOf(peer: PeerId): Set<string> {
    const keys = this.#accusationKeys.get(peer) ?? new Set<string>();
    this.#accusationKeys.set(peer, keys);
    return keys;
  }

  /** An accusation is told no more. */
  #unlist(key: string | undefined): void {
    if (key === undefined) return;
    const peer = key.slice(0, key.indexOf(" "));
    const keys = this.#accusationKeys.get(peer);
    keys?.delete(key);
    if (keys?.size === 0) this.#accusationKeys.delete(peer);
  }
}

function keyOf({ peer, accuser, isDead }: Accusation): string {
  return `${peer} ${accuser} ${isDead}`;
}
