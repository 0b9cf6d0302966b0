/** Drives one channel: verifies what it is told, signs, sends, verifies and stores blocks for it, and reads them for others. */
import { errorMessage } from "../../src/kernel/error.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import type {
  GossipEnvelope,
  GossipPayload,
  LeadershipMessage,
  StateInfo,
} from "../../src/wire/index.ts";
import {
  DIGEST_ITEMS_MAX,
  LONG_RANGE_BLOCKS_MAX,
  STATE_CLAIMS_MAX,
  type Channel,
  type ChannelEffect,
  type ChannelEvent,
  type NumberedBlock,
  type PeerId,
  type StateClaim,
} from "../core/index.ts";
import { BlockServer } from "./block-server.ts";
import {
  blockUpdateEnvelope,
  channelEnvelope,
  numberOfDigest,
  rangeResponseEnvelope,
  type ChannelName,
} from "./channel-wire.ts";
import {
  draftOfLeadership,
  draftOfState,
  draftState,
  type ClaimVerifier,
  type Draft,
} from "./claim-reader.ts";
import { readMessage, type DecodedMessage, type GossipContent } from "./gossip-message.ts";
import type { RemotePeer } from "./handshake.ts";
import type { GossipMetrics, Refusal } from "./metrics.ts";
import type { OwnClaims } from "./own-claims.ts";
import { readHeightMark } from "./probe-wire.ts";
import type { BlockSink, BlockVerifier, LedgerView } from "./ports.ts";

export interface ChannelDriverDeps {
  readonly channel: Channel;
  readonly verifier: ClaimVerifier;
  readonly ownClaims: OwnClaims;
  readonly ledger: LedgerView;
  readonly sink: BlockSink;
  readonly blockVerifier: BlockVerifier;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: GossipMetrics;
  /** Sends to a member, dialling it when needed. */
  readonly send: (to: PeerId, envelope: GossipEnvelope) => void;
  /** After each step: a tick before `dueMs` would do nothing. */
  readonly onDue: (dueMs: number, nowMs: number) => void;
  /** A claim came from `from` whose owner is not known. */
  readonly onIdentityMissing: (from: PeerId) => void;
}

/** What only members of this peer's organisation may say. */
type OwnContent = Extract<
  GossipContent,
  { $case: "dataMsg" | "hello" | "dataDig" | "dataReq" | "dataUpdate" | "leadershipMsg" }
>;

export type DelivererListener = (isDeliverer: boolean) => void;

export class ChannelDriver {
  readonly channel: Channel;
  readonly #deps: ChannelDriverDeps;
  readonly #name: ChannelName;
  readonly #ownMspId: string;
  readonly #server: BlockServer;
  readonly #listeners = new Set<DelivererListener>();
  #wake: Timer | undefined;
  #measured: { readonly height: number; readonly bufferedCount: number } | undefined;

  constructor(deps: ChannelDriverDeps, name: ChannelName, ownMspId: string) {
    this.channel = deps.channel;
    this.#deps = deps;
    this.#name = name;
    this.#ownMspId = ownMspId;
    this.#server = new BlockServer(deps, name.channelId);
  }

  step(event: ChannelEvent): void {
    const nowMs = this.#deps.clock.monotonicMs();
    this.channel.step(event, nowMs);
    for (const effect of this.channel.takeEffects()) this.#perform(effect);
    this.#measure();
    this.#deps.onDue(this.channel.nextDueMs(nowMs), nowMs);
  }

