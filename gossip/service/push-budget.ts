import type { PeerId } from "../core/index.ts";
import {
  CONNECTIONS_MAX,
  PRIVATE_PUSHES_PER_SECOND_MAX,
  PRIVATE_PUSH_BYTES_PER_SECOND_MAX,
} from "./limits.ts";

const WINDOW_MS = 1_000;

interface Window {
  readonly startMs: number;
  count: number;
  bytes: number;
}

/** How much each peer may push in a second, so that none of them fills the disk of the others. */
export class PushBudget {
  readonly #windows = new Map<PeerId, Window>();

  /** Whether `peer` may push so many bytes now; if so, they are counted. */
  take(peer: PeerId, bytes: number, nowMs: number): boolean {
    const window = this.#window(peer, nowMs);
    const isWithin =
      window.count < PRIVATE_PUSHES_PER_SECOND_MAX &&
      (window.count === 0 || window.bytes + bytes <= PRIVATE_PUSH_BYTES_PER_SECOND_MAX);
    if (!isWithin) return false;
    window.count += 1;
    window.bytes += bytes;
    return true;
  }

  #window(peer: PeerId, nowMs: number): Window {
    const known = this.#windows.get(peer);
    if (known !== undefined && nowMs - known.startMs < WINDOW_MS) return known;
    if (this.#windows.size >= CONNECTIONS_MAX) this.#forget(nowMs);
    const window = { startMs: nowMs, count: 0, bytes: 0 };
    this.#windows.set(peer, window);
    return window;
  }

  #forget(nowMs: number): void {
    for (const [peer, { startMs }] of this.#windows) {
      if (nowMs - startMs >= WINDOW_MS) this.#windows.delete(peer);
    }
  }
}
