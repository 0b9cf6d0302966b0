import { EMPTY_BYTES, equalBytes } from "../../src/kernel/bytes.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Meter, MetricLabels } from "../../src/kernel/ports/meter.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { RpcChannel, RpcDialer, RpcStream } from "../../src/kernel/ports/rpc.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import {
  EtcdraftClusterMetadata,
  encode,
  type StepRequest,
  type StepResponse,
  type SubmitRequest,
} from "../../src/wire/index.ts";
import type { RaftMessage } from "../raft/index.ts";
import {
  CONSENSUS_QUEUE_BYTES_MAX,
  CONSENSUS_QUEUE_COUNT_MAX,
  SUBMIT_QUEUE_BYTES_MAX,
  SUBMIT_QUEUE_COUNT_MAX,
  SUBMIT_STREAMS,
} from "./limits.ts";
import { MemberStream, type MemberStreamDeps } from "./member-stream.ts";
import { isSameMember, maybePublicKeyOf, type ClusterMember } from "./member.ts";
import { meteredStream } from "./metered-stream.ts";
import { transportMetrics, type TransportMetrics } from "./metrics.ts";
import type { PeerTransport } from "./ports.ts";
import { STEP, consensusStep, type OutgoingStep } from "./step-codec.ts";

export interface ClusterLinkDeps {
  readonly clock: Clock;
  readonly dialer: RpcDialer;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly meter: Meter;
}

export interface ClusterLinkOptions {
  readonly channelId: string;
  /** This member's own id is among them and is not dialled. */
  readonly members: readonly ClusterMember[];
  readonly raftId: number;
}

/** Told when what was sent to a member may be lost. */
export interface ClusterLinkListener {
  consensusBroken(raftId: number): void;
  submitBroken(raftId: number): void;
  /** A snapshot for a member is on its way, or is not: it was too much for its queue, or the member is out of reach. */
  snapshotOffered?(raftId: number, ok: boolean): void;
}

interface Lane {
  readonly member: ClusterMember;
  readonly address: string;
  readonly channel: RpcChannel;
  readonly consensus: MemberStream;
  readonly submit: readonly MemberStream[];
  /** Made once: metrics are set with every message. */
  readonly labels: Readonly<Record<MessageKind | "all", MetricLabels>>;
}

type MessageKind = "consensus" | "transaction";

/**
 * The sending end of `/orderer.Cluster/Step` for one channel: one connection to each other member, and on it a stream
 * for Raft's messages and some for envelopes, so that neither waits for the other.
 */
export class ClusterLink implements PeerTransport {
  readonly #deps: ClusterLinkDeps;
  readonly #channelId: string;
  readonly #raftId: number;
  readonly #metrics: TransportMetrics;
  readonly #lanes = new Map<number, Lane>();
  // What is said of the group beside the next message for Raft, and who has been sent it.
  #metadata = EMPTY_BYTES;
  readonly #informed = new Set<number>();
  #listener: ClusterLinkListener | undefined;
  #streamCount = 0;

  constructor(deps: ClusterLinkDeps, options: ClusterLinkOptions) {
    this.#deps = deps;
    this.#channelId = options.channelId;
    this.#raftId = options.raftId;
    this.#metrics = transportMetrics(deps.meter);
    this.reconfigure(options.members);
  }

