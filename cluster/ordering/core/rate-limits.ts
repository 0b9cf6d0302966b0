import { assert } from "../../../src/kernel/assert.ts";

/** So many a second in the long run, and so many at once. Both positive. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What an operator allows. Absent: no limit. */
export interface RateLimitOptions {
  /** For each client identity. */
  readonly client?: Rate;
  /** For all clients of an organisation together. */
  readonly organization?: Rate;
}

/** Whom an envelope counts against. */
export interface Caller {
  /** Equal for equal certificates, however they are written. */
  readonly clientId: string;
  readonly mspId: string;
}

/** Which limit is reached, and after how many milliseconds there is room again. */
export interface RateExcess {
  readonly of: "client" | "organization";
  readonly retryMs: number;
}

/** Token buckets for clients and organisations. Time is given with each call and never goes back. */
export class RateLimits {
  readonly #client: TokenBuckets | undefined;
  readonly #organization: TokenBuckets | undefined;

  /** `bucketCountMax`: buckets of each kind. */
  constructor({ client, organization }: RateLimitOptions, bucketCountMax: number) {
    this.#client = client && new TokenBuckets(client, bucketCountMax);
    this.#organization = organization && new TokenBuckets(organization, bucketCountMax);
  }

  /** Why the caller has to wait; undefined when there is room for one more. Takes nothing. */
  excess({ clientId, mspId }: Caller, nowMs: number): RateExcess | undefined {
    const clientMs = this.#client?.waitMs(clientId, nowMs) ?? 0;
    const organizationMs = this.#organization?.waitMs(mspId, nowMs) ?? 0;
    if (clientMs === 0 && organizationMs === 0) return undefined;
    const of = clientMs >= organizationMs ? "client" : "organization";
    return { of, retryMs: Math.ceil(Math.max(clientMs, organizationMs)) };
  }

  /** Takes one from both, or, where `excess` says why, nothing from either. */
  take(caller: Caller, nowMs: number): RateExcess | undefined {
    const excess = this.excess(caller, nowMs);
    if (excess !== undefined) return excess;
    this.#client?.take(caller.clientId, nowMs);
    this.#organization?.take(caller.mspId, nowMs);
    return undefined;
  }
}

// What sums of fractions are off by: less than this is no wait.
const ROUNDING_MS = 1e-5;

/**
 * Buckets that fill at one rate, kept as the time at which each will be full (the virtual scheduling form of the generic
 * cell rate algorithm, ITU-T I.371). A full one need not be kept. When too many are not full, the one that was used least
 * recently is forgotten, which is to say filled.
 */
class TokenBuckets {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  readonly #countMax: number;
  // In the order of their last use. Invariant: size ≤ #countMax.
  readonly #fullAtMs = new Map<string, number>();

  constructor({ perSecond, burst }: Rate, countMax: number) {
    assert(perSecond > 0 && burst >= 1, "a rate that lets nothing through is a closed door");
    this.#intervalMs = 1_000 / perSecond;
    this.#burstMs = this.#intervalMs * burst;
    this.#countMax = countMax;
  }

  waitMs(key: string, nowMs: number): number {
    const fullAtMs = this.#fullAtMs.get(key) ?? nowMs;
    const waitMs = fullAtMs - nowMs + this.#intervalMs - this.#burstMs;
    return waitMs > ROUNDING_MS ? waitMs : 0;
  }

  take(key: string, nowMs: number): void {
    const fullAtMs = Math.max(nowMs, this.#fullAtMs.get(key) ?? nowMs) + this.#intervalMs;
    this.#fullAtMs.delete(key);
    for (const [oldest, atMs] of this.#fullAtMs) {
      if (this.#fullAtMs.size < this.#countMax && atMs > nowMs) break;
      this.#fullAtMs.delete(oldest);
    }
    this.#fullAtMs.set(key, fullAtMs);
  }
}
