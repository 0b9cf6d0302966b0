/**
 * A channel's blocks on their way into the ledger and on to others.
 *
 * A block is pushed once by everybody who gets to know it, to a few own-organisation members that do not have it; what the push misses, the
 * pull of recent blocks and the transfer of ranges bring. Nothing is passed on or stored before it has been verified, and blocks are
 * verified in order, since the configuration in force decides.
 */
import { assert } from "../../src/kernel/assert.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import { BlockBuffer, type BlockRoute, type Candidate } from "./block-buffer.ts";
import { BlockPull, numbersFrom } from "./block-pull.ts";
import type { BlockEvent, ChannelEffect } from "./channel-event.ts";
import type { ChannelMembers } from "./channel-members.ts";
import type { PeerId } from "./claims.ts";
import {
  BEATS_PER_BLOCK,
  BEAT_WHILE_MS,
  DIRECT_PUSH_MAX,
  LONG_RANGE_BLOCKS_MAX,
  RETURN_BEATS,
  STORE_RETRY_MS,
} from "./limits.ts";
import type { ChannelMessage, NumberedBlock } from "./messages.ts";
import type { GossipOptions } from "./options.ts";
import { Schedule } from "./schedule.ts";
import { Standing } from "./standing.ts";
import { StateTransfer, type Source } from "./state-transfer.ts";

export interface BlockFlowDeps {
  readonly random: Random;
  /** This peer. */
  readonly self: PeerId;
  readonly channel: ChannelMembers;
  readonly emit: (effect: ChannelEffect) => void;
}

/** What is being done about the next block. At most one block is in work. */
type Work =
  | { readonly kind: "idle" }
  | { readonly kind: "verifying"; readonly number: number; readonly candidate: Candidate }
  | { readonly kind: "storing"; readonly number: number }
  | { readonly kind: "pausing"; readonly untilMs: number };

const IDLE: Work = { kind: "idle" };

export class BlockFlow {
  readonly #channel: ChannelMembers;
  readonly #emit: (effect: ChannelEffect) => void;
  readonly #options: GossipOptions;
  readonly #buffer: BlockBuffer;
  readonly #standing: Standing;
  readonly #transfer: StateTransfer;
  readonly #pull: BlockPull;
  readonly #schedule: Schedule<"beat" | "pull" | "transfer">;
  readonly #random: Random;
  #activeUntilMs = 0;
  #metMs = Number.NEGATIVE_INFINITY;
  /** The last block known to verify: a store that failed is tried again without verifying twice. */
  #verified: { readonly number: number; readonly candidate: Candidate } | undefined;
  #work: Work = IDLE;

  constructor(deps: BlockFlowDeps, options: GossipOptions, height: number, nowMs: number) {
    this.#channel = deps.channel;
    this.#random = deps.random;
    this.#emit = deps.emit;
    this.#options = options;
    this.#buffer = new BlockBuffer(height);
    this.#standing = new Standing(options.asideMs);
    const { random, self } = deps;
    this.#transfer = new StateTransfer({ random, self, standing: this.#standing }, options);
    const held = { buffer: this.#buffer, standing: this.#standing };
    this.#pull = new BlockPull({ ...deps, ...held }, options);
    this.#schedule = new Schedule(
      {
        beat: options.newsIntervalMs,
        pull: options.pullIntervalMs,
        transfer: options.transferIntervalMs,
      },
      deps.random,
      nowMs,
    );
  }

  /** The number of the next block that the ledger needs. */
  get height(): number {
    return this.#buffer.height;
  }

  /** Numbers of blocks that wait for an earlier one. */
  get bufferedCount(): number {
    return this.#buffer.count;
  }

  nextDueMs(nowMs: number): number {
    const isAtWork = this.#work.kind === "pausing" || this.#transfer.isWaiting || this.#isBehind();
    if (isAtWork) return nowMs;
    return Math.min(
      this.#schedule.nextMs("pull"),
      nowMs < this.#activeUntilMs ? this.#schedule.nextMs("beat") : Infinity,
      this.#pull.nextDueMs(nowMs),
    );
  }

