interface Scheduled {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** Virtual time: actions in the order of their time, and of their scheduling when times are equal. A binary heap. */
export class EventQueue {
  readonly #heap: Scheduled[] = [];
  #nowMs = 0;
  #sequence = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `run` in `delayMs`, from 0. */
  schedule(delayMs: number, run: () => void): void {
    const item = { atMs: this.#nowMs + delayMs, sequence: this.#sequence, run };
    this.#sequence += 1;
    this.#heap.push(item);
    this.#siftUp(this.#heap.length - 1);
  }

  /** Runs the next action due at or before `untilMs`, or moves the clock there and returns false. */
  runNext(untilMs: number): boolean {
    const next = this.#heap[0];
    if (next === undefined || next.atMs > untilMs) {
      this.#nowMs = untilMs;
      return false;
    }
    const last = this.#heap.pop()!;
    if (last !== next) {
      this.#heap[0] = last;
      this.#siftDown();
    }
    this.#nowMs = next.atMs;
    next.run();
    return true;
  }

  #siftUp(start: number): void {
    let child = start;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfBefore(child, parent)) return;
      child = parent;
    }
  }

  #siftDown(): void {
    let parent = 0;
    let child = this.#earlierChild(parent);
    while (child !== undefined && this.#swapIfBefore(child, parent)) {
      parent = child;
      child = this.#earlierChild(parent);
    }
  }

  #earlierChild(parent: number): number | undefined {
    const left = 2 * parent + 1;
    if (left >= this.#heap.length) return undefined;
    const right = left + 1;
    return right < this.#heap.length && this.#isBefore(right, left) ? right : left;
  }

  #isBefore(a: number, b: number): boolean {
    const first = this.#heap[a]!;
    const second = this.#heap[b]!;
    return (
      first.atMs < second.atMs || (first.atMs === second.atMs && first.sequence < second.sequence)
    );
  }

  #swapIfBefore(child: number, parent: number): boolean {
    if (!this.#isBefore(child, parent)) return false;
    [this.#heap[child], this.#heap[parent]] = [this.#heap[parent]!, this.#heap[child]!];
    return true;
  }
}
