/** Goes through a list that grows, and gives each item once. */
export class Cursor<T extends object> {
  readonly #items: readonly T[];
  #nextIndex = 0;

  constructor(items: readonly T[]) {
    this.#items = items;
  }

  /** What has come since the last call. */
  *unread(): IterableIterator<T> {
    for (
      let item = this.#items[this.#nextIndex];
      item !== undefined;
      item = this.#items[this.#nextIndex]
    ) {
      this.#nextIndex += 1;
      yield item;
    }
  }
}
