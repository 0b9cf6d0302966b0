/**
 * Envelopes ordered lately, by hash: an envelope that is sent again, by a client or by an orderer that saw a leader go,
 * is then recognised. Two generations of a bounded size: at least the last `countMax` are remembered.
 */
export class RecentEnvelopes {
  readonly #countMax: number;
  #young = new Map<string, number>();
  #old: ReadonlyMap<string, number> = new Map();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** Number of the block that holds the envelope. */
  blockOf(key: string): number | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  add(key: string, blockNumber: number): void {
    this.#young.set(key, blockNumber);
    if (this.#young.size < this.#countMax) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
