/** The streams to other peers: one a peer, dialled when there is something to say. */
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import {
  RpcError,
  type RpcCall,
  type RpcChannel,
  type RpcDialer,
} from "../../src/kernel/ports/rpc.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import { GossipDefinition, methodOf, type GossipEnvelope } from "../../src/wire/index.ts";
import type { PeerId } from "../core/index.ts";
import { Connection, type ConnectionFacts, type Receive } from "./connection.ts";
import {
  shakeHands,
  type EnvelopeStream,
  type HandshakeDeps,
  type HandshakeResult,
  type RemotePeer,
} from "./handshake.ts";
import {
  CONNECTIONS_MAX,
  DIALS_MAX,
  DIAL_PAUSE_MS,
  DIAL_QUEUE_COUNT_MAX,
  DIAL_TIMEOUT_MS,
  HANDSHAKES_MAX,
  HANDSHAKE_TIMEOUT_MS,
  SIMULTANEOUS_DIAL_MS,
} from "./limits.ts";
import type { GossipMetrics } from "./metrics.ts";
import type { TlsTrust } from "./ports.ts";

export interface ConnectionsDeps extends HandshakeDeps {
  readonly dialer: RpcDialer;
  /** Absent: plain text. */
  readonly tls: TlsTrust | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: GossipMetrics;
  /** The peer of this process. */
  readonly self: PeerId;
  /** Somebody has proved who it is; called before anything is received from it. */
  readonly onConnected: (remote: RemotePeer) => void;
  readonly receive: Receive;
}

const METHOD = methodOf(GossipDefinition, "gossipStream");

export class Connections {
  readonly #deps: ConnectionsDeps;
  readonly #open = new Map<PeerId, Connection>();
  /** What waits for a peer that is being dialled. */
  readonly #waiting = new Map<PeerId, GossipEnvelope[]>();
  readonly #pausedUntilMs = new Map<PeerId, number>();
  /** Ends every handshake under way, at the close. */
  readonly #giveUps = new Set<() => void>();
  /** When the first certificate of an open stream expires, or earlier: that is asked at every tick. */
  #expiresAtMs = Infinity;
  #isClosed = false;
  #dialCount = 0;
  #handshakeCount = 0;

  constructor(deps: ConnectionsDeps) {
    this.#deps = deps;
  }

