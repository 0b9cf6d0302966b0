/**
 * A few numbers that two peers compare to see whether they know the same members alive: a sum of hashes, and the same in buckets, so
 * that only what differs has to be sent. Two different memberships have equal sums once in 2^32; the next change tells them apart.
 */
import type { AliveClaim, PeerId } from "./claims.ts";
import { DIGEST_BUCKETS_MAX } from "./limits.ts";
import { hashOfPeer, mixHash } from "./peer-table.ts";

/**
 * The part of a claim that all should agree on, in 32 bits. The sequence is left out: a peer with Fabric's peers around it renews its claim
 * every few seconds, which changes nothing.
 */
export function fingerprintOf({
  peer,
  time,
  rebuttals = 0,
}: Pick<AliveClaim, "peer" | "time" | "rebuttals">): number {
  const incarnation = Number(time.incarnation);
  const high = mixHash(hashOfPeer(peer), Math.floor(incarnation / 2 ** 32));
  return mixHash(mixHash(high, incarnation % 2 ** 32), rebuttals);
}

/** The sums over a membership, kept up to date change by change: nobody has to be looked at to compare them. */
export class MembershipDigest {
  /** In the finest buckets there are; coarser ones are sums of these. */
  readonly #sums = new Uint32Array(DIGEST_BUCKETS_MAX);
  #total = 0;

  /** Puts a claim in, or takes one out that was put in. */
  toggle(claim: AliveClaim): void {
    const { fingerprint } = claim;
    const bucket = bucketOf(claim.peer, DIGEST_BUCKETS_MAX);
    this.#sums[bucket] = (this.#sums[bucket] as number) ^ fingerprint;
    this.#total = (this.#total ^ fingerprint) >>> 0;
  }

  /** The sum with one more claim. */
  sumWith(extra: AliveClaim | undefined): number {
    return extra === undefined ? this.#total : (this.#total ^ extra.fingerprint) >>> 0;
  }

  /** The sums of `count` buckets with one more claim; `count` is a power of two up to `DIGEST_BUCKETS_MAX`. */
  bucketSumsWith(extra: AliveClaim | undefined, count: number): Uint32Array {
    const sums = bucketSums(extra === undefined ? [] : [extra], count);
    this.#sums.forEach((sum, bucket) => {
      const coarse = bucket & (count - 1);
      sums[coarse] = (sums[coarse] as number) ^ sum;
    });
    return sums;
  }
}

/** Buckets for so many members: a power of two, about one for four. */
export function bucketCountFor(memberCount: number): number {
  let count = 1;
  while (count * 4 < memberCount && count < DIGEST_BUCKETS_MAX) count *= 2;
  return count;
}

/** Whether a received array can be buckets: a power of two of them, not too many. */
export function isBucketCount(count: number): boolean {
  return count >= 1 && count <= DIGEST_BUCKETS_MAX && (count & (count - 1)) === 0;
}

export function bucketOf(peer: PeerId, bucketCount: number): number {
  return (hashOfPeer(peer) >>> 4) & (bucketCount - 1);
}

/** The sum of every bucket. `count` is a power of two. */
export function bucketSums(claims: readonly AliveClaim[], count: number): Uint32Array {
  const sums = new Uint32Array(count);
  for (const claim of claims) {
    const bucket = bucketOf(claim.peer, count);
    sums[bucket] = (sums[bucket] as number) ^ claim.fingerprint;
  }
  return sums;
}
