import { assert } from "../../src/kernel/assert.ts";

interface InflightAppend {
  readonly lastIndex: number;
  readonly bytes: number;
}

/** The appends on their way to one follower, oldest first: a window bounded by count and by bytes. */
export class Inflight {
  #countMax: number;
  #bytesMax: number;
  // Invariant: lastIndex strictly increases; length <= countMax, unless the bound was lowered since.
  readonly #appends: InflightAppend[] = [];
  #bytes = 0;

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  /** Moves the bounds. What is on its way stays. */
  resize(countMax: number, bytesMax: number): void {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  get count(): number {
    return this.#appends.length;
  }

  /** The bytes may exceed their bound by the last append: the window only closes once it is reached. */
  isFull(): boolean {
    return this.#appends.length >= this.#countMax || this.#bytes >= this.#bytesMax;
  }

  /** Records an append whose entries end at `lastIndex`. Only while the window is open. */
  add(lastIndex: number, bytes: number): void {
    assert(!this.isFull(), "an append with entries is sent only into an open window");
    assert(
      lastIndex > (this.#appends.at(-1)?.lastIndex ?? 0),
      "appends are sent in the order of the log",
    );
    this.#appends.push({ lastIndex, bytes });
    this.#bytes += bytes;
  }

  /** Forgets every append that ends at or before `index`. */
  acknowledge(index: number): void {
    let head = this.#appends[0];
    while (head !== undefined && head.lastIndex <= index) {
      this.#bytes -= head.bytes;
      this.#appends.shift();
      head = this.#appends[0];
    }
  }

  clear(): void {
    this.#appends.length = 0;
    this.#bytes = 0;
  }
}
