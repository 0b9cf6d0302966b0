/** Private data between peers: pushes and their acknowledgements, questions and their answers. */
import { errorMessage } from "../../src/kernel/error.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import {
  KVRWSet,
  tryDecodeRequest,
  type GossipEnvelope,
  type PvtDataDigest,
  type PvtDataElement,
} from "../../src/wire/index.ts";
import { chooseRecipients, newNonce, type EligiblePeer, type PeerId } from "../core/index.ts";
import type { DecodedMessage } from "./gossip-message.ts";
import type { RemotePeer } from "./handshake.ts";
import {
  PRIVATE_ACK_TIMEOUT_MS,
  PRIVATE_ANSWER_TIMEOUT_MS,
  PRIVATE_DIGESTS_SERVED_MAX,
  PRIVATE_SERVE_BYTES_MAX,
} from "./limits.ts";
import type { GossipMember } from "./member.ts";
import type { Refusal } from "./metrics.ts";
import { peerIdOf } from "./peer-identity.ts";
import { PendingAnswers } from "./pending-answers.ts";
import type { PrivateDataPort, PrivateSetDigest, PrivateTerms, PushedPrivateSet } from "./ports.ts";
import type { PrivateMetrics } from "./private-metrics.ts";
import {
  ackEnvelope,
  answerEnvelope,
  digestId,
  pushEnvelope,
  questionEnvelope,
  readDigest,
  readPush,
} from "./private-wire.ts";
import { PushBudget } from "./push-budget.ts";

export interface PrivateExchangeDeps {
  readonly port: PrivateDataPort;
  /** Marshalled `SerializedIdentity` of this peer. */
  readonly identity: Uint8Array;
  readonly members: (channelId: string) => readonly GossipMember[];
  readonly send: (to: PeerId, envelope: GossipEnvelope) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: PrivateMetrics;
}

type Place = Pick<PrivateSetDigest, "namespace" | "collection">;

export class PrivateExchange {
  readonly #deps: PrivateExchangeDeps;
  /** An empty text: acknowledged. */
  readonly #acks: PendingAnswers<string>;
  readonly #answers: PendingAnswers<readonly PvtDataElement[]>;
  readonly #budget = new PushBudget();

  constructor(deps: PrivateExchangeDeps) {
    this.#deps = deps;
    this.#acks = new PendingAnswers(deps);
    this.#answers = new PendingAnswers(deps);
  }

  /**
   * Sends a set to members of its collection, at most `maximumPeers`. Resolves with undefined once `requiredPeers` of them have
   * acknowledged it, else with the reason, in Fabric's words.
   */
  async push(
    set: PushedPrivateSet,
    terms: Omit<PrivateTerms, "config">,
  ): Promise<string | undefined> {
    const { clock, random, metrics } = this.#deps;
    const { requiredPeers, maximumPeers } = terms;
    const startMs = clock.monotonicMs();
    const eligible = this.membersOf(set.channelId, set);
    if (eligible.length < requiredPeers) {
      return `required to disseminate to at least ${requiredPeers} peers, but know of only ${eligible.length} eligible peers`;
    }
    const recipients = chooseRecipients(eligible, maximumPeers, random);
    const acks = recipients.map((to) => this.#pushTo(to, set));
    const isEnough = requiredPeers === 0 || (await areAtLeast(acks, requiredPeers));
    const seconds = (clock.monotonicMs() - startMs) / 1_000;
    metrics.privateSend.observe(seconds, { channel: set.channelId });
    return isEnough
      ? undefined
      : `fewer than ${requiredPeers} of ${recipients.length} peers acknowledged private data of collection ${set.namespace}/${set.collection}`;
  }

  /** The living members of a collection besides this peer. */
  membersOf(channelId: string, place: Place): readonly EligiblePeer[] {
    const { members, port } = this.#deps;
    return members(channelId)
      .filter(({ isSelf, identity }) => !isSelf && port.isMember(channelId, place, identity))
      .map(({ pkiId, mspId }) => ({ peer: peerIdOf(pkiId), mspId }));
  }

  /** Whether this peer is a member of a collection. */
  isOwn(channelId: string, place: Place): boolean {
    const { port, identity } = this.#deps;
    return port.isMember(channelId, place, identity);
  }

  /** Asks one peer for sets. Resolves with what it answered, by `digestId`, unbelieved; undefined when it did not answer. */
  async ask(
    channelId: string,
    to: PeerId,
    digests: readonly PrivateSetDigest[],
  ): Promise<ReadonlyMap<string, readonly Uint8Array[]> | undefined> {
    const { random, send } = this.#deps;
    const nonce = newNonce(random);
    const answer = this.#answers.expect(to, nonce, PRIVATE_ANSWER_TIMEOUT_MS);
    send(to, questionEnvelope(channelId, nonce, digests));
    const elements = await answer;
    return elements && setsOf(elements.slice(0, digests.length));
  }

  /** Takes a message of private data. Answers why it was of no use, if it was not. */
  async receive(
    remote: RemotePeer,
    channelId: string,
    { content, nonce }: DecodedMessage,
  ): Promise<Refusal | undefined> {
    if (content.$case === "privateData") {
      return this.#takePush(remote, readPush(channelId, content.value.payload), nonce);
    }
    if (content.$case === "privateReq") {
      this.#serve(remote, channelId, nonce, content.value.digests);
      return undefined;
    }
    if (content.$case !== "privateRes") return "unsupported";
    const { elements } = content.value;
    return this.#answers.answer(remote.peer, nonce, elements) ? undefined : "unasked";
  }

  /** An acknowledgement; it belongs to no channel. */
  receiveAck(remote: RemotePeer, nonce: string, error: string): Refusal | undefined {
    if (error !== "") {
      this.#deps.logger.debug("a peer refused private data", { peer: remote.peer, reason: error });
    }
    return this.#acks.answer(remote.peer, nonce, error) ? undefined : "unasked";
  }

  /** Whoever waits for an answer gets none. */
  close(): void {
    this.#acks.close();
    this.#answers.close();
  }

  async #pushTo(to: PeerId, set: PushedPrivateSet): Promise<boolean> {
    const { random, send } = this.#deps;
    const nonce = newNonce(random);
    const ack = this.#acks.expect(to, nonce, PRIVATE_ACK_TIMEOUT_MS);
    send(to, pushEnvelope(set, nonce));
    return (await ack) === "";
  }

