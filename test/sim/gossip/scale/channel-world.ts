/** Thousands of channel cores of one organisation in one virtual time, whose membership is settled: how blocks get about. */
import {
  Channel,
  DEFAULT_OPTIONS,
  type ChannelEffect,
  type ChannelEvent,
  type GossipOptions,
  type LeadershipClaim,
  type NumberedBlock,
  type PeerDirectory,
  type PeerFacts,
  type SealedMessage,
  type StateClaim,
} from "../../../../gossip/core/index.ts";
import { assert } from "../../../../src/kernel/assert.ts";
import { EMPTY_BYTES } from "../../../../src/kernel/bytes.ts";
import { SeededRandom } from "../seeded-random.ts";
import { blockOf, falsified, forgedBlock, isGenuine } from "./channel-block.ts";
import type { ChannelObserver, ChannelPeer, ChannelPlan } from "./channel-peer.ts";
import { Links } from "./links.ts";
import { channelBytesOf, type ArrivingMessage } from "./message-bytes.ts";
import { peerName, peerNumber } from "./peer-name.ts";
import { Wheel } from "./wheel.ts";

const MSP_ID = "Org1MSP";

/** What a deliverer fetches from the orderers in a tick. */
const FETCHED_PER_TICK_MAX = 3;
/** What one that floods pushes in a tick, and how far ahead. */
const FLOOD_PER_TICK = 10;
const FLOOD_AHEAD = 5_000;

type Item =
  | { readonly kind: "tick"; readonly peer: ChannelPeer; readonly run: bigint }
  | {
      readonly kind: "work";
      readonly peer: ChannelPeer;
      readonly run: bigint;
      readonly done: ChannelEvent;
    }
  | {
      readonly kind: "message";
      readonly from: number;
      readonly to: ChannelPeer;
      readonly message: ArrivingMessage;
    };

export class ChannelWorld {
  readonly peers: readonly ChannelPeer[];
  readonly links: Links;
  readonly options: GossipOptions;
  messageCount = 0;
  byteCount = 0;
  /** Without the payloads of blocks. */
  overheadByteCount = 0;
  #isUnited = false;
  observer: ChannelObserver = {};
  /** The number of the next block that the orderers make. */
  orderedHeight = 1;
  /** Called for each block that a ledger takes. */
  onStored: (peer: ChannelPeer, number: number) => void = () => undefined;
  readonly #blockBytes: number;
  readonly #wheel = new Wheel<Item>();
  readonly #random: SeededRandom;
  readonly #plan: ChannelPlan;
  readonly #facts: readonly PeerFacts[];
  readonly #claims = new WeakMap<SealedMessage, StateClaim>();
  readonly #leadership = new WeakMap<SealedMessage, LeadershipClaim>();

