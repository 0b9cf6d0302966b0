/**
 * Fetching the newest blocks that no push has brought, each from one member that has it.
 *
 * Members that answer probes compare heights: whoever hears a greater one asks its sender for what it lacks, whoever hears a smaller one
 * answers with what it has besides. Others, Fabric's, are asked by hello and digest at regular times. What is far behind is a matter for
 * ranges (`StateTransfer`).
 */
import type { Random } from "../../src/kernel/ports/random.ts";
import { AnswerTimes } from "./answer-times.ts";
import type { BlockBuffer } from "./block-buffer.ts";
import type { BlockEvent, ChannelEffect } from "./channel-event.ts";
import type { ChannelMembers } from "./channel-members.ts";
import type { PeerId } from "./claims.ts";
import { ExpectedAnswers } from "./expected-answers.ts";
import { DIGEST_BLOCKS_MAX, DIGEST_ITEMS_MAX, LONG_RANGE_BLOCKS_MAX } from "./limits.ts";
import type { ChannelMessage } from "./messages.ts";
import type { GossipOptions } from "./options.ts";
import { PullRounds, PullService } from "./pull.ts";
import { newNonce } from "./sampling.ts";
import type { Standing } from "./standing.ts";
import type { Source } from "./state-transfer.ts";

export interface BlockPullDeps {
  readonly random: Random;
  readonly channel: ChannelMembers;
  readonly buffer: Pick<BlockBuffer, "height" | "has">;
  readonly standing: Standing;
  readonly emit: (effect: ChannelEffect) => void;
}

type PullOptions = Pick<
  GossipOptions,
  "pullPeerCount" | "digestWaitMs" | "requestWaitMs" | "responseWaitMs"
>;
type Hello = Extract<BlockEvent, { readonly kind: "block-hello" }>;
type Digest = Extract<BlockEvent, { readonly kind: "block-digest" | "block-request" }>;

/** Somebody who has shown to be ahead, and how far. */
interface Teller {
  readonly peer: PeerId;
  readonly height: number;
}

export class BlockPull {
  readonly #deps: BlockPullDeps;
  readonly #options: PullOptions;
  readonly #rounds: PullRounds;
  readonly #service: PullService;
  /** Heights that this peer has told. */
  readonly #beats = new ExpectedAnswers();
  /** Blocks that it has asked for because of a height. */
  readonly #asked = new ExpectedAnswers();
  readonly #answerTimes = new AnswerTimes();
  /** Until when each number that was asked for is waited for. At most `DIGEST_BLOCKS_MAX` beyond the ledger. */
  readonly #wanted = new Map<number, number>();
  /** To be asked when what has been asked for does not come. */
  #teller: Teller | undefined;

  constructor(deps: BlockPullDeps, options: PullOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#rounds = new PullRounds(options, deps.random);
    this.#service = new PullService(options);
  }

  nextDueMs(nowMs: number): number {
    return this.#teller === undefined ? this.#rounds.digestsUntilMs : nowMs;
  }

  tick(nowMs: number): void {
    const teller = this.#teller;
    if (teller !== undefined) this.#askAhead(teller, nowMs);
    this.#requestPulled(nowMs);
  }

  /** The ledger has every block below `height`. */
  advance(height: number): void {
    for (const number of this.#wanted.keys()) if (number < height) this.#wanted.delete(number);
    if (this.#teller !== undefined && this.#teller.height <= height) this.#teller = undefined;
  }

  /** Asks a few members that answer no probes what they have. */
  begin(nowMs: number): void {
    const peers = this.#deps.channel.drawOwn(
      this.#options.pullPeerCount,
      ({ peer, servesLong }) => !servesLong && !this.#deps.standing.isAside(peer, nowMs),
    );
    if (peers.length === 0) return;
    const hellos = this.#rounds.begin(
      peers.map(({ peer }) => peer),
      nowMs,
    );
    for (const { to, nonce } of hellos) {
      this.#send(to, { kind: "block-hello", nonce, height: undefined });
    }
  }

