/** Telling news around: each round to a few members drawn anew, until it is told often enough or heard often enough from others. */
import type { Accusation } from "./accusation.ts";
import type { AliveClaim, PeerId } from "./claims.ts";
import { NEWS_RETRANSMIT_FACTOR } from "./limits.ts";
import type { MeshContext } from "./mesh-context.ts";
import { NewsQueue, type NewsItem } from "./news-queue.ts";
import { sample, sampleWhere } from "./sampling.ts";

export class MeshNews {
  readonly #context: MeshContext;
  readonly #queue = new NewsQueue();

  constructor(context: MeshContext) {
    this.#context = context;
  }

  /** A claim that others are to know. */
  tell({ peer, mspId, externalEndpoint, sealed }: AliveClaim): void {
    this.#queue.add({ kind: "alive", peer, mspId, externalEndpoint, sealed });
  }

  accuse(accusation: Accusation): void {
    this.#queue.add({ kind: "accusation", accusation });
  }

  heardClaim(peer: PeerId): void {
    this.#queue.heardClaim(peer);
  }

  heardAccusation(accusation: Accusation): void {
    this.#queue.heardAccusation(accusation);
  }

  /** Whether there is something to tell. */
  get isWaiting(): boolean {
    return this.#queue.size > 0;
  }

  /** One round. */
  spread(): void {
    if (this.#queue.size === 0) return;
    const { membership, options, random, memberCount } = this.#context;
    const others = membership.alive();
    // Whoever may be gone would swallow it: the small side of a partition would hardly hear of its own suspicions.
    const isWell = ({ peer }: AliveClaim): boolean => !membership.isSuspected(peer);
    const well = sampleWhere(others, options.pushPeerCount, random, isWell);
    const targets = well.length > 0 ? well : sample(others, options.pushPeerCount, random);
    if (targets.length === 0) return;
    const log = Math.ceil(Math.log10(memberCount + 1));
    const items = this.#queue.take(
      Math.ceil((NEWS_RETRANSMIT_FACTOR * log) / options.pushPeerCount),
    );
    for (const target of targets) this.#tellTo(target, items);
  }

  /**
   * Passes a claim on that its owner renews for members that answer no probes, at once and to such members only: to all others it says nothing
   * that they could not find out.
   */
  passOn(claim: AliveClaim, from: PeerId | undefined): void {
    const { membership, options, random } = this.#context;
    if (membership.plainCount === 0) return;
    const isPlainOwner = claim.rebuttals === undefined;
    const others = sampleWhere(
      membership.alive(),
      options.pushPeerCount,
      random,
      ({ peer, mspId, rebuttals }) =>
        peer !== from &&
        peer !== claim.peer &&
        (isPlainOwner || rebuttals === undefined) &&
        this.#context.mayTell(claim, mspId),
    );
    for (const { peer, mspId } of others) {
      this.#context.send(peer, { kind: "alive", sealed: this.#context.told(claim, mspId) });
    }
  }

  #tellTo({ peer, mspId, rebuttals }: AliveClaim, items: readonly NewsItem[]): void {
    const alive = items.flatMap((item) =>
      item.kind === "alive" && item.peer !== peer && this.#context.mayTell(item, mspId)
        ? [this.#context.told(item, mspId)]
        : [],
    );
    if (rebuttals === undefined) {
      for (const sealed of alive) this.#context.send(peer, { kind: "alive", sealed });
      return;
    }
    if (alive.length > 0) this.#context.send(peer, { kind: "news", alive });
    const accusations = items.flatMap((item) =>
      item.kind === "accusation" && this.#mayAccuse(item.accusation, mspId)
        ? [item.accusation]
        : [],
    );
    if (accusations.length > 0) this.#context.send(peer, { kind: "accusations", accusations });
  }

  #mayAccuse({ peer }: Accusation, mspId: string): boolean {
    const claim = this.#context.membership.claimOf(peer);
    return claim !== undefined && this.#context.mayTell(claim, mspId);
  }
}
