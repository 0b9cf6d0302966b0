/**
 * Pulling what one lacks: hello, digest of what the other has, request for a part of it, update. Items are named by text; what they
 * are is the caller's affair. Each side keeps the nonces it has given out: an answer without one is not read.
 */
import type { Random } from "../../src/kernel/ports/random.ts";
import type { PeerId } from "./claims.ts";
import { OPEN_HELLOS_MAX, PULL_ITEMS_MAX } from "./limits.ts";
import type { GossipOptions } from "./options.ts";
import { newNonce } from "./sampling.ts";

type PullTimes = Pick<GossipOptions, "digestWaitMs" | "requestWaitMs" | "responseWaitMs">;

export interface Hello {
  readonly to: PeerId;
  readonly nonce: string;
}

export interface ItemRequest extends Hello {
  readonly items: readonly string[];
}

interface Round {
  /** Nonce of each peer's hello; an answered one stays, for the request carries it again. */
  readonly nonces: ReadonlyMap<PeerId, string>;
  readonly silent: Set<PeerId>;
  /** Who offers each item that is lacking. */
  readonly offers: Map<string, PeerId[]>;
  readonly digestsUntilMs: number;
}

/** The side that asks. One round at a time. */
export class PullRounds {
  readonly #times: PullTimes;
  readonly #random: Random;
  #round: Round | undefined;
  readonly #asked = new Map<PeerId, { readonly nonce: string; readonly untilMs: number }>();

  constructor(times: PullTimes, random: Random) {
    this.#times = times;
    this.#random = random;
  }

  /** Starts a round with `peers`, giving up one that still waits for digests. */
  begin(peers: readonly PeerId[], nowMs: number): readonly Hello[] {
    const hellos = peers.map((to) => ({ to, nonce: newNonce(this.#random) }));
    this.#round = {
      nonces: new Map(hellos.map(({ to, nonce }) => [to, nonce])),
      silent: new Set(peers),
      offers: new Map(),
      digestsUntilMs: nowMs + this.#times.digestWaitMs,
    };
    return hellos;
  }

  /** Takes what `from` offers; `lacks` says which of it is wanted. */
  digest(
    from: PeerId,
    nonce: string,
    items: readonly string[],
    lacks: (item: string) => boolean,
  ): void {
    const round = this.#round;
    if (round?.nonces.get(from) !== nonce || !round.silent.delete(from)) return;
    let count = 0;
    for (const item of items) {
      if (!lacks(item)) continue;
      if ((count += 1) > PULL_ITEMS_MAX) return;
      const owners = round.offers.get(item);
      if (owners === undefined) round.offers.set(item, [from]);
      else owners.push(from);
    }
  }

  /** When the collecting of digests ends, if not all answer before; `Infinity` while none are collected. */
  get digestsUntilMs(): number {
    return this.#round?.digestsUntilMs ?? Infinity;
  }

  /** The requests that end the collecting of digests, once everybody has answered or the time is over; else none. */
  requests(nowMs: number): readonly ItemRequest[] {
    const round = this.#round;
    if (round === undefined || (round.silent.size > 0 && nowMs < round.digestsUntilMs)) return [];
    this.#round = undefined;
    const wanted = new Map<PeerId, string[]>();
    for (const [item, owners] of round.offers) {
      const owner = owners[this.#random.below(owners.length)] as PeerId;
      const items = wanted.get(owner);
      if (items === undefined) wanted.set(owner, [item]);
      else if (items.length < PULL_ITEMS_MAX) items.push(item);
    }
    return [...wanted].map(([to, items]) => this.#request(round, to, items, nowMs));
  }

  /** Whether an update was asked for: true once for each request. */
  expects(from: PeerId, nonce: string, nowMs: number): boolean {
    const asked = this.#asked.get(from);
    if (asked?.nonce !== nonce) return false;
    this.#asked.delete(from);
    return nowMs <= asked.untilMs;
  }

  #request(round: Round, to: PeerId, items: readonly string[], nowMs: number): ItemRequest {
    const nonce = round.nonces.get(to) ?? "";
    this.#asked.set(to, { nonce, untilMs: nowMs + this.#times.responseWaitMs });
    return { to, nonce, items };
  }
}

/** The side that is asked: a request is served once, after a hello with the same nonce. */
export class PullService {
  readonly #requestWaitMs: number;
  // By peer and nonce; the value is the time until which a request may follow.
  readonly #hellos = new Map<string, number>();

  constructor(times: Pick<GossipOptions, "requestWaitMs">) {
    this.#requestWaitMs = times.requestWaitMs;
  }

  /** True when the hello is to be answered with a digest. */
  hello(from: PeerId, nonce: string, nowMs: number): boolean {
    for (const [open, untilMs] of this.#hellos) if (untilMs < nowMs) this.#hellos.delete(open);
    if (this.#hellos.size >= OPEN_HELLOS_MAX) return false;
    this.#hellos.set(`${from} ${nonce}`, nowMs + this.#requestWaitMs);
    return true;
  }

  /** True when the request is to be served. */
  request(from: PeerId, nonce: string, nowMs: number): boolean {
    const key = `${from} ${nonce}`;
    const untilMs = this.#hellos.get(key);
    this.#hellos.delete(key);
    return untilMs !== undefined && nowMs <= untilMs;
  }
}