  /** Serves one incoming stream to its end. Rejects with `RpcError` when the caller is refused. */
  async accept(
    requests: AsyncIterable<GossipEnvelope>,
    send: (envelope: GossipEnvelope) => Promise<void>,
    call: RpcCall,
  ): Promise<void> {
    if (this.#isClosed) throw new RpcError("UNAVAILABLE", "this peer is closing");
    if (this.#handshakeCount >= HANDSHAKES_MAX) {
      throw new RpcError("RESOURCE_EXHAUSTED", "too many streams in their handshake; try again");
    }
    const stream = incomingStream(requests, send, call);
    const result = await this.#timedHandshake(stream, HANDSHAKE_TIMEOUT_MS);
    if (!result.ok) throw new RpcError("PERMISSION_DENIED", result.reason);
    if (result.isProbe) return;
    const connection = this.#adopt(stream, result.remote, false);
    if (connection === undefined) throw new RpcError("RESOURCE_EXHAUSTED", "no room for a stream");
    await this.#run(connection);
  }

  /** Opens a stream to whoever is at `endpoint`. Undefined, with the reason in the log, when that fails; never rejects. */
  async dial(endpoint: string): Promise<RemotePeer | undefined> {
    if (this.#isClosed || this.#dialCount >= DIALS_MAX) return undefined;
    this.#dialCount += 1;
    try {
      return await this.#dialOnce(endpoint);
    } catch (error) {
      this.#deps.logger.debug("cannot reach a peer", { endpoint, reason: errorMessage(error) });
      return undefined;
    } finally {
      this.#dialCount -= 1;
    }
  }

  /** Queues a message for `peer`, dialling `endpoint` when there is no stream. What cannot be queued is dropped and counted. */
  send(peer: PeerId, endpoint: string | undefined, envelope: GossipEnvelope): void {
    const connection = this.#open.get(peer);
    const isQueued =
      connection === undefined
        ? this.#sendLater(peer, endpoint, envelope)
        : connection.send(envelope);
    if (isQueued) this.#deps.metrics.sent.add(1);
    else this.#deps.metrics.overflow.add(1);
  }

  /** Closes the streams whose certificates have expired. */
  expire(): void {
    const wallMs = this.#deps.clock.wallMs();
    if (wallMs < this.#expiresAtMs) return;
    this.#closeUnless(({ notAfterMs }) => notAfterMs > wallMs, "the certificate has expired");
    this.#expiresAtMs = Infinity;
    for (const { facts } of this.#open.values()) this.#noteExpiry(facts.remote);
  }

  /** Closes the streams whose identities are not valid any more, after a change of an MSP. */
  revalidate(): void {
    const { identities } = this.#deps;
    const isValid = ({ serialized }: RemotePeer): boolean => identities.validate(serialized).ok;
    this.#closeUnless(isValid, "the identity is not valid any more");
  }

  /** Closes every stream and refuses new ones. */
  close(): void {
    this.#isClosed = true;
    for (const giveUp of [...this.#giveUps]) giveUp();
    for (const connection of [...this.#open.values()]) connection.close("this peer closes");
    this.#waiting.clear();
  }

  #noteExpiry({ notAfterMs }: RemotePeer): void {
    this.#expiresAtMs = Math.min(this.#expiresAtMs, notAfterMs);
  }

  #closeUnless(isKept: (remote: RemotePeer) => boolean, reason: string): void {
    for (const connection of [...this.#open.values()]) {
      if (!isKept(connection.facts.remote)) connection.close(reason);
    }
  }

  async #dialOnce(endpoint: string): Promise<RemotePeer | undefined> {
    const { dialer, tls } = this.#deps;
    const channel = dialer.dial({
      address: endpoint,
      ...(tls === undefined ? {} : { tls: { rootsPem: tls.rootsPem() } }),
    });
    const localCertificate = tls === undefined ? undefined : dialer.localCertificate;
    const stream = outgoingStream(channel, localCertificate);
    const result = await this.#timedHandshake(stream, DIAL_TIMEOUT_MS).catch((error: unknown) => {
      stream.close();
      throw error;
    });
    if (!result.ok) {
      stream.close();
      this.#deps.logger.warn("a dialled peer was refused", { endpoint, reason: result.reason });
      return undefined;
    }
    const connection = this.#adopt(stream, result.remote, true);
    if (connection === undefined) stream.close();
    else void this.#run(connection);
    return result.remote;
  }

  async #timedHandshake(stream: EnvelopeStream, timeoutMs: number): Promise<HandshakeResult> {
    this.#handshakeCount += 1;
    let giveUp = (): void => undefined;
    const givenUp = new Promise<HandshakeResult>((resolve) => {
      giveUp = (): void => {
        resolve({ ok: false, reason: `no proof within ${timeoutMs} ms, or this peer is closing` });
      };
    });
    const timer = this.#deps.timers.after(timeoutMs, giveUp);
    this.#giveUps.add(giveUp);
    try {
      return await Promise.race([shakeHands(this.#deps, stream), givenUp]);
    } finally {
      timer.cancel();
      this.#giveUps.delete(giveUp);
      this.#handshakeCount -= 1;
    }
  }

  /** Makes the stream the one to its peer; undefined when another is kept. */
  #adopt(stream: EnvelopeStream, remote: RemotePeer, isInitiator: boolean): Connection | undefined {
    const before = this.#open.get(remote.peer);
    const openedAtMs = this.#deps.clock.monotonicMs();
    if (before === undefined && this.#open.size >= CONNECTIONS_MAX) return undefined;
    if (before !== undefined && this.#keeps(before, isInitiator, openedAtMs)) return undefined;
    const connection = new Connection(stream, { remote, isInitiator, openedAtMs });
    this.#open.set(remote.peer, connection);
    this.#noteExpiry(remote);
    before?.close("a newer stream to the same peer took its place");
    this.#deps.metrics.connections.set(this.#open.size);
    this.#deps.onConnected(remote);
    this.#flush(remote.peer, connection);
    return connection;
  }

  // Both ends must decide alike, or each would close the stream that the other keeps.
  #keeps(before: Connection, isInitiator: boolean, nowMs: number): boolean {
    const { facts } = before;
    if (facts.isInitiator === isInitiator) return false;
    if (nowMs - facts.openedAtMs > SIMULTANEOUS_DIAL_MS) return false;
    const isSmaller = this.#deps.self < facts.remote.peer;
    return facts.isInitiator === isSmaller;
  }

  async #run(connection: Connection): Promise<void> {
    const { peer } = connection.facts.remote;
    const reason = await connection.run(this.#deps.receive);
    if (this.#open.get(peer) === connection) {
      this.#open.delete(peer);
      this.#pauseIfRefused(peer, connection.facts);
    }
    this.#deps.metrics.connections.set(this.#open.size);
    this.#deps.logger.debug("a stream has ended", { peer, reason });
  }

  #sendLater(peer: PeerId, endpoint: string | undefined, envelope: GossipEnvelope): boolean {
    if (endpoint === undefined || this.#isClosed) return false;
    const waiting = this.#waiting.get(peer);
    if (waiting !== undefined) {
      return waiting.length < DIAL_QUEUE_COUNT_MAX && waiting.push(envelope) > 0;
    }
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs < (this.#pausedUntilMs.get(peer) ?? 0) || this.#dialCount >= DIALS_MAX) return false;
    this.#waiting.set(peer, [envelope]);
    void this.#dialFor(peer, endpoint);
    return true;
  }

  async #dialFor(peer: PeerId, endpoint: string): Promise<void> {
    await this.dial(endpoint);
    this.#waiting.delete(peer);
    if (!this.#open.has(peer)) this.#pause(peer);
  }

  // A peer that cannot validate this one's identity yet proves its own first and hangs up afterwards.
  #pauseIfRefused(peer: PeerId, { isInitiator, openedAtMs }: ConnectionFacts): void {
    const lastedMs = this.#deps.clock.monotonicMs() - openedAtMs;
    if (isInitiator && lastedMs < DIAL_PAUSE_MS) this.#pause(peer);
  }

  #pause(peer: PeerId): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const [other, untilMs] of this.#pausedUntilMs) {
      if (untilMs <= nowMs) this.#pausedUntilMs.delete(other);
    }
    this.#pausedUntilMs.set(peer, nowMs + DIAL_PAUSE_MS);
  }

  #flush(peer: PeerId, connection: Connection): void {
    const waiting = this.#waiting.get(peer) ?? [];
    this.#waiting.delete(peer);
    for (const envelope of waiting) connection.send(envelope);
  }
}

function incomingStream(
  requests: AsyncIterable<GossipEnvelope>,
  send: (envelope: GossipEnvelope) => Promise<void>,
  call: RpcCall,
): EnvelopeStream {
  return {
    incoming: requests[Symbol.asyncIterator](),
    send,
    localCertificate: call.localCertificate,
    peerCertificate: () => call.peerCertificate,
    // Returning from the handler ends the call.
    close: () => undefined,
  };
}

function outgoingStream(
  channel: RpcChannel,
  localCertificate: Uint8Array | undefined,
): EnvelopeStream {
  const stream = channel.stream(METHOD);
  return {
    incoming: stream.responses[Symbol.asyncIterator](),
    send: (envelope) => stream.send(envelope),
    localCertificate,
    peerCertificate: () => stream.peerCertificate(),
    close: () => {
      stream.cancel();
      channel.close();
    },
  };
}
