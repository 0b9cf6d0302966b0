/**
 * Asks one member a round whether it is there: directly, then, when no answer has come, through a few others, so that one bad path kills
 * nobody (SWIM §4.1), and twice more directly, so that a few lost messages do not set all talking of somebody who is well: the more members,
 * the oftener, since a false suspicion costs each of them some messages, and there are as many probes as members. A slow peer gives others more time (Lifeguard §4.1), and answers on behalf of others say when there is nothing to say.
 * It asks the more often for it: the small side of a partition doubts itself, has few to ask and many to miss, and those who hear it refute.
 */
import type { Random } from "../../src/kernel/ports/random.ts";
import type { AliveClaim, PeerId } from "./claims.ts";
import {
  DOUBT_SCORE_MIN,
  PATIENT_PROBING_MIN,
  PROBES_IN_DOUBT,
  PROBES_PER_INTERVAL,
  RELAYED_PROBES_MAX,
} from "./limits.ts";
import { LocalHealth } from "./local-health.ts";
import type { GossipOptions } from "./options.ts";
import { newNonce, sampleWhere } from "./sampling.ts";

export type ProberOptions = Pick<
  GossipOptions,
  "probeIntervalMs" | "probeTimeoutMs" | "indirectProbeCount"
>;

/** What the prober wants said, or has found out. */
export type ProbeOutput =
  | { readonly kind: "probe"; readonly to: PeerId; readonly nonce: string }
  | {
      readonly kind: "probe-request";
      readonly to: PeerId;
      readonly nonce: string;
      readonly subject: PeerId;
    }
  | { readonly kind: "ack" | "nack"; readonly to: PeerId; readonly nonce: string }
  | { readonly kind: "silent"; readonly peer: PeerId };

/** Who there is to be probed. */
export interface Probed {
  alive(): readonly AliveClaim[];
  isSuspected(peer: PeerId): boolean;
}

interface Round {
  readonly target: PeerId;
  readonly nonce: string;
  /** When an answer is missed, and the next step is taken. */
  dueMs: number;
  /** Between the further steps: an ask that was made late has as long for its answer. */
  readonly pauseMs: number;
  /** Direct asks that follow the one that goes with those of others. */
  asksLeft: number;
  /** Who was asked to probe as well; a relay is taken out when it says that it has had no answer either. */
  relays: Set<PeerId> | undefined;
}

interface Relayed {
  readonly subject: PeerId;
  readonly requester: PeerId;
  readonly requesterNonce: string;
  nackAtMs: number;
  untilMs: number;
}

export class Prober {
  readonly #random: Random;
  readonly #options: ProberOptions;
  readonly #health = new LocalHealth();
  readonly #relayed = new Map<string, Relayed>();
  /** Those under way, by nonce: a next one begins each interval, though one's own slowness gives earlier ones more time. */
  readonly #rounds = new Map<string, Round>();
  #nextMs: number;
  /** The round that began last, and until when its first answer is waited for. */
  #newest = { nonce: "", untilMs: 0 };
  #cursor = 0;
  #stride = 1;
  #stepsLeft = 0;

  constructor(random: Random, options: ProberOptions, nowMs: number) {
    this.#random = random;
    this.#options = options;
    this.#nextMs = nowMs + random.below(Math.ceil(options.probeIntervalMs));
  }

  /** 0 when this peer hears well; the higher, the less it trusts itself. */
  get healthScore(): number {
    return this.#health.score;
  }

  /** Something said that this peer was slow: a suspicion of itself, or its own late timers. */
  doubt(): void {
    this.#health.change(1);
  }

  /** This peer was not listening for so long: what it waits for gets as much more time. */
  delay(byMs: number): void {
    for (const round of this.#rounds.values()) {
      round.dueMs += byMs;
    }
    for (const relayed of this.#relayed.values()) {
      relayed.nackAtMs += byMs;
      relayed.untilMs += byMs;
    }
  }

