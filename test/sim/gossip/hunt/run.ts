/** What one seed does to a group of gossip cores. Throws at the first invariant that is broken. */
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { runCatchUp } from "./catch-up.ts";
import { forgetful } from "../scale/invariants/g7-remembered-sides.ts";
import type { Betrayal } from "../scale/channel-peer.ts";
import { GossipGroup } from "./gossip-group.ts";
import { Judge } from "./judge.ts";
import { Storm } from "./storm.ts";

const SIZE_MIN = 5;
const SIZE_MAX = 14;

const FORMING_MS_MAX = 12_000;
const CALM_MS = 15_000;
const PARTING_MS_MAX = 60_000;
/** Once nothing is in the way of the sides any more. */
const UNITING_MS_MAX = 5_000;
const STORM_MS = 40_000;
const HEALING_MS_MAX = 40_000;
const RECOVERING_MS_MAX = 90_000;
const DETECTION_MS_MAX = 20_000;
/** Where one is judged by its alive messages. */
const PLAIN_DETECTION_MS_MAX = 45_000;
const TAKEOVER_MS_MAX = 6_000;
const IDLE_MS = 10_000;

/** What one run did, for its author to see that it did something. */
export interface GossipReport {
  readonly blocks: number;
  readonly deaths: number;
  readonly messages: number;
}

/**
 * A group forms, is calm with somebody who lies and somebody who defames, in one of three comes apart and together again, has a storm of crashes, partitions and losses, and heals; then
 * one dies, and the rest is idle.
 */
export function runGossip(seed: number): GossipReport {
  runCatchUp(seed);
  return new GossipRun(seed).play();
}

/** In half of the groups somebody betrays the others, each in a way of its own. */
function drawTraitors(size: number, random: SeededRandom): ReadonlyMap<number, Betrayal> {
  const traitors = new Map<number, Betrayal>();
  if (random.below(2) === 0) return traitors;
  for (const betrayal of ["forges", "withholds", "floods"] as const) {
    if (random.below(2) === 0) traitors.set(random.below(size), betrayal);
  }
  return traitors;
}

