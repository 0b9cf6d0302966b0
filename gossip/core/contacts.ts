/** Endpoints that are to be reached without knowing who is there: bootstrap peers and anchor peers. */
import type { PeerId } from "./claims.ts";

export interface Seed {
  /** `host:port`. */
  readonly endpoint: string;
  /** The organisation that must answer there. */
  readonly mspId: string;
}

interface Contact {
  readonly seed: Seed;
  /** Who answered there last. */
  readonly peer: PeerId | undefined;
  readonly nextAttemptMs: number;
}

export class Contacts {
  readonly #self: PeerId;
  readonly #reconnectIntervalMs: number;
  #contacts = new Map<string, Contact>();

  constructor(self: PeerId, reconnectIntervalMs: number) {
    this.#self = self;
    this.#reconnectIntervalMs = reconnectIntervalMs;
  }

  /** The endpoints from now on. What is known of those that stay is kept; new ones are due at once. */
  replace(seeds: readonly Seed[]): void {
    this.#contacts = new Map(
      seeds.map((seed) => {
        const before = this.#contacts.get(seed.endpoint);
        return [seed.endpoint, { peer: undefined, nextAttemptMs: 0, ...before, seed }];
      }),
    );
  }

  /**
   * The endpoints to dial now, each once in a reconnect interval: those that are not served, as the caller sees it, which is told
   * who answered there last.
   */
  due(nowMs: number, isServed: (seed: Seed, peer: PeerId | undefined) => boolean): readonly Seed[] {
    const due: Seed[] = [];
    for (const [endpoint, contact] of this.#contacts) {
      const { seed, peer, nextAttemptMs } = contact;
      if (nowMs < nextAttemptMs || peer === this.#self) continue;
      if (isServed(seed, peer)) continue;
      this.#contacts.set(endpoint, {
        ...contact,
        nextAttemptMs: nowMs + this.#reconnectIntervalMs,
      });
      due.push(seed);
    }
    return due;
  }

  /** Somebody answered at `endpoint`; this peer itself is never dialled again. */
  reached(endpoint: string, peer: PeerId): void {
    const contact = this.#contacts.get(endpoint);
    if (contact !== undefined) this.#contacts.set(endpoint, { ...contact, peer });
  }
}
