/** Gossip of one peer: its connections, the mesh, and the channels that it has joined. */
import { assert } from "../../src/kernel/assert.ts";
import { BoundedCache } from "../../src/kernel/bounded-cache.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Meter } from "../../src/kernel/ports/meter.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import {
  serveStream,
  serveUnary,
  type RpcBinding,
  type RpcDialer,
} from "../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import { equalBytes, utf8DecodeLeniently } from "../../src/kernel/bytes.ts";
import { GossipDefinition, methodOf, type GossipEnvelope } from "../../src/wire/index.ts";
import {
  Channel,
  DEFAULT_OPTIONS,
  Mesh,
  incarnationAt,
  optionProblem,
  type GossipOptions,
  type NumberedBlock,
  type RunnableChaincode,
  type Self,
} from "../core/index.ts";
import { ChannelDriver, type DelivererListener } from "./channel-driver.ts";
import { ClaimVerifier } from "./claim-reader.ts";
import { Connections } from "./connections.ts";
import type { ChannelNetwork, ChannelState, GossipServiceOptions } from "./options.ts";
import { GossipError } from "./errors.ts";
import { isOfChannel, isPrivate, isPullOfItsKind } from "./routing.ts";
import { readMessage, type DecodedMessage } from "./gossip-message.ts";
import type { RemotePeer } from "./handshake.ts";
import { CHANNELS_MAX, CHANNEL_MACS_MAX } from "./limits.ts";
import { membersOf, type GossipMember } from "./member.ts";
import { MeshDriver } from "./mesh-driver.ts";
import { gossipMetrics, type GossipMetrics, type Refusal } from "./metrics.ts";
import { seedsOf } from "./seeds.ts";
import { OwnClaims } from "./own-claims.ts";
import { channelMac, peerIdOf, pkiIdOf } from "./peer-identity.ts";
import type {
  BlockSink,
  BlockVerifier,
  IdentityPort,
  LedgerView,
  PrivateDataPort,
  TlsTrust,
} from "./ports.ts";
import { PrivateExchange } from "./private-exchange.ts";
import { privateMetrics } from "./private-metrics.ts";
import { Ticker } from "./ticker.ts";

export interface GossipDeps {
  readonly signer: Signer;
  readonly identities: IdentityPort;
  readonly ledger: LedgerView;
  readonly sink: BlockSink;
  readonly blockVerifier: BlockVerifier;
  /** Absent: this peer neither takes nor serves private data. */
  readonly privateData?: PrivateDataPort;
  readonly dialer: RpcDialer;
  /** Absent: plain text, and identities are not bound to connections. */
  readonly tls?: TlsTrust;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly meter: Meter;
}

export class GossipService {
  readonly #deps: GossipDeps;
  readonly #options: GossipServiceOptions;
  readonly #timing: GossipOptions;
  readonly #metrics: GossipMetrics;
  readonly #pkiId: Uint8Array;
  readonly #self: Self;
  #incarnation: bigint;
  readonly #ownClaims: OwnClaims;
  readonly #connections: Connections;
  readonly #mesh: Mesh;
  readonly #meshDriver: MeshDriver;
  readonly #verifier: ClaimVerifier;
  readonly #channels = new Map<string, ChannelDriver>();
  readonly #networks = new Map<string, ChannelNetwork>();
  readonly #macs = new BoundedCache<string, Uint8Array>(CHANNEL_MACS_MAX);
  readonly #privateExchange: PrivateExchange | undefined;
  readonly #ticker: Ticker;
  #isClosed = false;

