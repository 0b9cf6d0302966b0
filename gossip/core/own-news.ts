/** This peer's say about itself: its alive messages as they are signed, and its answer to whoever suspects it or holds it for dead. */
import type { Accusation } from "./accusation.ts";
import type { AliveClaim, PeerId, SealedMessage } from "./claims.ts";
import { REBUTTAL_AUDIENCE_MAX } from "./limits.ts";
import type { MeshContext } from "./mesh-context.ts";
import type { MeshNews } from "./mesh-news.ts";
import type { AliveDraft } from "./own-alive.ts";
import { comparePeerTimes, type PeerTime } from "./peer-time.ts";

export class OwnNews {
  readonly #context: MeshContext;
  readonly #news: MeshNews;
  /** Who is to get the next claim directly: they hold this peer for dead or suspect it. */
  #audience: PeerId[] = [];

  constructor(context: MeshContext, news: MeshNews) {
    this.#context = context;
    this.#news = news;
  }

  /** Has a new alive message signed. */
  renew(): void {
    this.#sign(this.#context.own.next());
  }

  /** Others hold a later claim than this peer's own: whatever else it says of itself is to be later than that, too. */
  outbid(time: PeerTime, rebuttals: number): void {
    const { own } = this.#context;
    const { incarnation: before } = own.time;
    const draft = own.outbid(time, rebuttals);
    this.#sign(draft);
    const { incarnation } = own.time;
    if (incarnation > before) this.#context.emit({ kind: "risen", incarnation });
  }

  /** Tells around what has been signed. */
  signed(time: PeerTime, sealed: SealedMessage): void {
    const { own } = this.#context;
    const before = own.claim;
    if (!own.signed(time, sealed) || own.claim === undefined) return;
    const { claim } = own;
    if (before?.rebuttals !== claim.rebuttals) this.#news.tell(claim);
    this.#news.passOn(claim, undefined);
    this.#insist(claim);
  }

  /** Refutes what `from` says against this peer. True when it was said for the first time. */
  rebut(accusation: Accusation, from: PeerId): boolean {
    const draft = this.#context.own.rebut(accusation);
    // Whoever says it has to learn better, be it from the message that has been signed since.
    if (this.#audience.length < REBUTTAL_AUDIENCE_MAX && !this.#audience.includes(from)) {
      this.#audience.push(from);
    }
    this.#sign(draft);
    const { claim, time } = this.#context.own;
    const isSigned = claim !== undefined && comparePeerTimes(claim.time, time) === 0;
    if (draft === undefined && isSigned) this.#insist(claim);
    return draft !== undefined;
  }

  #sign(draft: AliveDraft | undefined): void {
    if (draft !== undefined) this.#context.emit({ kind: "sign-alive", ...draft });
  }

  /** Shows the newest claim to those who have not seen it. */
  #insist(claim: AliveClaim): void {
    for (const peer of this.#audience.splice(0)) this.#context.show(claim, peer);
  }
}
