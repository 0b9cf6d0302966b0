/**
 * Levelling what two peers know of the membership: each tells hashes of what it has, and gets what differs. Peers that know no hashes are
 * asked for, and told, everything.
 *
 * When very much has changed at once, as after a partition, answers bring much: whoever gets such a one asks on, a random member each round of
 * news, until there is little left to hear. What is known doubles with each round, and everybody hears each claim about once.
 */
import type { AliveClaim, PeerId, SealedMessage } from "./claims.ts";
import { ExpectedAnswers } from "./expected-answers.ts";
import {
  ALIVE_TOLD_BYTES_MAX,
  ALIVE_TOLD_MAX,
  DEAD_TOLD_MAX,
  MERGE_CLAIMS_MIN,
  MERGE_ROUNDS_MAX,
} from "./limits.ts";
import { bucketCountFor, bucketOf, bucketSums, isBucketCount } from "./membership-digest.ts";
import type { MeshContext } from "./mesh-context.ts";
import { newNonce, sample, sampleWhere } from "./sampling.ts";
import { sealedBytes } from "./sealed-bytes.ts";

export class MembershipExchange {
  readonly #context: MeshContext;
  readonly #answers = new ExpectedAnswers();
  #leveledMs = Number.NEGATIVE_INFINITY;
  /** Rounds that are still to be asked in, and when the next one is. */
  #merge = { roundsLeft: 0, nextMs: 0 };

  constructor(context: MeshContext) {
    this.#context = context;
  }

