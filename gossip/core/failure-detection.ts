/**
 * Finding out who is gone, and that those who seemed to be are back. Suspects are told what is said of them, so that they can refute it;
 * the dead go on being asked, one a round, so that a partition that has ended is noticed within a round (Fabric and Serf try every 25 and 30 s).
 */
import { accusationOf, type Accusation } from "./accusation.ts";
import type { PeerId } from "./claims.ts";
import type { Death } from "./membership.ts";
import type { MeshContext } from "./mesh-context.ts";
import type { MeshNews } from "./mesh-news.ts";
import { Prober, type ProbeOutput } from "./prober.ts";
import { newNonce, sampleWhere } from "./sampling.ts";

export class FailureDetection {
  readonly #context: MeshContext;
  readonly #news: MeshNews;
  readonly #prober: Prober;

  constructor(context: MeshContext, news: MeshNews, nowMs: number) {
    this.#context = context;
    this.#news = news;
    this.#prober = new Prober(context.random, context.options, nowMs);
  }

  get healthScore(): number {
    return this.#prober.healthScore;
  }

  nextDueMs(nowMs: number): number {
    return Math.min(this.#prober.nextDueMs(nowMs), this.#context.membership.nextDueMs);
  }

  tick(nowMs: number): void {
    const { membership } = this.#context;
    for (const death of membership.expire(nowMs)) this.#bury(death);
    const isRound = this.#prober.tick(membership, nowMs, (output) => {
      this.#perform(output, nowMs);
    });
    if (isRound) this.#probeLost();
  }

  late(lateMs: number): void {
    this.#context.membership.delay(lateMs);
    this.#prober.delay(lateMs);
    if (lateMs >= this.#context.options.probeTimeoutMs / 2) this.#prober.doubt();
  }

  /** This peer was suspected without cause: it may be the slow one. */
  doubt(): void {
    this.#prober.doubt();
  }

  probed(from: PeerId, nonce: string): void {
    this.#context.send(from, {
      kind: "ack",
      nonce,
      digest: this.#digest(),
      accusation: this.#context.membership.accusationOf(from),
    });
  }

  acked(from: PeerId, nonce: string): void {
    this.#prober.ack(from, nonce, (output) => {
      this.#perform(output, 0);
    });
  }

  nacked(from: PeerId, nonce: string): void {
    this.#prober.nack(from, nonce);
  }

  relay(requester: PeerId, nonce: string, subject: PeerId, nowMs: number): void {
    // Only members are probed for others: nobody can make this peer call on strangers.
    if (!this.#context.answersProbes(subject)) return;
    this.#prober.relay({ requester, nonce, subject }, nowMs, (output) => {
      this.#perform(output, nowMs);
    });
  }

  /** Takes what others say of members, not of this peer. */
  hear(accusation: Accusation, from: PeerId, nowMs: number): void {
    switch (this.#context.membership.accuse(accusation, nowMs)) {
      case "suspected":
        this.#context.emit({ kind: "suspected", peer: accusation.peer });
        this.#news.accuse(accusation);
        return;
      case "confirmed":
        this.#news.accuse(accusation);
        return;
      case "known":
        this.#news.heardAccusation(accusation);
        return;
      case "outdated":
        this.#enlighten(accusation, from);
        return;
      case "refused":
        return;
    }
  }

  /** Somebody suspects a member of something that it has refuted since. */
  #enlighten(accusation: Accusation, from: PeerId): void {
    const claim = this.#context.membership.claimOf(accusation.peer);
    if (claim !== undefined) this.#context.show(claim, from);
  }

  #perform(output: ProbeOutput, nowMs: number): void {
    switch (output.kind) {
      case "probe":
        this.#probe(output.to, output.nonce);
        return;
      case "ack":
        this.#context.send(output.to, {
          kind: "ack",
          nonce: output.nonce,
          digest: this.#digest(),
          accusation: undefined,
        });
        return;
      case "nack":
        this.#context.send(output.to, { kind: "nack", nonce: output.nonce });
        return;
      case "probe-request": {
        const { nonce, subject } = output;
        this.#context.send(output.to, { kind: "probe-request", nonce, subject });
        return;
      }
      case "silent":
        this.#suspect(output.peer, nowMs);
        return;
    }
  }

  #probe(to: PeerId, nonce: string): void {
    const accusation = this.#context.membership.accusationOf(to);
    this.#context.send(to, { kind: "probe", nonce, digest: this.#digest(), accusation });
  }

  /** One of the dead: if it is there it learns from this that it counts as dead. */
  #probeLost(): void {
    const { membership, random } = this.#context;
    const [lost] = sampleWhere(
      membership.dead(),
      1,
      random,
      ({ claim }) => claim.rebuttals !== undefined,
    );
    if (lost !== undefined) this.#probe(lost.peer, newNonce(random));
  }

  #suspect(peer: PeerId, nowMs: number): void {
    const { membership, self } = this.#context;
    const claim = membership.isAlive(peer) ? membership.claimOf(peer) : undefined;
    const accusation = claim === undefined ? undefined : accusationOf(claim, self.peer, false);
    if (accusation === undefined) return;
    this.hear(accusation, self.peer, nowMs);
    // It is the one that can refute it.
    this.#context.send(peer, { kind: "accusations", accusations: [accusation] });
  }

  #bury({ peer, isToldByOthers }: Death): void {
    const verdict = this.#context.membership.accusationOf(peer);
    // A verdict of one is enough, and has been passed on: of many dead, every further one would be told as often.
    if (verdict !== undefined && !isToldByOthers) this.#news.accuse(verdict);
    this.#context.emit({ kind: "died", peer });
  }

  #digest(): number {
    return this.#context.membership.digestWith(this.#context.own.claim);
  }
}