  tick(): void {
    this.step({ kind: "tick" });
    const labels = { channel: this.#name.channelId };
    this.#deps.metrics.peersKnown.set(this.channel.memberCount, labels);
  }

  #measure(): void {
    const { height, bufferedCount } = this.channel;
    const { metrics } = this.#deps;
    const labels = { channel: this.#name.channelId };
    if (height !== this.#measured?.height) metrics.height.set(height, labels);
    if (bufferedCount !== this.#measured?.bufferedCount) {
      metrics.buffered.set(bufferedCount, labels);
    }
    if (height !== this.#measured?.height || bufferedCount !== this.#measured.bufferedCount) {
      this.#measured = { height, bufferedCount };
    }
  }

  /** Calls `listener` at every change from now on. Returns the way to stop that. */
  subscribe(listener: DelivererListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(): void {
    this.#wake?.cancel();
    this.#listeners.clear();
  }

  /** Takes a message of this channel. Answers why it was of no use, if it was not. */
  async receive(
    remote: RemotePeer,
    message: DecodedMessage,
    envelope: GossipEnvelope,
  ): Promise<Refusal | undefined> {
    if (!this.channel.hasOrganization(remote.mspId)) return "organization";
    const { content, nonce } = message;
    const from = remote.peer;
    switch (content.$case) {
      case "stateInfo":
        return this.#takeState(from, draftOfState(envelope, content.value));
      case "stateInfoPullReq":
        this.step({ kind: "state-pull", from, mspId: remote.mspId });
        return undefined;
      case "stateSnapshot":
        return this.#takeSnapshot(from, content.value.elements);
      case "stateRequest": {
        const first = Number(content.value.startSeqNum);
        const last = Number(content.value.endSeqNum);
        if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return "malformed";
        this.step({ kind: "range-request", from, nonce, first, last });
        return undefined;
      }
      case "stateResponse": {
        const blocks = blocksOf(content.value.payloads);
        this.step({ kind: "range-response", from, nonce, blocks });
        return undefined;
      }
      case "dataMsg":
      case "hello":
      case "dataDig":
      case "dataReq":
      case "dataUpdate":
      case "leadershipMsg":
        return remote.mspId === this.#ownMspId
          ? this.#receiveOwn(from, content, envelope)
          : "organization";
      case "aliveMsg":
      case "memReq":
      case "memRes":
      case "empty":
      case "conn":
      case "peerIdentity":
      case "ack":
      case "privateReq":
      case "privateRes":
      case "privateData":
        return "unsupported";
    }
  }

  async #receiveOwn(
    from: PeerId,
    content: OwnContent,
    envelope: GossipEnvelope,
  ): Promise<Refusal | undefined> {
    switch (content.$case) {
      case "dataMsg": {
        const { payload } = content.value;
        if (payload === undefined || payload.data.length === 0) return "malformed";
        this.step({ kind: "block", from, number: payload.seqNum, bytes: payload.data });
        return undefined;
      }
      case "hello":
        this.step({
          kind: "block-hello",
          from,
          nonce: content.value.nonce,
          height: readHeightMark(content.value.metadata),
        });
        return undefined;
      case "dataDig":
      case "dataReq": {
        const kind = content.$case === "dataDig" ? "block-digest" : "block-request";
        const numbers = numbersOf(content.value.digests);
        this.step({ kind, from, nonce: content.value.nonce, numbers });
        return undefined;
      }
      case "dataUpdate": {
        const blocks = this.#blocksOfUpdate(content.value.data);
        this.step({ kind: "block-update", from, nonce: content.value.nonce, blocks });
        return undefined;
      }
      case "leadershipMsg":
        return this.#takeLeadership(from, draftOfLeadership(envelope, content.value));
    }
  }

  async #takeState(
    from: PeerId,
    draft: Draft<StateInfo> | undefined,
  ): Promise<Refusal | undefined> {
    const verdict = await this.#verifyState(from, draft);
    if (typeof verdict !== "object") return verdict;
    this.step({ kind: "state-claim", claim: verdict, from });
    return undefined;
  }

  /** The claim when it says something new and is true; else why it is of no use, if it is not merely known. */
  async #verifyState(
    from: PeerId,
    draft: Draft<StateInfo> | undefined,
  ): Promise<StateClaim | Refusal | undefined> {
    if (draft === undefined) return "malformed";
    if (this.channel.judgeState(draft.peer, draft.time) !== "news") return undefined;
    const verified = await this.#deps.verifier.state(draft);
    if (!verified.ok) {
      if (verified.refusal === "identity") this.#deps.onIdentityMissing(from);
      return verified.refusal;
    }
    return this.channel.hasOrganization(verified.claim.mspId) ? verified.claim : "organization";
  }