class GossipRun {
  readonly #random: SeededRandom;
  readonly #group: GossipGroup;
  readonly #judge: Judge;
  readonly #detectionMsMax: number;
  readonly #hasPlain: boolean;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed).child("gossip");
    const size = SIZE_MIN + this.#random.below(SIZE_MAX - SIZE_MIN + 1);
    const traitors = drawTraitors(size, this.#random);
    const plain = this.#random.below(4) === 0 ? this.#random.below(size) : undefined;
    this.#hasPlain = plain !== undefined;
    this.#detectionMsMax = plain === undefined ? DETECTION_MS_MAX : PLAIN_DETECTION_MS_MAX;
    this.#group = new GossipGroup({
      seed,
      size,
      isPlain: (index) => index === plain,
      betrayalOf: (index) => traitors.get(index),
    });
    this.#judge = new Judge(this.#group, {
      hasTraitors: traitors.size > 0,
      hasFlood: [...traitors.values()].includes("floods"),
      hasPlain: plain !== undefined,
    });
  }

  play(): GossipReport {
    this.#form();
    this.#beCalm();
    this.#cutOff();
    if (!this.#hasPlain && this.#random.below(3) === 0) this.#part();
    this.#storm();
    this.#heal();
    this.#bury();
    this.#idle();
    return {
      blocks: this.#group.channel.orderedHeight,
      deaths: this.#judge.deathCount,
      messages: this.#group.mesh.messageCount + this.#group.channel.messageCount,
    };
  }

  #form(): void {
    const isFormed = (): boolean =>
      this.#group.mesh.isConvergent() && this.#group.deliverers.length === 1;
    this.#judge.must(this.#group.runUntil(isFormed, FORMING_MS_MAX), "no group has formed");
  }

  #beCalm(): void {
    const group = this.#group;
    const isLossless = this.#random.below(2) === 0;
    if (!isLossless) group.lose(0.02);
    // One path is broken: others know better.
    const [a, b] = this.#pair();
    const isBroken = this.#random.below(2) === 0;
    if (isBroken) {
      group.cut((from, to) => (from === a && to === b) || (from === b && to === a));
    }
    group.mesh.links.replayRate = 0.02;
    this.#judge.beginCalm({ isLossless });
    const endMs = group.nowMs + CALM_MS;
    while (group.nowMs < endMs) {
      group.order();
      if (!isLossless) this.#judge.defame(this.#random);
      group.run(100 + this.#random.below(900));
      this.#judge.look();
    }
    this.#judge.endCalm();
    group.cut(() => false);
  }

  /** Whoever delivers does not reach the orderers any more: another one does it. */
  #cutOff(): void {
    const [cutOff] = this.#group.deliverers;
    if (cutOff === undefined) return;
    cutOff.canReachOrderers = false;
    this.#group.order();
    const isTakenOver = (): boolean => this.#group.deliverers.some((peer) => peer !== cutOff);
    this.#judge.must(
      this.#group.runUntil(isTakenOver, TAKEOVER_MS_MAX),
      "nobody takes over from one without orderers",
    );
    cutOff.canReachOrderers = true;
    this.#judge.look();
  }

  /** A wall stands until either side has given the other up for dead. */
  #part(): void {
    const group = this.#group;
    const sideOf = (index: number): number => index % 2;
    group.cut((from, to) => sideOf(from) !== sideOf(to));
    const isParted = (): boolean => forgetful(group.mesh, sideOf).length === 0;
    this.#judge.must(
      group.runUntil(isParted, PARTING_MS_MAX),
      "the sides do not give each other up",
    );
    group.cut(() => false);
    const isOne = (): boolean => group.mesh.isConvergent();
    this.#judge.must(group.runUntil(isOne, UNITING_MS_MAX), () => this.#judge.divergence());
    this.#judge.look();
  }

  #storm(): void {
    const storm = new Storm(this.#group, this.#random);
    const endMs = this.#group.nowMs + STORM_MS;
    while (this.#group.nowMs < endMs) {
      storm.blow();
      if (this.#random.below(2) === 0) this.#group.order();
      this.#group.run(200 + this.#random.below(1_500));
      this.#judge.look();
    }
    storm.end();
  }

  #heal(): void {
    const group = this.#group;
    const isOne = (): boolean => group.mesh.isConvergent();
    this.#judge.must(group.runUntil(isOne, HEALING_MS_MAX), () => this.#judge.divergence());
    const isLevel = (): boolean => this.#judge.undelivered() === undefined;
    this.#judge.must(group.runUntil(isLevel, HEALING_MS_MAX), () => this.#judge.undelivered());
    const isWell = (): boolean => this.#judge.unwell() === undefined;
    this.#judge.must(group.runUntil(isWell, RECOVERING_MS_MAX), () => this.#judge.unwell());
    this.#judge.look();
  }

  #bury(): void {
    const group = this.#group;
    const [victim] = this.#pair();
    group.stop(victim);
    const isKnown = (): boolean => group.mesh.isConvergent();
    this.#judge.must(group.runUntil(isKnown, this.#detectionMsMax), () => this.#judge.divergence());
    this.#judge.must(
      group.runUntil(() => this.#judge.hasOneDeliverer(), this.#detectionMsMax),
      () => `${group.deliverers.length} deliver after a death`,
    );
  }

  #idle(): void {
    this.#group.mesh.links.replayRate = 0;
    this.#group.run(IDLE_MS);
    this.#judge.beginIdle();
    this.#group.run(IDLE_MS);
    this.#judge.endIdle(IDLE_MS);
    this.#judge.look();
  }

  #pair(): readonly [number, number] {
    const size = this.#group.mesh.peers.length;
    const a = this.#random.below(size);
    return [a, (a + 1 + this.#random.below(size - 1)) % size];
  }
}
