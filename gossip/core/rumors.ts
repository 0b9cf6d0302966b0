/**
 * Items that are being told: each in several rounds, new ones first, so that old news never keeps new news waiting; what comes back often
 * enough is known and told no more (the counter of Demers et al. 1987 §1.4, beside SWIM's λ·log n).
 */
import { NEWS_HEARD_ENOUGH } from "./limits.ts";

export interface RumorBounds {
  /** Items told in one round. */
  readonly toldMax: number;
  /** Items that wait. When full, what has been told longest ago is dropped. */
  readonly queueMax: number;
}

interface Entry<Item> {
  readonly item: Item;
  toldCount: number;
  heardCount: number;
}

export class Rumors<Item> {
  readonly #bounds: RumorBounds;
  readonly #untold = new Map<string, Entry<Item>>();
  /** The one told longest ago first. */
  readonly #told = new Map<string, Entry<Item>>();

  constructor(bounds: RumorBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#untold.size + this.#told.size;
  }

  /** Puts an item in, in the place of the one with the same key. Answers the key of what was dropped for it. */
  add(key: string, item: Item): string | undefined {
    this.delete(key);
    this.#untold.set(key, { item, toldCount: 0, heardCount: 0 });
    if (this.size <= this.#bounds.queueMax) return undefined;
    const [oldest] = this.#told.size > 0 ? this.#told.keys() : this.#untold.keys();
    if (oldest !== undefined) this.delete(oldest);
    return oldest;
  }

  /** Somebody has told this peer what it is telling itself. True when it is known well enough by that and was dropped. */
  heard(key: string): boolean {
    const entry = this.#untold.get(key) ?? this.#told.get(key);
    if (entry === undefined) return false;
    entry.heardCount += 1;
    if (entry.heardCount < NEWS_HEARD_ENOUGH) return false;
    this.delete(key);
    return true;
  }

  delete(key: string): void {
    this.#untold.delete(key);
    this.#told.delete(key);
  }

  /** The items of this round; those told `roundsMax` times are told no more, and `dropped` hears of them. */
  take(roundsMax: number, dropped?: (key: string) => void): readonly Item[] {
    const taken = this.#first(this.#bounds.toldMax);
    for (const [key, entry] of taken) {
      entry.toldCount += 1;
      this.delete(key);
      if (entry.toldCount >= roundsMax) dropped?.(key);
      else this.#told.set(key, entry);
    }
    return taken.map(([, { item }]) => item);
  }

  #first(count: number): readonly (readonly [string, Entry<Item>])[] {
    const first: (readonly [string, Entry<Item>])[] = [];
    for (const entries of [this.#untold, this.#told]) {
      for (const pair of entries) {
        if (first.length >= count) return first;
        first.push(pair);
      }
    }
    return first;
  }
}