  /** Throws `GossipError`: "bad-option" or "identity-refused". */
  constructor(deps: GossipDeps, options: GossipServiceOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#timing = { ...DEFAULT_OPTIONS, ...options.timing };
    const problem = optionProblem(this.#timing);
    if (problem !== undefined) throw new GossipError("bad-option", `gossip option ${problem}`);
    this.#metrics = gossipMetrics(deps.meter);
    this.#pkiId = ownPkiId(deps.signer);
    this.#self = { peer: peerIdOf(this.#pkiId), mspId: deps.signer.mspId };
    this.#incarnation = incarnationAt(deps.clock.wallMs());
    this.#ownClaims = new OwnClaims(deps.signer, this.#pkiId, options.endpoints);
    this.#mesh = this.#newMesh();
    this.#verifier = new ClaimVerifier(
      {
        identities: deps.identities,
        clock: deps.clock,
        recordOf: (peer) => this.#mesh.identity(peer),
      },
      deps.signer.mspId,
    );
    this.#connections = this.#newConnections();
    this.#privateExchange = deps.privateData && this.#newExchange(deps.privateData);
    this.#ticker = this.#newTicker();
    this.#meshDriver = new MeshDriver({
      mesh: this.#mesh,
      connections: this.#connections,
      verifier: this.#verifier,
      ownClaims: this.#ownClaims,
      clock: deps.clock,
      logger: deps.logger,
      self: this.#self.peer,
      metrics: this.#metrics,
      onDue: (dueMs, nowMs) => {
        this.#ticker.stepped(dueMs, nowMs);
      },
      onChange: (kind, peer) => {
        for (const driver of this.#channels.values()) driver.step({ kind, peer });
      },
      onRisen: (incarnation) => {
        this.#incarnation = incarnation;
        for (const driver of this.#channels.values()) driver.step({ kind: "risen", incarnation });
      },
    });
  }

  /** What a server has to offer others: streams and pings. */
  handlers(): readonly RpcBinding[] {
    return [
      serveStream(methodOf(GossipDefinition, "gossipStream"), (requests, send, call) =>
        this.#connections.accept(requests, send, call),
      ),
      serveUnary(methodOf(GossipDefinition, "ping"), () => Promise.resolve({})),
    ];
  }