  async #takePush(
    remote: RemotePeer,
    set: PushedPrivateSet | undefined,
    nonce: string,
  ): Promise<Refusal | undefined> {
    if (set === undefined || tryDecodeRequest(KVRWSet, set.bytes) === undefined) return "malformed";
    const error = await this.#keep(remote, set);
    this.#deps.send(remote.peer, ackEnvelope(nonce, error ?? ""));
    return error === undefined ? undefined : "private-data";
  }

  async #keep(remote: RemotePeer, set: PushedPrivateSet): Promise<string | undefined> {
    const { port, clock } = this.#deps;
    if (!this.isOwn(set.channelId, set)) return "this peer is no member of the collection";
    if (!this.#budget.take(remote.peer, set.bytes.length, clock.monotonicMs())) {
      return "too much private data in one second; push again later";
    }
    try {
      return await port.keep(set);
    } catch (error) {
      this.#deps.logger.error("cannot keep private data", { reason: errorMessage(error) });
      return "this peer cannot keep private data";
    }
  }

  #serve(
    remote: RemotePeer,
    channelId: string,
    nonce: string,
    digests: readonly PvtDataDigest[],
  ): void {
    const { clock, metrics, send } = this.#deps;
    const startMs = clock.monotonicMs();
    const found = this.#lookUp(remote, channelId, digests.slice(0, PRIVATE_DIGESTS_SERVED_MAX));
    const seconds = (clock.monotonicMs() - startMs) / 1_000;
    metrics.privateRetrieve.observe(seconds, { channel: channelId });
    send(remote.peer, answerEnvelope(channelId, nonce, found));
  }

  #lookUp(
    remote: RemotePeer,
    channelId: string,
    wired: readonly PvtDataDigest[],
  ): readonly { readonly digest: PvtDataDigest; readonly sets: readonly Uint8Array[] }[] {
    const { port } = this.#deps;
    const verdicts = new Map<string, boolean>();
    const isMember = (place: Place): boolean => {
      const id = JSON.stringify([place.namespace, place.collection]);
      const verdict = verdicts.get(id) ?? port.isMember(channelId, place, remote.serialized);
      verdicts.set(id, verdict);
      return verdict;
    };
    const found: { readonly digest: PvtDataDigest; readonly sets: readonly Uint8Array[] }[] = [];
    let size = 0;
    for (const digest of wired) {
      const wanted = readDigest(digest);
      if (wanted === undefined || !isMember(wanted)) continue;
      const sets = port.read(channelId, wanted);
      size += sets.reduce((sum, { length }) => sum + length, 0);
      if (found.length > 0 && size > PRIVATE_SERVE_BYTES_MAX) break;
      if (sets.length > 0) found.push({ digest, sets });
    }
    return found;
  }
}

function setsOf(elements: readonly PvtDataElement[]): ReadonlyMap<string, readonly Uint8Array[]> {
  const sets = new Map<string, readonly Uint8Array[]>();
  for (const { digest, payload } of elements) {
    const read = digest && readDigest(digest);
    if (read !== undefined) sets.set(digestId(read), payload);
  }
  return sets;
}

/** Resolves as soon as it is decided whether `count` of the promises come true. */
function areAtLeast(promises: readonly Promise<boolean>[], count: number): Promise<boolean> {
  return new Promise((resolve) => {
    let trueCount = 0;
    let settledCount = 0;
    for (const promise of promises) {
      void promise.then((isTrue) => {
        settledCount += 1;
        if (isTrue) trueCount += 1;
        if (trueCount >= count) resolve(true);
        else if (trueCount + promises.length - settledCount < count) resolve(false);
      });
    }
    if (promises.length < count) resolve(false);
  });
}