  /** Connects to members that are new or have another address or certificate, and disconnects from those that are gone. */
  reconfigure(members: readonly ClusterMember[]): void {
    const others = members.filter(({ raftId }) => raftId !== this.#raftId);
    const kept = new Set<number>();
    for (const member of others) {
      const lane = this.#lanes.get(member.raftId);
      if (lane !== undefined && isSameMember(lane.member, member)) kept.add(member.raftId);
    }
    for (const [raftId, lane] of this.#lanes) {
      if (kept.has(raftId)) continue;
      closeLane(lane);
      this.#lanes.delete(raftId);
      this.#informed.delete(raftId);
    }
    for (const member of others) {
      if (!kept.has(member.raftId)) this.#lanes.set(member.raftId, this.#lane(member));
    }
    this.#measure();
  }

  listen(listener: ClusterLinkListener): void {
    this.#listener = listener;
  }

  /**
   * Tells each member once, with the next message of Raft's to it, which members answer this one, which leads. Fabric's
   * followers judge changes of the consenters by it. None: this one does not lead.
   */
  announce(activeIds: readonly number[]): void {
    const metadata = encode(EtcdraftClusterMetadata, { activeNodes: [...activeIds] });
    if (equalBytes(metadata, this.#metadata)) return;
    this.#metadata = metadata;
    this.#informed.clear();
  }

  send(message: RaftMessage): void {
    const lane = this.#lanes.get(message.to);
    if (lane === undefined) return;
    const metadata = this.#informed.has(message.to) ? EMPTY_BYTES : this.#metadata;
    const { step, bytes } = consensusStep(this.#channelId, message, metadata);
    const isTaken = this.#offer(lane, "consensus", step, bytes);
    if (isTaken) this.#informed.add(message.to);
    if (message.type === "snapshot") this.#listener?.snapshotOffered?.(message.to, isTaken);
  }

  /** Hands an envelope to another member for ordering. False: it is not on its way, try again later. */
  submit(to: number, request: SubmitRequest): boolean {
    const lane = this.#lanes.get(to);
    if (lane === undefined) return false;
    const { payload = NO_ENVELOPE } = request;
    const bytes = payload.payload.length + payload.signature.length;
    const step: StepRequest = { payload: { $case: "submitRequest", value: request } };
    return this.#offer(lane, "transaction", step, bytes);
  }

  /** True while envelopes handed over for a member wait to be sent. */
  isSubmitting(to: number): boolean {
    return this.#lanes.get(to)?.submit.some((stream) => stream.count > 0) ?? false;
  }

  /** Drops what waits and disconnects. Idempotent. */
  close(): void {
    this.reconfigure([]);
  }

  #offer(lane: Lane, kind: MessageKind, request: OutgoingStep, bytes: number): boolean {
    const stream = kind === "consensus" ? lane.consensus : leastBusy(lane.submit);
    const isTaken = stream.offer(request, bytes);
    if (!isTaken) this.#metrics.dropped.add(1, lane.labels.all);
    this.#metrics.queueLength.set(stream.count, lane.labels[kind]);
    return isTaken;
  }

  #lane(member: ClusterMember): Lane {
    const { address, raftId } = member;
    const channel = this.#deps.dialer.dial(
      member.tlsRootsPem.length === 0
        ? { address }
        : { address, tls: { rootsPem: member.tlsRootsPem } },
    );
    const all = { host: address, channel: this.#channelId };
    const labels = {
      all,
      consensus: { ...all, msg_type: "consensus" },
      transaction: { ...all, msg_type: "transaction" },
    };
    const onEmptied = (kind: MessageKind): void => {
      this.#metrics.queueLength.set(0, labels[kind]);
    };
    const consensus = this.#stream(member, channel, CONSENSUS_QUEUE, {
      onBroken: () => {
        this.#informed.delete(raftId);
        this.#listener?.consensusBroken(raftId);
      },
      onEmptied: () => {
        onEmptied("consensus");
      },
    });
    const submit = Array.from({ length: SUBMIT_STREAMS }, () =>
      this.#stream(member, channel, SUBMIT_QUEUE, {
        onBroken: () => {
          this.#listener?.submitBroken(raftId);
        },
        onEmptied: () => {
          onEmptied("transaction");
        },
      }),
    );
    return { member, address, channel, consensus, submit, labels };
  }

  #stream(
    member: ClusterMember,
    channel: RpcChannel,
    queue: { readonly countMax: number; readonly bytesMax: number },
    heard: Pick<MemberStreamDeps, "onBroken" | "onEmptied">,
  ): MemberStream {
    const { timers, random } = this.#deps;
    const { address, raftId } = member;
    const logger = this.#deps.logger.child("stream", { channel: this.#channelId, raftId, address });
    const open = (): RpcStream<OutgoingStep, StepResponse> => this.#open(channel, address);
    const serverPublicKey =
      member.tlsRootsPem.length === 0 ? undefined : maybePublicKeyOf(member.serverTlsCertPem);
    return new MemberStream(
      { timers, random, logger, open, ...heard },
      { ...queue, serverPublicKey },
    );
  }

  #open(channel: RpcChannel, host: string): RpcStream<OutgoingStep, StepResponse> {
    const labels = { host, channel: this.#channelId };
    this.#countStream(1);
    return meteredStream(channel.stream(STEP), this.#deps.clock, {
      ended: () => {
        this.#countStream(-1);
      },
      sent: (seconds) => {
        this.#metrics.sendSeconds.observe(seconds, labels);
      },
    });
  }

  #countStream(change: 1 | -1): void {
    this.#streamCount += change;
    this.#metrics.egressStreams.set(this.#streamCount, { channel: this.#channelId });
  }

  #measure(): void {
    const channel = this.#channelId;
    this.#metrics.egressStreams.set(this.#streamCount, { channel });
    this.#metrics.queueWorkers.set(this.#lanes.size * (1 + SUBMIT_STREAMS), { channel });
    for (const { address: host } of this.#lanes.values()) {
      const labels = { host, channel };
      const { queueCapacity } = this.#metrics;
      queueCapacity.set(CONSENSUS_QUEUE_COUNT_MAX, { ...labels, msg_type: "consensus" });
      queueCapacity.set(SUBMIT_QUEUE_COUNT_MAX, { ...labels, msg_type: "transaction" });
    }
  }
}

function closeLane({ consensus, submit, channel }: Lane): void {
  consensus.close();
  for (const stream of submit) stream.close();
  channel.close();
}

function leastBusy(streams: readonly MemberStream[]): MemberStream {
  const cost = (stream: MemberStream): number => (stream.isReady ? stream.count : Infinity);
  return streams.reduce((least, stream) => (cost(stream) < cost(least) ? stream : least));
}

const NO_ENVELOPE = { payload: EMPTY_BYTES, signature: EMPTY_BYTES };
const CONSENSUS_QUEUE = {
  countMax: CONSENSUS_QUEUE_COUNT_MAX,
  bytesMax: CONSENSUS_QUEUE_BYTES_MAX,
};
const SUBMIT_QUEUE = { countMax: SUBMIT_QUEUE_COUNT_MAX, bytesMax: SUBMIT_QUEUE_BYTES_MAX };
