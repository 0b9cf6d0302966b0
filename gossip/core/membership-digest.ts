/**
 * A few numbers that two peers compare: a sum of hashes to see whether they hold the same members for alive, and sums in buckets over all
 * claims that they know, so that only what the other has not heard has to be sent: a claim of a member that it holds for dead would not bring
 * that member back. Two different memberships have equal sums once in 2^32; the next change tells them apart.
 */
import type { AliveClaim, PeerId } from "./claims.ts";
import { COARSE_BUCKETS_MAX, DIGEST_BUCKETS_MAX } from "./limits.ts";
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
  /** Of the claims known, of members alive and of members dead, in the finest buckets there are; coarser ones are sums of these. */
  readonly #known = new Uint32Array(DIGEST_BUCKETS_MAX);
  #alive = 0;

  /** A member has come to life, or died. */
  toggleAlive({ fingerprint }: AliveClaim): void {
    this.#alive = (this.#alive ^ fingerprint) >>> 0;
  }

  /** A claim is known, or is known no more. */
  toggleKnown({ peer, fingerprint }: AliveClaim): void {
    const bucket = bucketOf(peer, DIGEST_BUCKETS_MAX);
    this.#known[bucket] = (this.#known[bucket] as number) ^ fingerprint;
  }

  /** The sum over those alive with one more. */
  sumWith(extra: AliveClaim | undefined): number {
    return extra === undefined ? this.#alive : (this.#alive ^ extra.fingerprint) >>> 0;
  }

  /** The sums of `count` buckets with one more claim; `count` is a power of two up to `DIGEST_BUCKETS_MAX`. */
  bucketSumsWith(extra: AliveClaim | undefined, count: number): Uint32Array {
    const sums = bucketSums(extra === undefined ? [] : [extra], count);
    const mask = count - 1;
    for (let bucket = 0; bucket < DIGEST_BUCKETS_MAX; bucket += 1) {
      const coarse = bucket & mask;
      sums[coarse] = (sums[coarse] as number) ^ (this.#known[bucket] as number);
    }
    return sums;
  }
}

/**
 * Buckets for so many claims, a power of two of them. Coarse: about one for four, when hardly anything differs and the hashes are what costs;
 * fine: two for each, so that no claim is sent for the sake of its neighbours.
 */
export function bucketCountFor(claimCount: number, isFine: boolean): number {
  const [perClaim, countMax] = isFine ? [2, DIGEST_BUCKETS_MAX] : [0.25, COARSE_BUCKETS_MAX];
  let count = 1;
  while (count < claimCount * perClaim && count < countMax) count *= 2;
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