  /** Tells `peer` of this one and asks for what it knows besides. `isFine`: much of it is to be expected. */
  ask(peer: PeerId, nowMs: number, isFine = false): void {
    const { own, self, options, random } = this.#context;
    if (own.claim === undefined || peer === self.peer) return;
    const mspId = this.#context.mspIdOf(peer) ?? "";
    const nonce = newNonce(random);
    this.#answers.expect(nonce, peer, nowMs + options.aliveExpirationMs);
    this.#context.send(peer, {
      kind: "membership-request",
      nonce,
      self: this.#context.told(own.claim, mspId),
      known: this.#context.answersProbes(peer) ? this.#known(mspId, isFine) : undefined,
    });
  }

  /** One of the dead is back. Of many that come at once, one a round of news is asked. */
  meet(peer: PeerId, nowMs: number): void {
    const { membership, options } = this.#context;
    if (nowMs - this.#leveledMs < options.newsIntervalMs) return;
    this.#leveledMs = nowMs;
    this.ask(peer, nowMs, membership.dead().length >= MERGE_CLAIMS_MIN);
  }

  /** An answer has brought so many claims that were news. */
  learned(newsCount: number, nowMs: number): void {
    if (newsCount < MERGE_CLAIMS_MIN) {
      this.#merge.roundsLeft = 0;
      return;
    }
    if (this.#merge.roundsLeft === 0)
      this.#merge.nextMs = nowMs + this.#context.options.newsIntervalMs;
    this.#merge.roundsLeft = MERGE_ROUNDS_MAX;
  }

  get nextDueMs(): number {
    return this.#merge.roundsLeft === 0 ? Infinity : this.#merge.nextMs;
  }

  tick(nowMs: number): void {
    if (this.#merge.roundsLeft === 0 || nowMs < this.#merge.nextMs) return;
    const { membership, options, random } = this.#context;
    this.#merge.roundsLeft -= 1;
    this.#merge.nextMs = nowMs + options.newsIntervalMs;
    this.#leveledMs = nowMs;
    const isApt = ({ peer, rebuttals }: AliveClaim): boolean =>
      rebuttals !== undefined && !membership.isSuspected(peer);
    for (const { peer } of sampleWhere(membership.alive(), 1, random, isApt)) {
      this.ask(peer, nowMs, true);
    }
  }

  /** Compares digests with a member of the own organisation: where they differ something has been missed. At most once a probe interval. */
  level(peer: PeerId, digest: number, nowMs: number): void {
    const { membership, own, self, options } = this.#context;
    if (digest === membership.digestWith(own.claim)) return;
    if (membership.claimOf(peer)?.mspId !== self.mspId) return;
    if (nowMs - this.#leveledMs < options.probeIntervalMs) return;
    this.#leveledMs = nowMs;
    this.ask(peer, nowMs);
  }

  /** True once for each answer that was asked for. */
  expects(from: PeerId, nonce: string, nowMs: number): boolean {
    return this.#answers.take(nonce, from, nowMs) !== undefined;
  }

  answer(from: PeerId, nonce: string, known: Uint32Array | undefined, nowMs: number): void {
    const toMspId = this.#context.mspIdOf(from);
    if (toMspId === undefined || this.#context.own.claim === undefined) return;
    const isUsable = known !== undefined && isBucketCount(known.length);
    const isLacking = isUsable ? this.#difference(known, toMspId) : () => true;
    const told = this.#tellable(toMspId).filter(({ peer }) => isLacking(peer));
    this.#context.send(from, {
      kind: "membership-response",
      nonce,
      alive: this.#aliveTold(
        told.filter(({ peer }) => peer !== from),
        toMspId,
      ),
      dead: this.#dead(from, toMspId, isLacking),
    });
    // It may know something, too.
    if (isUsable && told.length > 0) this.#askBack(from, nowMs, told.length >= MERGE_CLAIMS_MIN);
  }

  #askBack(peer: PeerId, nowMs: number, isFine: boolean): void {
    if (nowMs - this.#leveledMs < this.#context.options.probeIntervalMs) return;
    this.#leveledMs = nowMs;
    this.ask(peer, nowMs, isFine);
  }

  #known(toMspId: string, isFine: boolean): Uint32Array {
    const { membership, self } = this.#context;
    const count =
      toMspId === self.mspId
        ? membership.alive().length + membership.dead().length + 1
        : this.#tellable(toMspId).length;
    return this.#sums(bucketCountFor(count, isFine), toMspId);
  }

  /** Over what is known, of members alive and dead, as far as `toMspId` may be told of it. */
  #sums(bucketCount: number, toMspId: string): Uint32Array {
    const { membership, own, self } = this.#context;
    // The own organisation is told of all, and those sums are at hand.
    if (toMspId === self.mspId) return membership.bucketSumsWith(own.claim, bucketCount);
    const dead = membership.dead().map(({ claim }) => claim);
    const tellable = dead.filter((claim) => this.#context.mayTell(claim, toMspId));
    return bucketSums([...this.#tellable(toMspId), ...tellable], bucketCount);
  }

  /** Whether a peer's claim is in a bucket whose sum is not that of `known`. */
  #difference(known: Uint32Array, toMspId: string): (peer: PeerId) => boolean {
    const sums = this.#sums(known.length, toMspId);
    if (sums.every((sum, bucket) => sum === known[bucket])) return () => false;
    return (peer) => {
      const bucket = bucketOf(peer, known.length);
      return sums[bucket] !== known[bucket];
    };
  }

  /** The claims of members alive, this peer's own first. */
  #tellable(toMspId: string): readonly AliveClaim[] {
    const { membership, own, self } = this.#context;
    const all = own.claim === undefined ? membership.alive() : [own.claim, ...membership.alive()];
    if (toMspId === self.mspId) return all;
    return all.filter((claim) => this.#context.mayTell(claim, toMspId));
  }

  #dead(
    from: PeerId,
    toMspId: string,
    isLacking: (peer: PeerId) => boolean,
  ): readonly SealedMessage[] {
    const { membership, random } = this.#context;
    const dead = sampleWhere(membership.dead(), DEAD_TOLD_MAX, random, ({ peer, claim }) => {
      return peer !== from && isLacking(peer) && this.#context.mayTell(claim, toMspId);
    });
    return dead.map(({ claim }) => this.#context.told(claim, toMspId));
  }

  /** As many of `claims` as one answer may bring, the first among them. */
  #aliveTold(claims: readonly AliveClaim[], toMspId: string): readonly SealedMessage[] {
    const [first, ...others] = claims;
    if (first === undefined) return [];
    const allBytes = claims.reduce((sum, { sealed }) => sum + sealedBytes(sealed), 0);
    const isMuch = claims.length > ALIVE_TOLD_MAX || allBytes > ALIVE_TOLD_BYTES_MAX;
    const drawn = isMuch ? sample(others, ALIVE_TOLD_MAX - 1, this.#context.random) : others;
    const told = [this.#context.told(first, toMspId)];
    let bytes = sealedBytes(first.sealed);
    for (const claim of drawn) {
      bytes += sealedBytes(claim.sealed);
      if (bytes > ALIVE_TOLD_BYTES_MAX) break;
      told.push(this.#context.told(claim, toMspId));
    }
    return told;
  }
}
