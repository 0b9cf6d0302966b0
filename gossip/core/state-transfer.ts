/**
 * Asking for missing blocks in ranges, at several peers at once, each range at another one; what does not come in time is asked of
 * somebody else.
 */
import type { Random } from "../../src/kernel/ports/random.ts";
import type { PeerId } from "./claims.ts";
import { BUFFER_BLOCKS_MAX, RANGES_IN_FLIGHT_MAX, RANGE_BLOCKS_MAX } from "./limits.ts";
import type { GossipOptions } from "./options.ts";
import { newNonce } from "./sampling.ts";
import type { Standing } from "./standing.ts";

/** A peer that could serve blocks below `height`. */
export interface Source {
  readonly peer: PeerId;
  readonly height: number;
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
  isHeld(number: number): boolean;
  readonly sources: readonly Source[];
}

interface InFlight extends RangeRequest {
  readonly untilMs: number;
}

export class StateTransfer {
  readonly #options: Pick<GossipOptions, "transferPatienceMs" | "transferTimeoutMs">;
  readonly #random: Random;
  readonly #standing: Standing;
  readonly #inFlight = new Map<string, InFlight>();
  #gap: { readonly number: number; readonly sinceMs: number } | undefined;

  constructor(
    deps: { readonly random: Random; readonly standing: Standing },
    options: Pick<GossipOptions, "transferPatienceMs" | "transferTimeoutMs">,
  ) {
    this.#options = options;
    this.#random = deps.random;
    this.#standing = deps.standing;
  }

  /** The requests to send now. A short gap is given time to close by itself; a long one is worked on at once. */
  plan(need: Need, nowMs: number): readonly RangeRequest[] {
    const sources = need.sources.filter((source) => !this.#standing.isAside(source.peer, nowMs));
    const top = Math.max(need.height, ...sources.map((source) => source.height));
    const missing = this.#missing(need, Math.min(top, need.height + BUFFER_BLOCKS_MAX));
    const [first] = missing;
    if (first === undefined) {
      this.#gap = undefined;
      return [];
    }
    if (this.#gap?.number !== first) this.#gap = { number: first, sinceMs: nowMs };
    const isPatient = top - first < RANGE_BLOCKS_MAX;
    if (isPatient && nowMs - this.#gap.sinceMs < this.#options.transferPatienceMs) return [];
    return this.#assign(missing, sources, nowMs);
  }

  /** The request that an answer belongs to, once, if it is in time. */
  answered(from: PeerId, nonce: string, nowMs: number): RangeRequest | undefined {
    const request = this.#inFlight.get(nonce);
    if (request?.to !== from || nowMs > request.untilMs) return undefined;
    this.#inFlight.delete(nonce);
    return request;
  }

  /** Gives up requests whose time is over, and on the peers that let it pass: for as long as they had. */
  expire(nowMs: number): void {
    for (const [nonce, { to, untilMs }] of this.#inFlight) {
      if (nowMs <= untilMs) continue;
      this.#inFlight.delete(nonce);
      this.#standing.putAside(to, nowMs + this.#options.transferTimeoutMs);
    }
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
      const source = able[this.#random.below(Math.max(1, able.length))];
      if (source === undefined) break;
      const last = endOfRange(missing, index, source.height - 1);
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

// The last number of the run without holes that starts at `index`, as far as one request goes and one source has.
function endOfRange(missing: readonly number[], index: number, sourceLast: number): number {
  const first = missing[index] as number;
  let last = first;
  for (let offset = 1; offset < RANGE_BLOCKS_MAX; offset += 1) {
    if (missing[index + offset] !== first + offset || first + offset > sourceLast) break;
    last = first + offset;
  }
  return last;
}
