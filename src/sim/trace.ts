/** What happened in a run, one line an event, and the hash of all of it: equal hashes are equal runs. */
import { sha256 } from "../crypto/index.ts";
import { concatBytes, toHex, utf8 } from "../kernel/bytes.ts";

/** Lines that are hashed at once. */
const CHUNK_LINES = 256;

export class Trace {
  readonly #onLine: ((line: string) => void) | undefined;
  #hash: Uint8Array = new Uint8Array(32);
  #waiting: string[] = [];
  #count = 0;
  #isClosed = false;

  /** `onLine` sees every line as it comes. */
  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  get count(): number {
    return this.#count;
  }

  add(atMs: number, kind: string, text: string): void {
    if (this.#isClosed) return;
    const line = `${atMs.toFixed(3)} ${kind} ${text}`;
    this.#count += 1;
    this.#onLine?.(line);
    if (this.#waiting.push(line) >= CHUNK_LINES) this.#fold();
  }

  /** Hexadecimal, of everything so far. */
  hash(): string {
    this.#fold();
    return toHex(this.#hash);
  }

  /** What is said from now on is not heard. */
  close(): void {
    this.#isClosed = true;
  }

  #fold(): void {
    if (this.#waiting.length === 0) return;
    this.#hash = sha256(concatBytes(this.#hash, utf8(this.#waiting.join("\n"))));
    this.#waiting = [];
  }
}
