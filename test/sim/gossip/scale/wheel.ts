/** Virtual time in steps of a millisecond: what is due runs in the order in which it was put in. */
export class Wheel<Item> {
  #nowMs = 0;
  readonly #due = new Map<number, Item[]>();

  get nowMs(): number {
    return this.#nowMs;
  }

  /** `delayMs` is a whole number of at least 1. */
  put(delayMs: number, item: Item): void {
    const atMs = this.#nowMs + delayMs;
    const items = this.#due.get(atMs);
    if (items === undefined) this.#due.set(atMs, [item]);
    else items.push(item);
  }

  /** Lets a millisecond pass. */
  advance(run: (item: Item) => void): void {
    this.#nowMs += 1;
    const items = this.#due.get(this.#nowMs);
    if (items === undefined) return;
    this.#due.delete(this.#nowMs);
    for (const item of items) run(item);
  }
}