  /** Tells one member this peer's height: whoever of the two is behind learns of it, and asks. */
  beat(nowMs: number): void {
    const [member] = this.#deps.channel.drawOwn(
      1,
      ({ peer, servesLong }) => servesLong && !this.#deps.standing.isAside(peer, nowMs),
    );
    if (member !== undefined) this.tell(member.peer, nowMs);
  }

  /** Tells this peer's height to all of `members` that are worth it. */
  tellAll(members: readonly Source[], nowMs: number): void {
    for (const { peer } of members) {
      if (!this.#deps.standing.isAside(peer, nowMs)) this.tell(peer, nowMs);
    }
  }

  /** Tells `peer` this peer's height. */
  tell(peer: PeerId, nowMs: number): void {
    const nonce = newNonce(this.#deps.random);
    this.#beats.expect(nonce, peer, nowMs + this.#options.responseWaitMs);
    this.#send(peer, { kind: "block-hello", nonce, height: this.#deps.buffer.height });
  }

  hello({ from, nonce, height }: Hello, nowMs: number): void {
    if (!this.#deps.channel.isOwnMember(from)) return;
    if (height !== undefined) this.#deps.channel.noteHeight(from, height);
    const last = this.#deps.buffer.height - 1;
    if (height !== undefined && height > last) {
      const isTrusted = !this.#deps.standing.isLiar(from, nowMs);
      if (height > last + 1 && isTrusted) this.#askAhead({ peer: from, height }, nowMs);
      return;
    }
    if (!this.#service.hello(from, nonce, nowMs)) return;
    const newest = Math.max(0, last - DIGEST_BLOCKS_MAX + 1);
    const numbers = numbersFrom(Math.max(newest, height ?? 0), last);
    if (numbers.length > 0) this.#send(from, { kind: "block-digest", nonce, numbers });
  }

  digest({ from, nonce, numbers }: Digest, nowMs: number): void {
    const offered = numbers.slice(0, DIGEST_ITEMS_MAX);
    if (this.#beats.take(nonce, from, nowMs) !== undefined) {
      this.#askFor(from, nonce, offered, nowMs);
      return;
    }
    const { buffer } = this.#deps;
    this.#rounds.digest(
      from,
      nonce,
      offered.map(String),
      (item) => Number(item) >= buffer.height && !buffer.has(Number(item)),
    );
    this.#requestPulled(nowMs);
  }

  /** Whether a request for blocks follows a hello, from somebody who may ask. */
  isServed(from: PeerId, nonce: string, nowMs: number): boolean {
    return this.#deps.channel.isOwnMember(from) && this.#service.request(from, nonce, nowMs);
  }

  /** True once for each answer that was asked for. */
  expects(from: PeerId, nonce: string, nowMs: number): boolean {
    const leftMs = this.#asked.take(nonce, from, nowMs);
    if (leftMs === undefined) return this.#rounds.expects(from, nonce, nowMs);
    this.#answerTimes.note(this.#options.responseWaitMs - leftMs);
    return true;
  }

  /** Asks one that is there and a little ahead for the next blocks; later, when they have been asked for just now. */
  #askAhead(teller: Teller, nowMs: number): void {
    const last = teller.height - 1;
    if (last >= this.#deps.buffer.height + DIGEST_BLOCKS_MAX) return;
    const lacking = this.#lacking(numbersFrom(this.#deps.buffer.height, last), nowMs);
    const [first] = lacking;
    this.#teller = first === undefined ? teller : undefined;
    if (first === undefined) return;
    const numbers = lacking.filter((number, index) => number === first + index);
    const nonce = newNonce(this.#deps.random);
    this.#want(numbers, teller.peer, nonce, nowMs);
    const range = { first, last: first + numbers.length - 1 };
    this.#send(teller.peer, { kind: "range-request", nonce, ...range });
  }

  /** Asks at once for what is offered and neither here nor on its way. */
  #askFor(from: PeerId, nonce: string, offered: readonly number[], nowMs: number): void {
    const height = Math.max(0, ...offered) + 1;
    this.#deps.channel.noteHeight(from, height);
    const numbers = this.#lacking(offered, nowMs);
    if (numbers.length === 0) {
      if (height > this.#deps.buffer.height) this.#teller = { peer: from, height };
      return;
    }
    this.#want(numbers, from, nonce, nowMs);
    this.#send(from, { kind: "block-request", nonce, numbers });
  }

  /** Those of `numbers` that come next, are not here, and have not been asked for just now. */
  #lacking(numbers: readonly number[], nowMs: number): readonly number[] {
    const { buffer } = this.#deps;
    return numbers.filter(
      (number) =>
        number >= buffer.height &&
        number < buffer.height + DIGEST_BLOCKS_MAX &&
        !buffer.has(number) &&
        nowMs >= (this.#wanted.get(number) ?? 0),
    );
  }

  #want(numbers: readonly number[], from: PeerId, nonce: string, nowMs: number): void {
    for (const number of numbers) this.#wanted.set(number, nowMs + this.#answerTimes.waitMs);
    this.#asked.expect(nonce, from, nowMs + this.#options.responseWaitMs);
  }

  #requestPulled(nowMs: number): void {
    for (const { to, nonce, items } of this.#rounds.requests(nowMs)) {
      this.#send(to, { kind: "block-request", nonce, numbers: items.map(Number) });
    }
  }

  #send(to: PeerId, message: ChannelMessage): void {
    this.#deps.emit({ kind: "send", to, message });
  }
}

/** From `first` to `last`, both included; empty when they are the wrong way round, cut where no more would be served. */
export function numbersFrom(first: number, last: number): readonly number[] {
  const length = Math.min(Math.max(0, last - first + 1), LONG_RANGE_BLOCKS_MAX);
  return Array.from({ length }, (_, offset) => first + offset);
}
