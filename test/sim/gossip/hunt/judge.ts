/** Holds G1 to G8 against a group. */
import type { Random } from "../../../../src/kernel/ports/random.ts";
import { undelivered } from "../scale/invariants/g1-eventual-delivery.ts";
import { divergent } from "../scale/invariants/g2-convergence.ts";
import { watchReturns } from "../scale/invariants/g3-only-by-news.ts";
import { OnlyNewer } from "../scale/invariants/g3-time-only-grows.ts";
import { watchSuspicions } from "../scale/invariants/g4-no-cause.ts";
import { watchFalseDeaths } from "../scale/invariants/g4-no-false-death.ts";
import { defame } from "../scale/invariants/g5-no-believed-verdict.ts";
import { watchStanding } from "../scale/invariants/g5-liars-aside.ts";
import { copiesPerPeer } from "../scale/invariants/g6-bounded-load.ts";
import { watchOffers } from "../scale/invariants/g8-offered-in-order.ts";
import type { GossipGroup } from "./gossip-group.ts";

/** A fresh block is everywhere within so long when all is calm and nobody lies. */
const SPREAD_MS_MAX = 2_500;
/** Without a deliverer, or with two, when all is calm. */
const CONTEST_MS_MAX = 3_000;
const COPIES_MAX = 4;
/** Blocks kept ahead of the ledger. */
const BUFFERED_MAX = 200;
/** Of one idle peer in a second, both cores. */
const IDLE_MESSAGES_MAX = 25;
const IDLE_BYTES_MAX = 10_000;
/** Where alive messages are renewed for a member that answers no probes. */
const PLAIN_IDLE_BYTES_MAX = 15_000;

export interface GroupTraits {
  readonly hasTraitors: boolean;
  readonly hasFlood: boolean;
  readonly hasPlain: boolean;
}

export class Judge {
  readonly #group: GossipGroup;
  readonly #traits: GroupTraits;
  /** Broken as soon as something is in one of them. */
  readonly #watches: readonly (readonly string[])[];
  readonly #onlyNewer: OnlyNewer;
  readonly #falseDeaths: readonly string[];
  readonly #suspicions: readonly string[];
  #calm: { readonly isLossless: boolean; readonly fromBlock: number } | undefined;
  #begun = { deaths: 0, suspicions: 0, copies: 0, messages: 0, bytes: 0 };
  #contestedSinceMs: number | undefined;

