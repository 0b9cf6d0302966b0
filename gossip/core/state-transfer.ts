/**
 * Asking for missing blocks in ranges, at several peers at once, each range at another one; what does not come in time is asked of
 * somebody else. Who is asked for which range is drawn by rendezvous hashing (Thaler and Ravishankar 1998): those that lack the same
 * ranges at the same time ask different peers, and each keeps to its order.
 */
import type { Random } from "../../src/kernel/ports/random.ts";
import type { PeerId } from "./claims.ts";
import {
  BUFFER_BLOCKS_MAX,
  LONG_RANGE_BLOCKS_MAX,
  NO_SOURCE_PAUSE_MS,
  RANGES_IN_FLIGHT_MAX,
  RANGE_BLOCKS_MAX,
} from "./limits.ts";
import type { GossipOptions } from "./options.ts";
import { hashOfPeer, mixHash } from "./peer-table.ts";
import { newNonce } from "./sampling.ts";
import type { Standing } from "./standing.ts";

/** A peer that could serve blocks below `height`. */
export interface Source {
  readonly peer: PeerId;
  readonly height: number;
  /** Whether it serves `LONG_RANGE_BLOCKS_MAX` blocks at once, or Fabric's few. */
  readonly servesLong: boolean;
}

export interface RangeRequest {
  readonly to: PeerId;
  readonly nonce: string;
  readonly first: number;
  readonly last: number;
}

/** What is missing, and who might have it. */
export interface Need {
  /** The number of the next block that the ledger needs. */
  readonly height: number;
  /** The height of the tallest ledger there is, as far as is known. */
  readonly tallest: number;
  isHeld(number: number): boolean;
  /** Asked for only when something is to be requested: it looks at all members. */
  sources(): readonly Source[];
}

interface InFlight extends RangeRequest {
  readonly untilMs: number;
}

export class StateTransfer {
  readonly #options: Pick<GossipOptions, "transferPatienceMs" | "transferTimeoutMs">;
  readonly #random: Random;
  readonly #self: PeerId;
  readonly #standing: Standing;
  readonly #inFlight = new Map<string, InFlight>();
  #pausedUntilMs = 0;
  #gap: { readonly number: number; readonly sinceMs: number } | undefined;

  constructor(
    deps: { readonly random: Random; readonly self: PeerId; readonly standing: Standing },
    options: Pick<GossipOptions, "transferPatienceMs" | "transferTimeoutMs">,
  ) {
    this.#options = options;
    this.#random = deps.random;
    this.#self = deps.self;
    this.#standing = deps.standing;
  }

  get isWaiting(): boolean {
    return this.#inFlight.size > 0;
  }

  /** The requests to send now. A short gap is given time to close by itself; a long one is worked on at once. */
  plan(need: Need, nowMs: number): readonly RangeRequest[] {
    const { height, tallest } = need;
    if (tallest <= height || this.#inFlight.size >= RANGES_IN_FLIGHT_MAX) return [];
    const missing = this.#missing(need, Math.min(tallest, height + BUFFER_BLOCKS_MAX));
    const [first] = missing;
    if (first === undefined) {
      this.#gap = undefined;
      return [];
    }
    if (this.#gap?.number !== first) this.#gap = { number: first, sinceMs: nowMs };
    const isPatient = tallest - first < RANGE_BLOCKS_MAX;
    if (isPatient && nowMs - this.#gap.sinceMs < this.#options.transferPatienceMs) return [];
    if (nowMs < this.#pausedUntilMs) return [];
    const sources = need.sources().filter(({ peer }) => !this.#standing.isAside(peer, nowMs));
    const requests = this.#assign(missing, sources, nowMs);
    if (requests.length === 0) this.#pausedUntilMs = nowMs + NO_SOURCE_PAUSE_MS;
    return requests;
  }

  /** The request that an answer belongs to, once, if it is in time. */
  answered(from: PeerId, nonce: string, nowMs: number): RangeRequest | undefined {
    const request = this.#inFlight.get(nonce);
    if (request?.to !== from || nowMs > request.untilMs) return undefined;
    this.#inFlight.delete(nonce);
    return request;
  }

  /** Gives up requests whose time is over, and for a while on the peers that let it pass. Answers those requests. */
  expire(nowMs: number): readonly RangeRequest[] {
    const over = [...this.#inFlight.values()].filter(({ untilMs }) => nowMs > untilMs);
    for (const { nonce, to } of over) {
      this.#inFlight.delete(nonce);
      this.#standing.keptWaiting(to, this.#options.transferTimeoutMs, nowMs);
    }
    return over;
  }

  #missing(need: Need, end: number): readonly number[] {
    const asked = [...this.#inFlight.values()];
    const missing: number[] = [];
    for (let number = need.height; number < end; number += 1) {
      if (need.isHeld(number)) continue;
      if (asked.some(({ first, last }) => first <= number && number <= last)) continue;
      missing.push(number);
    }
    return missing;
  }

  #assign(
    missing: readonly number[],
    sources: readonly Source[],
    nowMs: number,
  ): readonly RangeRequest[] {
    const busy = new Set([...this.#inFlight.values()].map(({ to }) => to));
    const requests: RangeRequest[] = [];
    let index = 0;
    while (index < missing.length && this.#inFlight.size < RANGES_IN_FLIGHT_MAX) {
      const first = missing[index] as number;
      const able = sources.filter(({ peer, height }) => height > first && !busy.has(peer));
      const source = heaviest(able, hashOfPeer(this.#self) ^ first);
      if (source === undefined) break;
      const last = endOfRange(missing, index, source);
      const request = { to: source.peer, nonce: newNonce(this.#random), first, last };
      this.#inFlight.set(request.nonce, {
        ...request,
        untilMs: nowMs + this.#options.transferTimeoutMs,
      });
      busy.add(source.peer);
      requests.push(request);
      index += last - first + 1;
    }
    return requests;
  }
}

// Each pair of a source and a key has a weight as good as random: the heaviest source wins, the next one when it is not to be had.
function heaviest(sources: readonly Source[], key: number): Source | undefined {
  let best: Source | undefined;
  let bestWeight = -1;
  for (const source of sources) {
    const weight = mixHash(hashOfPeer(source.peer), key);
    if (weight <= bestWeight) continue;
    best = source;
    bestWeight = weight;
  }
  return best;
}

// The last number of the run without holes that starts at `index`, as far as one request goes and the source has.
function endOfRange(missing: readonly number[], index: number, source: Source): number {
  const first = missing[index] as number;
  const length = source.servesLong ? LONG_RANGE_BLOCKS_MAX : RANGE_BLOCKS_MAX;
  let last = first;
  for (let offset = 1; offset < length; offset += 1) {
    if (missing[index + offset] !== first + offset || first + offset >= source.height) break;
    last = first + offset;
  }
  return last;
}