  tick(nowMs: number): void {
    this.#standing.expire(nowMs);
    const isPullDue = this.#schedule.isDue("pull", nowMs);
    if (isPullDue) this.#pull.begin(nowMs);
    const isBeatDue = this.#schedule.isDue("beat", nowMs);
    if (isBeatDue && nowMs < this.#activeUntilMs && this.#areFewLevel()) {
      this.#activeUntilMs = nowMs;
    }
    const isActive = nowMs < this.#activeUntilMs || this.#isBehind();
    if (isPullDue || (isBeatDue && isActive)) this.#pull.beat(nowMs);
    if (isBeatDue && this.#isBehind()) this.#pull.beat(nowMs);
    this.#pull.tick(nowMs);
    for (const { to, first } of this.#transfer.expire(nowMs)) this.#unserved(to, first);
    if (this.#schedule.isDue("transfer", nowMs) || this.#isBehind()) this.requestRanges(nowMs);
    this.#takeUpNext(nowMs);
  }

  step(event: BlockEvent, nowMs: number): void {
    switch (event.kind) {
      case "own-block":
        this.#activeUntilMs = nowMs + BEAT_WHILE_MS;
        this.#push(event, undefined);
        // Among few, the push has told all of them.
        if (this.#fewMembers() === undefined) this.#tellHeight(nowMs);
        return;
      case "block":
        this.#channel.noteHeight(event.from, event.number + 1);
        this.#take(event.from, "push", [event], nowMs);
        return;
      case "block-hello":
        this.#noteDifference(event.from, event.height, nowMs);
        this.#pull.hello(event, nowMs);
        if ((event.height ?? 0) > this.#buffer.height) this.requestRanges(nowMs);
        return;
      case "block-digest":
        this.#pull.digest(event, nowMs);
        return;
      case "block-request":
        if (!this.#pull.isServed(event.from, event.nonce, nowMs)) return;
        this.#serve("update", event.from, event.nonce, event.numbers);
        return;
      case "block-update":
        if (!this.#pull.expects(event.from, event.nonce, nowMs)) return;
        this.#take(event.from, "pull", event.blocks, nowMs);
        return;
      case "range-request":
        this.#serve("range", event.from, event.nonce, numbersFrom(event.first, event.last));
        return;
      case "range-response":
        this.#takeRange(event.from, event.nonce, event.blocks, nowMs);
        return;
      case "block-verified":
        this.#verifiedBlock(event.number, event.isValid, nowMs);
        return;
      case "block-stored":
        this.#storedBlock(event.number, event.isStored, nowMs);
        return;
    }
  }

  /**
   * A member is back. It may have blocks, or lack some, that nobody here has heard of: of many such, one a round is told the height at once,
   * and of many that could tell one, a few do.
   */
  meet(peer: PeerId, nowMs: number): void {
    if (nowMs - this.#metMs < this.#options.newsIntervalMs) return;
    if (this.#random.below(this.#channel.claimCount + 1) >= RETURN_BEATS) return;
    if (!this.#channel.isOwnMember(peer) || this.#standing.isAside(peer, nowMs)) return;
    this.#metMs = nowMs;
    this.#pull.tell(peer, nowMs);
  }

  /** Where one lags others may, as after a partition: heights are compared every round until they are level. */
  #noteDifference(from: PeerId, height: number | undefined, nowMs: number): void {
    if (height === undefined || height === this.#buffer.height) return;
    if (this.#channel.isOwnMember(from)) this.#activeUntilMs = nowMs + BEAT_WHILE_MS;
  }

  /** The ledger has every block below `height`. */
  advance(height: number, nowMs: number): void {
    this.#buffer.advance(height);
    this.#pull.advance(height);
    if (this.#verified !== undefined && this.#verified.number < this.#buffer.height) {
      this.#verified = undefined;
    }
    this.#takeUpNext(nowMs);
    if (this.#isBehind()) this.requestRanges(nowMs);
  }

  #take(from: PeerId, route: BlockRoute, blocks: readonly NumberedBlock[], nowMs: number): void {
    if (this.#standing.isLiar(from, nowMs)) return;
    if (this.#standing.isAside(from, nowMs) && route !== "transfer") return;
    for (const { number, bytes } of blocks) this.#buffer.add(number, { from, route, bytes });
    this.#takeUpNext(nowMs);
  }

  #takeRange(from: PeerId, nonce: string, blocks: readonly NumberedBlock[], nowMs: number): void {
    if (this.#pull.expects(from, nonce, nowMs)) {
      this.#take(from, "pull", blocks, nowMs);
      return;
    }
    const request = this.#transfer.answered(from, nonce, nowMs);
    if (request === undefined) return;
    const asked = blocks
      .slice(0, LONG_RANGE_BLOCKS_MAX)
      .filter(({ number }) => request.first <= number && number <= request.last);
    // Nothing of what it said to have: somebody else may be quicker.
    if (asked.length > 0) this.#standing.answered(from);
    else {
      this.#standing.keptWaiting(from, this.#options.transferTimeoutMs, nowMs);
      this.#unserved(from, request.first);
    }
    this.#take(from, "transfer", asked, nowMs);
    this.requestRanges(nowMs);
  }

  /** Takes up the next block, if there is one and nothing else is in work. */
  #takeUpNext(nowMs: number): void {
    if (this.#work.kind === "pausing" && nowMs >= this.#work.untilMs) this.#work = IDLE;
    if (this.#work.kind !== "idle") return;
    const number = this.#buffer.height;
    if (this.#verified?.number === number) {
      this.#store(number, this.#verified.candidate);
      return;
    }
    const candidate = this.#buffer.next();
    if (candidate === undefined) return;
    this.#work = { kind: "verifying", number, candidate };
    this.#emit({ kind: "verify-block", number, bytes: candidate.bytes });
  }

  #verifiedBlock(number: number, isValid: boolean, nowMs: number): void {
    const work = this.#work;
    assert(work.kind === "verifying" && work.number === number, "one block is verified at a time");
    this.#work = IDLE;
    const { candidate } = work;
    if (number < this.#buffer.height) {
      // It came another way meanwhile, and the configuration may have moved on: the verdict means nothing.
      this.#takeUpNext(nowMs);
      return;
    }
    if (!isValid) {
      this.#reject(number, candidate.from, nowMs);
      return;
    }
    this.#verified = { number, candidate };
    this.#activeUntilMs = nowMs + BEAT_WHILE_MS;
    if (candidate.route !== "transfer") {
      this.#push({ number, bytes: candidate.bytes }, candidate.from);
    }
    this.#store(number, candidate);
  }

  #store(number: number, { bytes }: Candidate): void {
    this.#work = { kind: "storing", number };
    this.#emit({ kind: "store-block", number, bytes });
  }

  #reject(number: number, from: PeerId, nowMs: number): void {
    this.#buffer.dropFrom(from);
    this.#standing.lied(from, nowMs);
    this.#emit({ kind: "offended", peer: from, number });
    this.#takeUpNext(nowMs);
    this.requestRanges(nowMs);
  }

  #unserved(peer: PeerId, number: number): void {
    this.#emit({ kind: "unserved", peer, number });
  }

  #storedBlock(number: number, isStored: boolean, nowMs: number): void {
    assert(
      this.#work.kind === "storing" && this.#work.number === number,
      "one block is stored at a time",
    );
    this.#work = isStored ? IDLE : { kind: "pausing", untilMs: nowMs + STORE_RETRY_MS };
    if (!isStored) return;
    this.advance(number + 1, nowMs);
    if (!this.#isBehind()) this.#tellHeight(nowMs);
  }

  /** After a fresh block: those whom no push reaches learn of it from the heights of others, and the sooner the more say theirs. */
  #tellHeight(nowMs: number): void {
    const few = this.#fewMembers();
    if (few !== undefined) this.#pull.tellAll(few, nowMs);
    else for (let beat = 0; beat < BEATS_PER_BLOCK; beat += 1) this.#pull.beat(nowMs);
  }

  /** `from`: who pushed it to this peer; undefined when it came from the orderers. */
  #push(block: NumberedBlock, from: PeerId | undefined): void {
    const isDirect = this.#fewMembers() !== undefined;
    if (isDirect && from !== undefined) return;
    const lacking = this.#channel.drawOwn(
      isDirect ? DIRECT_PUSH_MAX : this.#options.pushPeerCount,
      ({ peer, height }) => peer !== from && height <= block.number,
    );
    for (const { peer } of lacking) {
      this.#send(peer, { kind: "block", number: block.number, bytes: block.bytes });
    }
  }

  /** Among few, all that learn what they miss from heights, one push reaches everybody: further ones would be copies. */
  #fewMembers(): readonly Source[] | undefined {
    const few = this.#channel.fewOwn(DIRECT_PUSH_MAX);
    return few?.every(({ servesLong }) => servesLong) === true ? few : undefined;
  }

  /** Among few, each tells all others of each block that it has stored: once all have, there is nothing to compare until somebody has another height. */
  #areFewLevel(): boolean {
    return this.#fewMembers()?.every(({ height }) => height === this.#buffer.height) === true;
  }

  #serve(as: "update" | "range", to: PeerId, nonce: string, numbers: readonly number[]): void {
    const held = numbers
      .slice(0, LONG_RANGE_BLOCKS_MAX)
      .filter((number) => number >= 0 && number < this.#buffer.height);
    // An update may be left out; a range that is not answered would be waited for.
    if (held.length === 0 && as === "update") return;
    this.#emit({ kind: "serve-blocks", as, to, nonce, numbers: held });
  }

  /** Asks for what is missing, as far as it is time to. */
  requestRanges(nowMs: number): void {
    const need = {
      height: this.#buffer.height,
      isHeld: (number: number) => this.#buffer.has(number),
      tallest: this.#channel.tallest,
      sources: () => this.#channel.sources(this.#buffer.height),
    };
    for (const { to, nonce, first, last } of this.#transfer.plan(need, nowMs)) {
      this.#send(to, { kind: "range-request", nonce, first, last });
    }
  }

  #isBehind(): boolean {
    return this.#channel.tallest > this.#buffer.height;
  }

  #send(to: PeerId, message: ChannelMessage): void {
    this.#emit({ kind: "send", to, message });
  }
}