  async #takeSnapshot(
    from: PeerId,
    elements: readonly GossipEnvelope[],
  ): Promise<Refusal | undefined> {
    let refusal: Refusal | undefined;
    const claims: StateClaim[] = [];
    for (const envelope of elements.slice(0, STATE_CLAIMS_MAX)) {
      const verdict = await this.#verifyState(from, draftState(envelope));
      if (typeof verdict === "object") claims.push(verdict);
      else refusal = verdict ?? refusal;
    }
    if (claims.length > 0) this.step({ kind: "state-claims", claims });
    return refusal;
  }

  async #takeLeadership(
    from: PeerId,
    draft: Draft<LeadershipMessage> | undefined,
  ): Promise<Refusal | undefined> {
    if (draft === undefined) return "malformed";
    if (!this.channel.isLeadershipNews(draft.peer, draft.time)) return undefined;
    const verified = await this.#deps.verifier.leadership(draft);
    if (!verified.ok) return verified.refusal;
    this.step({ kind: "leadership", claim: verified.claim, from });
    return undefined;
  }

  #blocksOfUpdate(envelopes: readonly GossipEnvelope[]): readonly NumberedBlock[] {
    return blocksOf(
      envelopes.slice(0, LONG_RANGE_BLOCKS_MAX).flatMap((envelope) => {
        const reading = readMessage(envelope.payload);
        if (!reading.ok || reading.message.content.$case !== "dataMsg") return [];
        return reading.message.content.value.payload ?? [];
      }),
    );
  }

  #perform(effect: ChannelEffect): void {
    switch (effect.kind) {
      case "send":
        this.#deps.send(effect.to, channelEnvelope(this.#name, effect.message));
        return;
      case "sign-state":
        void this.#sign(async () => {
          const sealed = await this.#deps.ownClaims.state(this.#name.channelId, effect);
          return { kind: "state-signed", time: effect.time, sealed };
        });
        return;
      case "sign-leadership":
        void this.#sign(async () => {
          const { time, isDeclaration } = effect;
          const { channelId } = this.#name;
          const sealed = await this.#deps.ownClaims.leadership(channelId, time, isDeclaration);
          return { kind: "leadership-signed", sealed };
        });
        return;
      case "serve-blocks":
        this.#serve(effect);
        return;
      case "verify-block":
        void this.#verify(effect);
        return;
      case "store-block":
        void this.#store(effect);
        return;
      case "offended":
        this.#deps.metrics.forgedBlocks.add(1, { channel: this.#name.channelId });
        this.#deps.logger.warn("a peer served a forged block and is put aside", {
          peer: effect.peer,
          number: effect.number,
        });
        return;
      case "unserved":
        this.#deps.metrics.unservedRequests.add(1, { channel: this.#name.channelId });
        this.#deps.logger.info("a peer brought none of the blocks that it says to have", {
          peer: effect.peer,
          number: effect.number,
        });
        return;
      case "deliverer":
        this.#noticeDeliverer(effect.isDeliverer);
        return;
      case "wake":
        this.#wake?.cancel();
        this.#wake = this.#deps.timers.after(effect.afterMs, () => {
          this.step({ kind: "tick" });
        });
        return;
    }
  }

  async #sign(make: () => Promise<ChannelEvent>): Promise<void> {
    let event: ChannelEvent;
    try {
      event = await make();
    } catch (error) {
      this.#deps.logger.error("cannot sign a message", { reason: errorMessage(error) });
      return;
    }
    this.step(event);
  }

  #serve({ as, to, nonce, numbers }: ChannelEffect & { kind: "serve-blocks" }): void {
    const { channelId } = this.#name;
    const answer = as === "update" ? blockUpdateEnvelope : rangeResponseEnvelope;
    const isTaken = this.#server.serve({
      numbers,
      deliver: (blocks) => {
        this.#deps.send(to, answer(channelId, nonce, blocks));
      },
    });
    if (!isTaken) this.#deps.metrics.overflow.add(1);
  }

  async #verify({ number, bytes }: NumberedBlock): Promise<void> {
    const verdict = await this.#deps.blockVerifier
      .verify(this.#name.channelId, number, bytes)
      .catch((error: unknown) => ({ ok: false, reason: errorMessage(error) }) as const);
    if (!verdict.ok) {
      this.#deps.logger.debug("a block from a peer does not verify", {
        number,
        reason: verdict.reason,
      });
    }
    this.step({ kind: "block-verified", number, isValid: verdict.ok });
  }

  async #store({ number, bytes }: NumberedBlock): Promise<void> {
    let isStored = true;
    try {
      await this.#deps.sink.offer(this.#name.channelId, number, bytes);
    } catch (error) {
      isStored = false;
      this.#deps.logger.error("the ledger did not take a block; it is offered again", {
        number,
        reason: errorMessage(error),
      });
    }
    this.step({ kind: "block-stored", number, isStored });
  }

  #noticeDeliverer(isDeliverer: boolean): void {
    const { channelId } = this.#name;
    this.#deps.metrics.leader.set(isDeliverer ? 1 : 0, { channel: channelId });
    this.#deps.logger.info(isDeliverer ? "this peer delivers" : "another peer delivers");
    for (const listener of [...this.#listeners]) listener(isDeliverer);
  }
}

// Copies, since one answer brings many blocks and each would keep all of them in memory.
function blocksOf(payloads: readonly GossipPayload[]): readonly NumberedBlock[] {
  return payloads
    .slice(0, LONG_RANGE_BLOCKS_MAX)
    .map(({ seqNum, data }) => ({ number: seqNum, bytes: data.slice() }));
}

function numbersOf(digests: readonly Uint8Array[]): readonly number[] {
  return digests.slice(0, DIGEST_ITEMS_MAX).flatMap((digest) => numberOfDigest(digest) ?? []);
}