  constructor(plan: ChannelPlan) {
    const { seed, size, options, blockBytes, heightOf } = plan;
    this.#plan = plan;
    this.#random = new SeededRandom(seed);
    this.links = new Links(new SeededRandom(this.#random.uint32()));
    const election = plan.isElected === true ? {} : { electionGraceMs: 600_000 };
    this.options = { ...DEFAULT_OPTIONS, ...election, ...options };
    this.#blockBytes = blockBytes ?? 50_000;
    this.#facts = Array.from({ length: size }, (_, index) => factsOf(index, plan.isPlain === true));
    const directoryOf = plan.directoryOf ?? this.#settledDirectories();
    this.peers = this.#facts.map((_, index) =>
      this.#newPeer(index, heightOf?.(index) ?? 1, directoryOf(index)),
    );
    if (plan.directoryOf === undefined) this.#acquaint();
    for (const peer of this.peers) {
      this.#grow(peer);
      this.#start(peer);
    }
  }

  get nowMs(): number {
    return this.#wheel.nowMs;
  }

  run(durationMs: number): void {
    for (let left = durationMs; left > 0; left -= 1) {
      this.#wheel.advance((item) => {
        if (item.kind === "message") {
          if (item.to.isUp) this.#read(item.to, peerName(item.from), item.message);
        } else if (item.peer.isUp && item.peer.incarnation === item.run) {
          if (item.kind === "tick") this.#tick(item.peer);
          else this.#step(item.peer, item.done);
        }
      });
    }
  }

  /** Runs until `condition` holds; answers when, or undefined after `limitMs`. */
  runUntil(condition: () => boolean, limitMs: number, stepMs = 10): number | undefined {
    const startMs = this.nowMs;
    while (!condition()) {
      if (this.nowMs - startMs >= limitMs) return undefined;
      this.run(stepMs);
    }
    return this.nowMs - startMs;
  }

  /** The orderers' next block reaches `peer`. */
  order(peer: ChannelPeer): number {
    const number = peer.height;
    this.#store(peer, number);
    this.#step(peer, { kind: "own-block", number, bytes: blockOf(number) });
    return number;
  }

  stop(peer: ChannelPeer): void {
    peer.isUp = false;
    peer.isMissed = true;
  }

  /** Stops a peer without anybody's notice: the others go on sending to it. */
  crash(peer: ChannelPeer): void {
    peer.isUp = false;
  }

  isLevel(height: number): boolean {
    return this.peers.every((peer) => !peer.isUp || peer.height >= height);
  }

  /** The membership is one again: everybody learns of those of the other sides, in an order of its own. */
  reunite(): void {
    const { sideOf = () => 0 } = this.#plan;
    const { length } = this.peers;
    this.#isUnited = true;
    for (const peer of this.peers) {
      for (let step = 1; step < length; step += 1) {
        const other = (peer.index + step) % length;
        if (sideOf(other) !== sideOf(peer.index)) this.tell(peer, "joined", other);
      }
    }
  }

  /** Starts a stopped peer anew, with the ledger that it had. */
  restart(peer: ChannelPeer): void {
    const { directoryOf } = this.#plan;
    peer.incarnation += BigInt(this.nowMs + 1);
    const directory = (directoryOf ?? this.#settledDirectories())(peer.index);
    peer.channel = this.#newChannel(peer.index, peer.height, directory, peer.incarnation);
    peer.isUp = true;
    peer.isMissed = false;
    this.#start(peer);
  }

  /** A peer, as `observer` sees it, has come or gone. */
  tell(observer: ChannelPeer, kind: "joined" | "died", subject: number): void {
    if (observer.isUp) this.#step(observer, { kind, peer: peerName(subject) });
  }

  #newPeer(index: number, height: number, directory: PeerDirectory): ChannelPeer {
    return {
      index,
      name: peerName(index),
      betrayal: this.#plan.betrayalOf?.(index),
      channel: this.#newChannel(index, this.#knownHeightOf({ index, height }), directory, 1n),
      incarnation: 1n,
      height,
      isUp: true,
      isMissed: false,
      canReachOrderers: true,
      storedMs: new Map(),
      copies: 0,
    };
  }

  #newChannel(
    index: number,
    height: number,
    directory: PeerDirectory,
    incarnation: bigint,
  ): Channel {
    return new Channel(
      {
        random: new SeededRandom(this.#random.uint32()),
        self: { peer: peerName(index), mspId: MSP_ID },
        directory,
      },
      this.options,
      { mspIds: new Set([MSP_ID]), height, chaincodes: [], incarnation },
      this.nowMs,
    );
  }

  #settledDirectories(): (index: number) => PeerDirectory {
    const facts = this.#facts;
    const table = new Map(facts.map((fact) => [fact.peer, fact]));
    const sideOf = this.#plan.sideOf ?? (() => 0);
    const sides = new Map<number, PeerFacts[]>();
    facts.forEach((fact, index) => {
      const side = sides.get(sideOf(index));
      if (side === undefined) sides.set(sideOf(index), [fact]);
      else side.push(fact);
    });
    return (index) => {
      // A list for each costs memory that grows with the square: with many the chance of drawing oneself is small, and harmless.
      const others = facts.length > 1_000 ? facts : facts.filter((fact) => fact !== facts[index]);
      const side = sideOf(index);
      const near = this.#plan.sideOf === undefined ? others : (sides.get(side) ?? []);
      return {
        alive: () => (this.#isUnited ? others : near),
        isAlive: (peer) => {
          const number = peerNumber(peer);
          if (this.peers[number]?.isMissed === true) return false;
          return this.#isUnited || sideOf(number) === side;
        },
        claimOf: (peer) => table.get(peer),
      };
    };
  }

  #start(peer: ChannelPeer): void {
    const delayMs = 1 + this.#random.below(this.options.tickIntervalMs);
    this.#wheel.put(delayMs, { kind: "tick", peer, run: peer.incarnation });
  }

  #acquaint(): void {
    const claims = this.peers.map((peer) => this.#firstClaimOf(peer));
    for (const peer of this.peers) {
      peer.channel.step({ kind: "state-claims", claims }, 0);
      // What else would be said on the way here was said long ago.
      for (const effect of peer.channel.takeEffects()) {
        if (effect.kind === "send" && effect.message.kind === "range-request") {
          this.#perform(peer, effect);
        }
      }
    }
  }

  #knownHeightOf({ index, height }: Pick<ChannelPeer, "index" | "height">): number {
    return this.#plan.knownHeightOf?.(index) ?? height;
  }

  /** Its ledger is taller than all have been told so far. */
  #grow(peer: ChannelPeer): void {
    const { height } = peer;
    if (height === this.#knownHeightOf(peer)) return;
    this.#step(peer, { kind: "ledger", height, chaincodes: [] });
  }

  #firstClaimOf(peer: ChannelPeer): StateClaim {
    peer.channel.step({ kind: "tick" }, 0);
    const [sign] = peer.channel.takeEffects().filter((effect) => effect.kind === "sign-state");
    const claim = this.#claimOf(peer, sign!.time.sequence, sign!.height);
    peer.channel.step({ kind: "state-signed", time: sign!.time, sealed: claim.sealed }, 0);
    peer.channel.takeEffects();
    return claim;
  }

  #tick(peer: ChannelPeer): void {
    this.#wheel.put(this.options.tickIntervalMs, { kind: "tick", peer, run: peer.incarnation });
    // What a test has put in by itself.
    for (const effect of peer.channel.takeEffects()) this.#perform(peer, effect);
    const dueMs = peer.channel.nextDueMs(this.nowMs);
    peer.channel.step({ kind: "tick" }, this.nowMs);
    const effects = peer.channel.takeEffects();
    assert(this.nowMs >= dueMs || effects.length === 0, "a tick before it is due does nothing");
    for (const effect of effects) this.#perform(peer, effect);
    if (this.#plan.isElected === true && peer.channel.isDeliverer) this.#fetch(peer);
    if (peer.betrayal === "floods") this.#flood(peer);
  }

  #fetch(peer: ChannelPeer): void {
    if (!peer.canReachOrderers) {
      this.#step(peer, { kind: "orderer-trouble" });
      return;
    }
    const end = Math.min(this.orderedHeight, peer.height + FETCHED_PER_TICK_MAX);
    while (peer.height < end) this.order(peer);
  }

  #flood({ index, height }: ChannelPeer): void {
    const victim = (index + 1) % this.peers.length;
    for (let count = 0; count < FLOOD_PER_TICK; count += 1) {
      const number = height + 2 + this.#random.below(FLOOD_AHEAD);
      this.#send(index, victim, { kind: "block", number, bytes: forgedBlock(number, index) });
    }
  }

  #read(to: ChannelPeer, from: string, message: ArrivingMessage): void {
    switch (message.kind) {
      case "state-info":
        this.#learn(to, from, message.sealed);
        return;
      case "state-snapshot": {
        const claims = message.elements.map((sealed) => this.#claims.get(sealed)!);
        this.#step(to, { kind: "state-claims", claims });
        return;
      }
      case "state-pull":
        this.#step(to, { kind: "state-pull", from, mspId: MSP_ID });
        return;
      case "leadership": {
        const claim = this.#leadership.get(message.sealed)!;
        if (to.channel.isLeadershipNews(claim.peer, claim.time)) {
          this.#step(to, { kind: "leadership", claim, from });
        }
        return;
      }
      case "block":
        to.copies += 1;
        this.#step(to, { ...message, from });
        return;
      case "block-update":
      case "range-response":
        to.copies += message.blocks.length;
        this.#step(to, { ...message, from });
        return;
      case "block-hello":
      case "block-digest":
      case "block-request":
      case "range-request":
        this.#step(to, { ...message, from });
    }
  }

  #learn(to: ChannelPeer, from: string, sealed: SealedMessage): void {
    const claim = this.#claims.get(sealed)!;
    if (to.channel.judgeState(claim.peer, claim.time) !== "news") return;
    this.#step(to, { kind: "state-claim", claim, from });
  }

  #step(peer: ChannelPeer, event: Parameters<Channel["step"]>[0]): void {
    peer.channel.step(event, this.nowMs);
    for (const effect of peer.channel.takeEffects()) this.#perform(peer, effect);
  }

  #perform(peer: ChannelPeer, effect: ChannelEffect): void {
    switch (effect.kind) {
      case "send":
        this.#send(peer.index, peerNumber(effect.to), effect.message);
        return;
      case "sign-state": {
        const { sealed } = this.#claimOf(peer, effect.time.sequence, effect.height);
        this.#step(peer, { kind: "state-signed", time: effect.time, sealed });
        return;
      }
      case "serve-blocks": {
        if (peer.betrayal === "withholds") return;
        const blocks = effect.numbers.map((number) => ({ number, bytes: blockOf(number) }));
        const kind = effect.as === "update" ? "block-update" : "range-response";
        this.#send(peer.index, peerNumber(effect.to), { kind, nonce: effect.nonce, blocks });
        return;
      }
      case "verify-block": {
        const { number, bytes } = effect;
        this.#work(peer, { kind: "block-verified", number, isValid: isGenuine(number, bytes) });
        return;
      }
      case "store-block":
        this.#offer(peer, effect);
        return;
      case "sign-leadership": {
        const { time, isDeclaration } = effect;
        const sealed = { payload: EMPTY_BYTES, signature: EMPTY_BYTES, secretEnvelope: undefined };
        this.#leadership.set(sealed, { peer: peer.name, time, isDeclaration, sealed });
        if (this.#plan.isElected === true) this.#step(peer, { kind: "leadership-signed", sealed });
        return;
      }
      case "offended":
        this.observer.offended?.(peer, peerNumber(effect.peer));
        return;
      case "unserved":
      case "deliverer":
      case "wake":
        return;
    }
  }

  #offer(peer: ChannelPeer, { number, bytes }: NumberedBlock): void {
    this.observer.offered?.(peer, number, bytes);
    const { storeFailurePercent = 0 } = this.#plan;
    const isStored = storeFailurePercent === 0 || this.#random.below(100) >= storeFailurePercent;
    if (isStored && number === peer.height) this.#store(peer, number);
    this.#work(peer, { kind: "block-stored", number, isStored });
  }

  /** Something takes its time, or none. */
  #work(peer: ChannelPeer, done: ChannelEvent): void {
    const { workMsMax = 0 } = this.#plan;
    if (workMsMax === 0) {
      this.#step(peer, done);
      return;
    }
    const delayMs = 1 + this.#random.below(workMsMax);
    this.#wheel.put(delayMs, { kind: "work", peer, run: peer.incarnation, done });
  }

  #store(peer: ChannelPeer, number: number): void {
    this.onStored(peer, number);
    peer.height = number + 1;
    peer.storedMs.set(number, this.nowMs);
    this.#step(peer, { kind: "ledger", height: peer.height, chaincodes: [] });
  }

  #claimOf(
    { name, incarnation }: Pick<ChannelPeer, "name" | "incarnation">,
    sequence: bigint,
    height: number,
  ): StateClaim {
    const sealed = { payload: EMPTY_BYTES, signature: EMPTY_BYTES, secretEnvelope: undefined };
    const claim: StateClaim = {
      peer: name,
      mspId: MSP_ID,
      time: { incarnation, sequence },
      height,
      hasLeft: false,
      chaincodes: [],
      sealed,
    };
    this.#claims.set(sealed, claim);
    return claim;
  }

  #send(from: number, to: number, said: ArrivingMessage): void {
    const sender = this.peers[from]!;
    const message = sender.betrayal === "forges" ? falsified(said, from) : said;
    this.observer.sent?.(sender, to, message);
    this.messageCount += 1;
    this.byteCount += channelBytesOf(message, this.#blockBytes);
    this.overheadByteCount += channelBytesOf(message, 0);
    const delayMs = this.links.draw(from, to);
    if (delayMs === undefined) return;
    this.#wheel.put(delayMs, { kind: "message", from, to: this.peers[to]!, message });
  }
}

function factsOf(index: number, isPlain: boolean): PeerFacts {
  const peer = peerName(index);
  return { peer, mspId: MSP_ID, externalEndpoint: peer, rebuttals: isPlain ? undefined : 0 };
}