  /** When there is something to do, or an answer may be missed, if none comes. */
  nextDueMs(nowMs: number): number {
    if (this.#rounds.size === 0 && this.#relayed.size === 0) return this.#nextMs;
    const { nonce, untilMs } = this.#newest;
    const isNewestAlone = this.#rounds.size + this.#relayed.size === 1 && this.#rounds.has(nonce);
    return isNewestAlone ? Math.min(this.#nextMs, untilMs) : nowMs;
  }

  /** True once a round: a next one is due. */
  tick(members: Probed, nowMs: number, emit: (output: ProbeOutput) => void): boolean {
    this.#tickRelayed(nowMs, emit);
    for (const round of this.#rounds.values()) {
      if (nowMs >= round.dueMs) this.#goOn(round, members, nowMs, emit);
    }
    if (nowMs < this.#nextMs) return false;
    this.#nextMs = nowMs + this.#options.probeIntervalMs / PROBES_PER_INTERVAL;
    const isInDoubt = this.#health.score >= DOUBT_SCORE_MIN;
    for (let count = isInDoubt ? PROBES_IN_DOUBT : 1; count > 0; count -= 1) {
      this.#begin(members.alive(), nowMs, emit);
    }
    return true;
  }

  /** An answer to a probe, from its target or from somebody who was asked to try. True when it was waited for. */
  ack(from: PeerId, nonce: string, emit: (output: ProbeOutput) => void): boolean {
    const round = this.#rounds.get(nonce);
    if (round !== undefined && (from === round.target || round.relays?.has(from) === true)) {
      this.#rounds.delete(nonce);
      this.#health.change(-1);
      return from === round.target;
    }
    const relayed = this.#relayed.get(nonce);
    if (relayed?.subject !== from) return false;
    this.#relayed.delete(nonce);
    emit({ kind: "ack", to: relayed.requester, nonce: relayed.requesterNonce });
    return true;
  }

  /** A peer that was asked to probe has had no answer: it, at least, is heard. */
  nack(from: PeerId, nonce: string): void {
    this.#rounds.get(nonce)?.relays?.delete(from);
  }

  /** Probes `subject` on behalf of `requester`. */
  relay(
    request: { readonly requester: PeerId; readonly nonce: string; readonly subject: PeerId },
    nowMs: number,
    emit: (output: ProbeOutput) => void,
  ): void {
    if (this.#relayed.size >= RELAYED_PROBES_MAX) return;
    const nonce = newNonce(this.#random);
    const { probeTimeoutMs } = this.#options;
    this.#relayed.set(nonce, {
      subject: request.subject,
      requester: request.requester,
      requesterNonce: request.nonce,
      nackAtMs: nowMs + 0.8 * probeTimeoutMs,
      untilMs: nowMs + 2 * probeTimeoutMs,
    });
    emit({ kind: "probe", to: request.subject, nonce });
  }

  #begin(members: readonly AliveClaim[], nowMs: number, emit: (output: ProbeOutput) => void): void {
    const { probeIntervalMs, probeTimeoutMs } = this.#options;
    const { factor } = this.#health;
    const target = this.#nextTarget(members);
    if (target === undefined) return;
    const nonce = newNonce(this.#random);
    this.#newest = { nonce, untilMs: nowMs + probeTimeoutMs * factor };
    this.#rounds.set(nonce, {
      target,
      nonce,
      dueMs: nowMs + probeTimeoutMs * factor,
      pauseMs: ((probeIntervalMs - probeTimeoutMs) / 2) * factor,
      asksLeft: 1 + furtherAsks(members.length),
      relays: undefined,
    });
    emit({ kind: "probe", to: target, nonce });
  }

  /** Its target has not answered in time. */
  #goOn(round: Round, members: Probed, nowMs: number, emit: (output: ProbeOutput) => void): void {
    if (round.relays === undefined) this.#askOthers(round, members, emit);
    else if (round.asksLeft > 0) round.asksLeft -= 1;
    else {
      this.#fail(round, members, emit);
      return;
    }
    round.dueMs = nowMs + round.pauseMs;
    emit({ kind: "probe", to: round.target, nonce: round.nonce });
  }

  /** Goes around in strides without a common factor with the count, another one each time: everybody has a turn in every round trip. */
  #nextTarget(members: readonly AliveClaim[]): PeerId | undefined {
    const count = members.length;
    for (let tries = 0; tries < count; tries += 1) {
      if (this.#stepsLeft <= 0) {
        this.#stepsLeft = count;
        this.#cursor = this.#random.below(count);
        this.#stride = strideFor(count, this.#random);
      }
      this.#stepsLeft -= 1;
      this.#cursor = (this.#cursor + this.#stride) % count;
      const member = members[this.#cursor] as AliveClaim;
      if (member.rebuttals !== undefined) return member.peer;
    }
    return undefined;
  }

  /** Asks members that seem well: the silence of one that is suspected itself would say nothing. */
  #askOthers(round: Round, members: Probed, emit: (output: ProbeOutput) => void): void {
    const { target: subject, nonce } = round;
    const others = sampleWhere(
      members.alive(),
      this.#options.indirectProbeCount,
      this.#random,
      ({ peer, rebuttals }) =>
        peer !== subject && rebuttals !== undefined && !members.isSuspected(peer),
    );
    round.relays = new Set(others.map(({ peer }) => peer));
    for (const to of round.relays) emit({ kind: "probe-request", to, nonce, subject });
  }

  #fail(round: Round, members: Probed, emit: (output: ProbeOutput) => void): void {
    this.#rounds.delete(round.nonce);
    // Those who said "nothing heard" prove that this peer hears; those who said nothing at all are counted against it, unless others miss them, too.
    const unheard = [...(round.relays ?? [])].filter((peer) => !members.isSuspected(peer)).length;
    this.#health.change(unheard);
    emit({ kind: "silent", peer: round.target });
  }

  #tickRelayed(nowMs: number, emit: (output: ProbeOutput) => void): void {
    for (const [nonce, relayed] of this.#relayed) {
      if (nowMs >= relayed.nackAtMs) {
        relayed.nackAtMs = Number.POSITIVE_INFINITY;
        emit({ kind: "nack", to: relayed.requester, nonce: relayed.requesterNonce });
      }
      if (nowMs >= relayed.untilMs) this.#relayed.delete(nonce);
    }
  }
}

/** One for each ten times as many members: it leaves one in ten of the false suspicions that there would be, at one message in twenty lost. */
function furtherAsks(memberCount: number): number {
  return Math.max(0, Math.ceil(Math.log10(memberCount / PATIENT_PROBING_MIN)));
}

function strideFor(count: number, random: Random): number {
  if (count < 3) return 1;
  for (;;) {
    const stride = 1 + random.below(count - 1);
    if (gcd(stride, count) === 1) return stride;
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
