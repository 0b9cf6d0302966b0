/** Thousands of channel cores of one organisation in one virtual time, whose membership is settled: how blocks get about. */
import {
  Channel,
  DEFAULT_OPTIONS,
  type ChannelEffect,
  type GossipOptions,
  type PeerFacts,
  type SealedMessage,
  type StateClaim,
} from "../../../../gossip/core/index.ts";
import { EMPTY_BYTES } from "../../../../src/kernel/bytes.ts";
import { SeededRandom } from "../seeded-random.ts";
import { Links } from "./links.ts";
import { channelBytesOf, type ArrivingMessage } from "./message-bytes.ts";
import { peerName, peerNumber } from "./peer-name.ts";
import { Wheel } from "./wheel.ts";

const MSP_ID = "Org1MSP";

export interface ChannelPlan {
  readonly seed: number;
  readonly size: number;
  readonly options?: Partial<GossipOptions>;
  /** Bytes of a block. Default 50,000. */
  readonly blockBytes?: number;
  /** Blocks that the ledger of a peer has at the start. Default 1. */
  readonly heightOf?: (index: number) => number;
}

export interface ChannelPeer {
  readonly index: number;
  readonly name: string;
  readonly channel: Channel;
  height: number;
  isUp: boolean;
  /** Whether the others know that it is not. */
  isMissed: boolean;
  /** When each block was stored. */
  readonly storedMs: Map<number, number>;
  /** Payloads of blocks that have arrived. */
  copies: number;
}

type Item =
  | { readonly kind: "tick"; readonly peer: ChannelPeer }
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
  /** Called for each block that a ledger takes. */
  onStored: (peer: ChannelPeer, number: number) => void = () => undefined;
  readonly #blockBytes: number;
  readonly #wheel = new Wheel<Item>();
  readonly #random: SeededRandom;
  readonly #claims = new WeakMap<SealedMessage, StateClaim>();

  constructor({ seed, size, options, blockBytes, heightOf }: ChannelPlan) {
    this.#random = new SeededRandom(seed);
    this.links = new Links(new SeededRandom(this.#random.uint32()));
    // Who delivers is another question: here blocks come in where the test says.
    this.options = { ...DEFAULT_OPTIONS, electionGraceMs: 600_000, ...options };
    this.#blockBytes = blockBytes ?? 50_000;
    const facts = Array.from({ length: size }, (_, index) => factsOf(index));
    const table = new Map(facts.map((fact) => [fact.peer, fact]));
    this.peers = facts.map((fact, index) =>
      this.#newPeer(index, heightOf?.(index) ?? 1, facts, table, fact),
    );
    this.#acquaint();
    for (const peer of this.peers) {
      const delayMs = 1 + this.#random.below(this.options.tickIntervalMs);
      this.#wheel.put(delayMs, { kind: "tick", peer });
    }
  }

  get nowMs(): number {
    return this.#wheel.nowMs;
  }

  run(durationMs: number): void {
    for (let left = durationMs; left > 0; left -= 1) {
      this.#wheel.advance((item) => {
        if (item.kind === "tick") this.#tick(item.peer);
        else if (item.to.isUp) this.#read(item.to, peerName(item.from), item.message);
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
    this.#step(peer, { kind: "own-block", number, bytes: EMPTY_BYTES });
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

  #newPeer(
    index: number,
    height: number,
    facts: readonly PeerFacts[],
    table: ReadonlyMap<string, PeerFacts>,
    own: PeerFacts,
  ): ChannelPeer {
    // A list for each costs memory that grows with the square: with many the chance of drawing oneself is small, and harmless.
    const others = facts.length > 1_000 ? facts : facts.filter((fact) => fact !== own);
    const channel = new Channel(
      {
        random: new SeededRandom(this.#random.uint32()),
        self: { peer: own.peer, mspId: MSP_ID },
        directory: {
          alive: () => others,
          isAlive: (peer) => this.peers[peerNumber(peer)]?.isMissed !== true,
          claimOf: (peer) => table.get(peer),
        },
      },
      this.options,
      { mspIds: new Set([MSP_ID]), height, chaincodes: [], incarnation: 1n },
      0,
    );
    return {
      index,
      name: own.peer,
      channel,
      height,
      isUp: true,
      isMissed: false,
      storedMs: new Map(),
      copies: 0,
    };
  }

  #acquaint(): void {
    const claims = this.peers.map((peer) => this.#firstClaimOf(peer));
    for (const peer of this.peers) {
      peer.channel.step({ kind: "state-claims", claims }, 0);
      // What would be said on the way here was said long ago.
      peer.channel.takeEffects();
    }
  }

  #firstClaimOf(peer: ChannelPeer): StateClaim {
    peer.channel.step({ kind: "tick" }, 0);
    const [sign] = peer.channel.takeEffects().filter((effect) => effect.kind === "sign-state");
    const claim = this.#claimOf(peer, sign!.time.sequence, peer.height);
    peer.channel.step({ kind: "state-signed", time: sign!.time, sealed: claim.sealed }, 0);
    peer.channel.takeEffects();
    return claim;
  }

  #tick(peer: ChannelPeer): void {
    if (!peer.isUp) return;
    this.#wheel.put(this.options.tickIntervalMs, { kind: "tick", peer });
    this.#step(peer, { kind: "tick" });
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
      case "leadership":
        return;
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
        const blocks = effect.numbers.map((number) => ({ number, bytes: EMPTY_BYTES }));
        const kind = effect.as === "update" ? "block-update" : "range-response";
        this.#send(peer.index, peerNumber(effect.to), { kind, nonce: effect.nonce, blocks });
        return;
      }
      case "verify-block":
        this.#step(peer, { kind: "block-verified", number: effect.number, isValid: true });
        return;
      case "store-block":
        if (effect.number === peer.height) this.#store(peer, effect.number);
        this.#step(peer, { kind: "block-stored", number: effect.number, isStored: true });
        return;
      case "sign-leadership":
      case "offended":
      case "deliverer":
      case "wake":
        return;
    }
  }

  #store(peer: ChannelPeer, number: number): void {
    this.onStored(peer, number);
    peer.height = number + 1;
    peer.storedMs.set(number, this.nowMs);
    this.#step(peer, { kind: "ledger", height: peer.height, chaincodes: [] });
  }

  #claimOf({ name }: { readonly name: string }, sequence: bigint, height: number): StateClaim {
    const sealed = { payload: EMPTY_BYTES, signature: EMPTY_BYTES, secretEnvelope: undefined };
    const claim: StateClaim = {
      peer: name,
      mspId: MSP_ID,
      time: { incarnation: 1n, sequence },
      height,
      hasLeft: false,
      chaincodes: [],
      sealed,
    };
    this.#claims.set(sealed, claim);
    return claim;
  }

  #send(from: number, to: number, message: ArrivingMessage): void {
    this.messageCount += 1;
    this.byteCount += channelBytesOf(message, this.#blockBytes);
    const delayMs = this.links.draw(from, to);
    if (delayMs === undefined) return;
    this.#wheel.put(delayMs, { kind: "message", from, to: this.peers[to]!, message });
  }
}

function factsOf(index: number): PeerFacts {
  const peer = peerName(index);
  return { peer, mspId: MSP_ID, externalEndpoint: peer, rebuttals: 0 };
}