  constructor(group: GossipGroup, traits: GroupTraits) {
    this.#group = group;
    this.#traits = traits;
    this.#onlyNewer = new OnlyNewer(group.mesh);
    this.#falseDeaths = watchFalseDeaths(group.mesh);
    this.#suspicions = watchSuspicions(group.mesh);
    this.#watches = [
      watchReturns(group.mesh),
      watchStanding(group.channel),
      watchOffers(group.channel),
    ];
  }

  get deathCount(): number {
    return this.#falseDeaths.length;
  }

  must(holds: boolean, violation: string | (() => string | undefined)): void {
    if (holds) return;
    throw new Error(typeof violation === "string" ? violation : (violation() ?? "it came late"));
  }

  /** What must hold at any time. */
  look(): void {
    for (const [violation] of this.#watches) this.#refuse(violation);
    this.#refuse(this.#onlyNewer.violation());
    this.#refuse(this.#overfull());
    if (this.#calm !== undefined) this.#lookInCalm(this.#calm);
  }

  beginCalm({ isLossless }: { readonly isLossless: boolean }): void {
    this.#calm = { isLossless, fromBlock: this.#group.channel.orderedHeight };
    this.#begun = this.#now();
    this.#contestedSinceMs = undefined;
  }

  endCalm(): void {
    const { fromBlock } = this.#calm!;
    this.#calm = undefined;
    if (this.#traits.hasTraitors) return;
    const count = this.#group.channel.orderedHeight - fromBlock;
    const copies = copiesPerPeer(this.#group.channel, 1) - this.#begun.copies;
    this.must(
      copies <= COPIES_MAX * count,
      `G6: ${copies / count} copies of a block arrive at a peer`,
    );
  }

  beginIdle(): void {
    this.#begun = this.#now();
  }

  endIdle(durationMs: number): void {
    const { hasFlood, hasPlain } = this.#traits;
    if (hasFlood) return;
    const now = this.#now();
    const share = (this.#group.up.length * durationMs) / 1_000;
    const messages = (now.messages - this.#begun.messages) / share;
    const bytes = (now.bytes - this.#begun.bytes) / share;
    this.must(messages <= IDLE_MESSAGES_MAX, `G6: an idle peer says ${messages} messages a second`);
    this.must(
      bytes <= (hasPlain ? PLAIN_IDLE_BYTES_MAX : IDLE_BYTES_MAX),
      `G6: an idle peer says ${bytes} bytes a second`,
    );
  }

  /** Some say of somebody that it is dead. */
  defame(random: Random): void {
    const { peers } = this.#group.mesh;
    const victim = peers[random.below(peers.length)]!;
    const others = peers.filter((peer) => peer !== victim);
    defame(others.slice(0, 3), victim, others, this.#group.nowMs);
  }

  divergence(): string | undefined {
    const [first] = divergent(this.#group.mesh);
    return first === undefined ? undefined : `G2: ${first}`;
  }

  undelivered(): string | undefined {
    const { channel } = this.#group;
    const [first] = undelivered(channel, channel.orderedHeight);
    return first === undefined ? undefined : `G1: ${first}`;
  }

  /** Whoever has not recovered from what was. */
  unwell(): string | undefined {
    const { mesh, deliverers } = this.#group;
    const doubter = mesh.up.find(({ mesh: own, isPlain }) => !isPlain && own.healthScore > 0);
    if (doubter !== undefined) return `peer ${doubter.index} still doubts its own hearing`;
    const suspicious = mesh.up.find(({ mesh: own }) => own.suspectCount > 0);
    if (suspicious !== undefined) return `peer ${suspicious.index} still suspects somebody`;
    return this.hasOneDeliverer() ? undefined : `${deliverers.length} deliver in the end`;
  }

  /** Who hears of blocks far ahead takes itself for one that is behind, and fetches blocks too. */
  hasOneDeliverer(): boolean {
    const { length } = this.#group.deliverers;
    return length === 1 || (this.#traits.hasFlood && length > 1);
  }

  #lookInCalm({ isLossless }: { readonly isLossless: boolean }): void {
    const [death] = this.#falseDeaths.slice(this.#begun.deaths);
    this.#refuse(death === undefined ? undefined : `G4: ${death}`);
    if (isLossless) {
      const [suspicion] = this.#suspicions.slice(this.#begun.suspicions);
      this.#refuse(suspicion === undefined ? undefined : `G4: ${suspicion}`);
    }
    if (this.#traits.hasTraitors) return;
    this.#refuse(this.#slowBlock());
    this.#refuse(this.#contest());
  }

  #slowBlock(): string | undefined {
    const { madeMs, channel, nowMs } = this.#group;
    const height = Math.min(...channel.peers.map((peer) => peer.height));
    const atMs = madeMs.get(height);
    if (atMs === undefined || nowMs - atMs <= SPREAD_MS_MAX) return undefined;
    return `G1: block ${height} is not everywhere after ${nowMs - atMs} ms`;
  }

  #contest(): string | undefined {
    const { deliverers, nowMs } = this.#group;
    if (deliverers.length === 1) this.#contestedSinceMs = undefined;
    else this.#contestedSinceMs ??= nowMs;
    const sinceMs = this.#contestedSinceMs ?? nowMs;
    if (nowMs - sinceMs <= CONTEST_MS_MAX) return undefined;
    return `${deliverers.length} deliver for ${nowMs - sinceMs} ms`;
  }

  #overfull(): string | undefined {
    const full = this.#group.up.find(({ channel }) => channel.bufferedCount > BUFFERED_MAX);
    return full === undefined ? undefined : `G6: peer ${full.index} keeps too many blocks`;
  }

  #now(): { deaths: number; suspicions: number; copies: number; messages: number; bytes: number } {
    const { mesh, channel } = this.#group;
    return {
      deaths: this.#falseDeaths.length,
      suspicions: this.#suspicions.length,
      copies: copiesPerPeer(channel, 1),
      messages: mesh.messageCount + channel.messageCount,
      bytes: mesh.byteCount + channel.byteCount,
    };
  }

  #refuse(violation: string | undefined): void {
    if (violation !== undefined) throw new Error(violation);
  }
}