  /** For those who hand private data on or ask for it. */
  get privateExchange(): PrivateExchange {
    assert(this.#privateExchange !== undefined, "private data is spoken of where it is kept");
    return this.#privateExchange;
  }

  /** Begins to speak. Resolves once this peer's identity is signed; rejects when that fails. */
  async start(): Promise<void> {
    assert(!this.#ticker.isRunning, "gossip is started once");
    const sealed = await this.#ownClaims.identity();
    if (this.#isClosed) return;
    this.#meshDriver.step({ kind: "identity", record: { ...this.#ownRecord(), sealed } });
    this.#ticker.start();
    this.#seed();
  }

  /** Falls silent. Idempotent; afterwards nothing is sent, and what still arrives is dropped. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#ticker.stop();
    for (const driver of this.#channels.values()) driver.close();
    this.#channels.clear();
    this.#privateExchange?.close();
    this.#connections.close();
    return Promise.resolve();
  }

  /** Takes part in a channel whose ledger the `LedgerView` has. */
  joinChannel(
    channelId: string,
    network: ChannelNetwork,
    chaincodes: readonly RunnableChaincode[],
  ): void {
    assert(!this.#channels.has(channelId), "a channel is joined once");
    assert(
      this.#channels.size < CHANNELS_MAX,
      "a host joins no more channels than there is room for",
    );
    const driver = this.#newDriver(channelId, network, chaincodes);
    this.#channels.set(channelId, driver);
    this.#networks.set(channelId, network);
    if (!this.#ticker.isRunning) return;
    driver.tick();
    this.#seed();
  }

  /** The channel's configuration has changed: organisations, anchor peers, or the MSPs that identities are judged by. */
  configureChannel(channelId: string, network: ChannelNetwork): void {
    const driver = this.#channels.get(channelId);
    if (driver === undefined) return;
    this.#networks.set(channelId, network);
    driver.step({ kind: "organizations", mspIds: new Set(network.mspIds) });
    this.#connections.revalidate();
    if (this.#ticker.isRunning) this.#seed();
  }

  /** Tells the others, as a last word, that this peer is no member any more. Nothing happens when it is none. */
  leaveChannel(channelId: string): void {
    const driver = this.#channels.get(channelId);
    if (driver === undefined) return;
    driver.step({ kind: "leave" });
    driver.close();
    this.#channels.delete(channelId);
    this.#networks.delete(channelId);
  }

  /** The ledger has grown or other chaincodes can be run: published at once, or with other changes of the same moment. */
  updateChannel(channelId: string, state: ChannelState): void {
    this.#channels.get(channelId)?.step({ kind: "ledger", ...state });
  }

  /** Spreads a block that this peer brought from the orderers and verified. */
  pushBlock(channelId: string, block: NumberedBlock): void {
    this.#channels.get(channelId)?.step({ kind: "own-block", ...block });
  }

  /** The members of a channel that are alive, this peer first; none of a channel that was not joined. */
  members(channelId: string): readonly GossipMember[] {
    const driver = this.#channels.get(channelId);
    if (driver === undefined) return [];
    return membersOf(this.#mesh, driver.channel, {
      self: this.#self,
      pkiId: this.#pkiId,
      identity: this.#deps.signer.identity,
      endpoint: this.#options.endpoints.internal,
    });
  }

  /** Whether this peer is the one of its organisation to pull the channel's blocks from the orderers. */
  isDeliverer(channelId: string): boolean {
    return this.#channels.get(channelId)?.channel.isDeliverer === true;
  }

  /** Calls `listener` at every change of `isDeliverer`, from now until the returned function is called or the channel is left. */
  subscribeDeliverer(channelId: string, listener: DelivererListener): () => void {
    const driver = this.#channels.get(channelId);
    assert(driver !== undefined, "a channel is joined before it is watched");
    return driver.subscribe(listener);
  }

  /** The orderers cannot be reached: another peer of the organisation, if there is one, shall deliver. */
  reportOrdererTrouble(channelId: string): void {
    this.#channels.get(channelId)?.step({ kind: "orderer-trouble" });
  }

  #tick(lateMs: number): void {
    // Answers lie unread: the mesh is told before it draws conclusions from silence.
    if (lateMs > 0) this.#meshDriver.step({ kind: "late", lateMs });
    this.#connections.expire();
    this.#meshDriver.step({ kind: "tick", wallMs: this.#deps.clock.wallMs() });
    for (const driver of this.#channels.values()) driver.tick();
  }

  #nextDueMs(nowMs: number): number {
    let dueMs = this.#mesh.nextDueMs(nowMs);
    for (const { channel } of this.#channels.values()) {
      dueMs = Math.min(dueMs, channel.nextDueMs(nowMs));
    }
    return dueMs;
  }

  /** Tells the mesh where to begin: bootstrap peers, and the anchor peers of every channel. */
  #seed(): void {
    const seeds = seedsOf(this.#options, this.#self.mspId, [...this.#networks.values()]);
    this.#meshDriver.step({ kind: "seeds", seeds });
  }

  async #receive(remote: RemotePeer, envelope: GossipEnvelope): Promise<void> {
    if (this.#isClosed) return;
    this.#metrics.received.add(1);
    const refusal = await this.#dispatch(remote, envelope);
    if (refusal !== undefined) this.#metrics.refused.add(1, { reason: refusal });
  }

  #dispatch(remote: RemotePeer, envelope: GossipEnvelope): Promise<Refusal | undefined> {
    const reading = readMessage(envelope.payload);
    if (!reading.ok) return Promise.resolve(reading.refusal);
    const { message } = reading;
    if (!isPullOfItsKind(message)) return Promise.resolve("malformed");
    if (isPrivate(message)) return this.#receivePrivate(remote, message);
    if (!isOfChannel(message)) return this.#meshDriver.receive(remote, message, envelope);
    const driver = this.#driverOf(remote, message);
    if (driver === undefined) return Promise.resolve("channel");
    return driver.receive(remote, message, envelope);
  }

  async #receivePrivate(remote: RemotePeer, message: DecodedMessage): Promise<Refusal | undefined> {
    const { content, nonce, channel } = message;
    if (this.#privateExchange === undefined) return "unsupported";
    if (content.$case === "ack") {
      return this.#privateExchange.receiveAck(remote, nonce, content.value.error);
    }
    const channelId = utf8DecodeLeniently(channel);
    const driver = this.#channels.get(channelId);
    if (driver === undefined) return "channel";
    if (!driver.channel.hasOrganization(remote.mspId)) return "organization";
    return this.#privateExchange.receive(remote, channelId, message);
  }

  #driverOf(remote: RemotePeer, { content, channel }: DecodedMessage): ChannelDriver | undefined {
    if (content.$case === "stateInfo") {
      return this.#driverOfMac(content.value.pkiId, content.value.channelMac);
    }
    if (content.$case === "stateInfoPullReq") {
      return this.#driverOfMac(remote.pkiId, content.value.channelMac);
    }
    // An id that is no text is no channel of ours; text that replaces what it cannot read never equals one.
    return this.#channels.get(utf8DecodeLeniently(channel));
  }

  #driverOfMac(pkiId: Uint8Array, mac: Uint8Array): ChannelDriver | undefined {
    for (const [channelId, driver] of this.#channels) {
      if (equalBytes(this.#macOf(pkiId, channelId), mac)) return driver;
    }
    return undefined;
  }

  // Every message about a ledger names its channel so, and its owner is one of few.
  #macOf(pkiId: Uint8Array, channelId: string): Uint8Array {
    const key = `${peerIdOf(pkiId)} ${channelId}`;
    const known = this.#macs.get(key);
    if (known !== undefined) return known;
    const mac = channelMac(pkiId, channelId);
    this.#macs.set(key, mac);
    return mac;
  }

  #ownRecord(): {
    readonly peer: string;
    readonly mspId: string;
    readonly serialized: Uint8Array;
    readonly expiresAtMs: number;
  } {
    const verdict = this.#deps.identities.validate(this.#deps.signer.identity);
    if (!verdict.ok) {
      throw new GossipError(
        "identity-refused",
        `this peer's own identity is not valid for ${this.#deps.signer.mspId}: ${verdict.reason}; enroll it again or mend the MSP`,
      );
    }
    const { identity: serialized } = this.#deps.signer;
    return { ...this.#self, serialized, expiresAtMs: verdict.notAfterMs };
  }

  #newMesh(): Mesh {
    const ownIdentity = { ...this.#ownRecord(), sealed: undefined };
    const externalEndpoint = this.#options.endpoints.external;
    const { random, clock } = this.#deps;
    return new Mesh(
      { random, self: this.#self, externalEndpoint, ownIdentity },
      this.#timing,
      this.#incarnation,
      clock.monotonicMs(),
    );
  }

  #newTicker(): Ticker {
    const { clock, timers } = this.#deps;
    return new Ticker({
      clock,
      timers,
      tickIntervalMs: this.#timing.tickIntervalMs,
      nextDueMs: (nowMs) => this.#nextDueMs(nowMs),
      tick: (lateMs) => {
        this.#tick(lateMs);
      },
    });
  }

  #newConnections(): Connections {
    const { signer, identities, clock, timers, dialer, tls } = this.#deps;
    return new Connections({
      signer,
      identities,
      clock,
      timers,
      dialer,
      tls,
      pkiId: this.#pkiId,
      logger: this.#deps.logger.child("gossip.comm"),
      metrics: this.#metrics,
      self: this.#self.peer,
      onConnected: (remote) => {
        const { peer, mspId, serialized, notAfterMs: expiresAtMs } = remote;
        const record = { peer, mspId, serialized, expiresAtMs, sealed: undefined };
        this.#meshDriver.step({ kind: "identity", record });
      },
      receive: (remote, envelope) => this.#receive(remote, envelope),
    });
  }

  #newExchange(port: PrivateDataPort): PrivateExchange {
    const { clock, timers, random, signer, meter } = this.#deps;
    return new PrivateExchange({
      port,
      clock,
      timers,
      random,
      identity: signer.identity,
      logger: this.#deps.logger.child("gossip.private"),
      metrics: privateMetrics(meter),
      members: (channelId) => this.members(channelId),
      send: (to, envelope) => {
        this.#connections.send(to, this.#mesh.endpointOf(to), envelope);
      },
    });
  }

