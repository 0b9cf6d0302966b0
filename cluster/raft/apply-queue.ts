import { assert } from "../../src/kernel/assert.ts";
import type { Entry } from "./entry.ts";
import { entriesBytes } from "./entry.ts";
import type { RaftLog } from "./log.ts";

interface Handout {
  readonly lastIndex: number;
  readonly bytes: number;
}

/**
 * What the application was given and what it reported as applied.
 *
 *     applied ≤ handedOut ≤ min(committed, durable)
 *
 * Only entries that are also durable here are handed out: otherwise a crash could leave an application that is ahead of
 * its own log.
 */
export class ApplyQueue {
  readonly #bytesMax: number;
  #applied: number;
  #handedOut: number;
  readonly #handouts: Handout[] = [];
  #bytes = 0;

  constructor(applied: number, bytesMax: number) {
    this.#applied = applied;
    this.#handedOut = applied;
    this.#bytesMax = bytesMax;
  }

  get applied(): number {
    return this.#applied;
  }

  get handedOut(): number {
    return this.#handedOut;
  }

  /** The next entries up to `index`, within the bound on what is being applied. */
  take(log: RaftLog, index: number): readonly Entry[] {
    if (this.#handedOut >= index || this.#bytes >= this.#bytesMax) return [];
    const entries = log.sliceBytes(this.#handedOut, index, this.#bytesMax - this.#bytes);
    const bytes = entriesBytes(entries);
    this.#handedOut += entries.length;
    this.#handouts.push({ lastIndex: this.#handedOut, bytes });
    this.#bytes += bytes;
    return entries;
  }

  /** The application holds a snapshot up to `index`: what it was given before does not matter any more. */
  install(index: number): void {
    assert(index >= this.#applied, "a snapshot never takes the application back");
    this.#applied = index;
    this.#handedOut = Math.max(this.#handedOut, index);
    this.#handouts.length = 0;
    this.#bytes = 0;
  }

  /** Everything up to `index` is applied. */
  complete(index: number): void {
    assert(
      index >= this.#applied && index <= this.#handedOut,
      "the driver applies what it was given, in order",
    );
    this.#applied = index;
    let head = this.#handouts[0];
    while (head !== undefined && head.lastIndex <= index) {
      this.#bytes -= head.bytes;
      this.#handouts.shift();
      head = this.#handouts[0];
    }
  }
}
