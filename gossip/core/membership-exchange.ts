/**
 * Levelling what two peers know of the membership: each tells hashes of what it has, and gets what differs. Peers that know no hashes are
 * asked for, and told, everything.
 */
import type { AliveClaim, PeerId, SealedMessage } from "./claims.ts";
import { ExpectedAnswers } from "./expected-answers.ts";
import { DEAD_TOLD_MAX } from "./limits.ts";
import { bucketCountFor, bucketOf, bucketSums, isBucketCount } from "./membership-digest.ts";
import type { MeshContext } from "./mesh-context.ts";
import { newNonce, sampleWhere } from "./sampling.ts";

export class MembershipExchange {
  readonly #context: MeshContext;
  readonly #answers = new ExpectedAnswers();
  #leveledMs = Number.NEGATIVE_INFINITY;

  constructor(context: MeshContext) {
    this.#context = context;
  }

  /** Tells `peer` of this one and asks for what it knows besides. */
  ask(peer: PeerId, nowMs: number): void {
    const { own, self, options, random } = this.#context;
    if (own.claim === undefined || peer === self.peer) return;
    const mspId = this.#context.mspIdOf(peer) ?? "";
    const nonce = newNonce(random);
    this.#answers.expect(nonce, peer, nowMs + options.aliveExpirationMs);
    this.#context.send(peer, {
      kind: "membership-request",
      nonce,
      self: this.#context.told(own.claim, mspId),
      known: this.#context.answersProbes(peer) ? this.#known(mspId) : undefined,
    });
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
    const told = isUsable ? this.#differing(known, toMspId) : this.#tellable(toMspId);
    this.#context.send(from, {
      kind: "membership-response",
      nonce,
      alive: told.flatMap((claim) => (claim.peer === from ? [] : this.#seal(claim, toMspId))),
      dead: this.#dead(from, toMspId),
    });
    // It may know something, too.
    if (isUsable && told.length > 0) this.#askBack(from, nowMs);
  }

  #askBack(peer: PeerId, nowMs: number): void {
    if (nowMs - this.#leveledMs < this.#context.options.probeIntervalMs) return;
    this.#leveledMs = nowMs;
    this.ask(peer, nowMs);
  }

  #known(toMspId: string): Uint32Array {
    const isOwn = toMspId === this.#context.self.mspId;
    const count = isOwn ? this.#context.memberCount : this.#tellable(toMspId).length;
    return this.#sums(bucketCountFor(count), toMspId);
  }

  #sums(bucketCount: number, toMspId: string): Uint32Array {
    const { membership, own, self } = this.#context;
    // The own organisation is told of all, and those sums are at hand.
    return toMspId === self.mspId
      ? membership.bucketSumsWith(own.claim, bucketCount)
      : bucketSums(this.#tellable(toMspId), bucketCount);
  }

  /** The claims in buckets whose sums are not those of `known`. */
  #differing(known: Uint32Array, toMspId: string): readonly AliveClaim[] {
    const sums = this.#sums(known.length, toMspId);
    if (sums.every((sum, bucket) => sum === known[bucket])) return [];
    return this.#tellable(toMspId).filter(({ peer }) => {
      const bucket = bucketOf(peer, known.length);
      return sums[bucket] !== known[bucket];
    });
  }

  #tellable(toMspId: string): readonly AliveClaim[] {
    const { membership, own, self } = this.#context;
    const all = own.claim === undefined ? membership.alive() : [own.claim, ...membership.alive()];
    if (toMspId === self.mspId) return all;
    return all.filter((claim) => this.#context.mayTell(claim, toMspId));
  }

  #dead(from: PeerId, toMspId: string): readonly SealedMessage[] {
    const { membership, random } = this.#context;
    const dead = sampleWhere(membership.dead(), DEAD_TOLD_MAX, random, ({ peer, claim }) => {
      return peer !== from && this.#context.mayTell(claim, toMspId);
    });
    return dead.map(({ claim }) => this.#context.told(claim, toMspId));
  }

  #seal(claim: AliveClaim, toMspId: string): readonly SealedMessage[] {
    return [this.#context.told(claim, toMspId)];
  }
}