  #newDriver(
    channelId: string,
    network: ChannelNetwork,
    chaincodes: readonly RunnableChaincode[],
  ): ChannelDriver {
    const { random, clock, timers, ledger, sink, blockVerifier } = this.#deps;
    const start = {
      mspIds: new Set(network.mspIds),
      height: ledger.height(channelId),
      chaincodes,
      incarnation: this.#incarnation,
    };
    const channelDeps = { random, self: this.#self, directory: this.#mesh };
    const deps = {
      channel: new Channel(channelDeps, this.#timing, start, clock.monotonicMs()),
      verifier: this.#verifier,
      ownClaims: this.#ownClaims,
      ledger,
      sink,
      blockVerifier,
      clock,
      timers,
      logger: this.#deps.logger.child("gossip.channel", { channel: channelId }),
      metrics: this.#metrics,
      send: (to: string, envelope: GossipEnvelope) => {
        this.#connections.send(to, this.#mesh.endpointOf(to), envelope);
      },
      onDue: (dueMs: number, nowMs: number) => {
        this.#ticker.stepped(dueMs, nowMs);
      },
      onIdentityMissing: (from: string) => {
        this.#meshDriver.step({ kind: "identity-missing", from });
      },
    };
    const name = { channelId, mac: channelMac(this.#pkiId, channelId) };
    return new ChannelDriver(deps, name, this.#self.mspId);
  }
}

function ownPkiId(signer: Signer): Uint8Array {
  const pkiId = pkiIdOf(signer.identity);
  assert(pkiId !== undefined, "a signer's identity is a serialized identity");
  return pkiId;
}
