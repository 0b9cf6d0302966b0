import { assert } from "../../src/kernel/assert.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Meter } from "../../src/kernel/ports/meter.ts";
import {
  RpcError,
  serveStream,
  type RpcBinding,
  type RpcCall,
} from "../../src/kernel/ports/rpc.ts";
import {
  ClusterDefinition,
  EtcdraftClusterMetadata,
  decode,
  methodOf,
  type ConsensusRequest,
  type StepRequest,
  type SubmitRequest,
} from "../../src/wire/index.ts";
import type { RaftMessage } from "../raft/index.ts";
import { NOT_ADMITTED, maybePublicKeyOf, type ClusterMember } from "./member.ts";
import { transportMetrics, type TransportMetrics } from "./metrics.ts";
import { decodeRaftMessage } from "./raft-codec.ts";

/** What a channel's group does with what its members send. Neither may throw. */
export interface ClusterReceiver {
  /** `message.from` is the authenticated sender. `activeIds`: the members that answer it, where it says so. */
  receive(message: RaftMessage, activeIds?: readonly number[]): void;
  /** An envelope that a member wants ordered. */
  submit(from: number, request: SubmitRequest): void;
}

interface Registration {
  readonly receiver: ClusterReceiver;
  /** Raft id by the public key of the client certificate. */
  readonly callers: ReadonlyMap<string, number>;
}

/**
 * The receiving end of `/orderer.Cluster/Step`, for all channels of a node. A caller is who its TLS client certificate
 * says: the public key must be that of a member of the channel it speaks of. Anything wrong ends the stream, with the
 * status and text that Fabric gives.
 */
export class ClusterService {
  readonly #logger: Logger;
  readonly #metrics: TransportMetrics;
  readonly #channels = new Map<string, Registration>();
  #streamCount = 0;

  constructor(deps: { readonly logger: Logger; readonly meter: Meter }) {
    this.#logger = deps.logger;
    this.#metrics = transportMetrics(deps.meter);
  }

  /** To be registered at the server that listens for the other orderers. */
  binding(): RpcBinding {
    return serveStream(methodOf(ClusterDefinition, "step"), (requests, _send, call) =>
      this.#serve(requests, call),
    );
  }

  /** Accepts what members of the channel's group send. */
  register(channelId: string, members: readonly ClusterMember[], receiver: ClusterReceiver): void {
    assert(!this.#channels.has(channelId), "a channel has one group at a node");
    this.#channels.set(channelId, { receiver, callers: callersOf(members) });
  }

  /** Accepts what `members` send from now on, and nobody else. No effect on a channel that is not registered. */
  reconfigure(channelId: string, members: readonly ClusterMember[]): void {
    const registration = this.#channels.get(channelId);
    if (registration === undefined) return;
    const { receiver } = registration;
    this.#channels.set(channelId, { receiver, callers: callersOf(members) });
  }

  unregister(channelId: string): void {
    this.#channels.delete(channelId);
  }

  async #serve(requests: AsyncIterable<StepRequest>, call: RpcCall): Promise<void> {
    const caller = new Caller(call.peerCertificate);
    this.#countStream(1);
    try {
      for await (const request of requests) this.#take(request, caller);
    } catch (error) {
      this.#logger.debug("a cluster stream ended", {
        from: call.peerAddress,
        reason: errorMessage(error),
      });
      throw error;
    } finally {
      this.#countStream(-1);
    }
  }

  #take(request: StepRequest, caller: Caller): void {
    const { payload } = request;
    if (payload === undefined) throw refused("badly formatted message, cannot extract channel");
    const { registration, from } = this.#admit(payload.value.channel, caller);
    switch (payload.$case) {
      case "consensusRequest":
        this.#receive(payload.value, from, registration.receiver);
        return;
      case "submitRequest":
        registration.receiver.submit(from, payload.value);
    }
  }

  // Fabric: the channel first, then the certificate; its dates and issuer are the business of the handshake.
  #admit(channelId: string, caller: Caller): { registration: Registration; from: number } {
    if (channelId === "") throw refused("badly formatted message, cannot extract channel");
    const registration = this.#channels.get(channelId);
    if (registration === undefined) throw refused(`channel ${channelId} doesn't exist`);
    if (!caller.hasCertificate) throw refused("no TLS certificate sent");
    const from = registration.callers.get(caller.publicKey());
    if (from === undefined) throw refused(NOT_ADMITTED);
    return { registration, from };
  }

  #receive(request: ConsensusRequest, from: number, receiver: ClusterReceiver): void {
    const reading = readMessage(request.payload);
    if (reading.kind === "unsupported") {
      this.#logger.debug("ignored a message", { from, reason: reading.reason });
      return;
    }
    if (reading.message.from !== from) {
      this.#logger.warn("ignored a message in another member's name", {
        channel: request.channel,
        from,
        claimed: reading.message.from,
      });
      return;
    }
    receiver.receive(reading.message, readActiveIds(request.metadata));
  }

  #countStream(change: 1 | -1): void {
    this.#streamCount += change;
    this.#metrics.ingressStreams.set(this.#streamCount);
  }
}

function callersOf(members: readonly ClusterMember[]): ReadonlyMap<string, number> {
  const callers = new Map<string, number>();
  for (const { clientTlsCertPem, raftId } of members) {
    const key = maybePublicKeyOf(clientTlsCertPem);
    if (key !== undefined) callers.set(key, raftId);
  }
  return callers;
}

/** Parses the caller's certificate once per stream, and only when it is needed. */
class Caller {
  readonly #certificate: Uint8Array | undefined;
  #publicKey: string | undefined;

  constructor(certificate: Uint8Array | undefined) {
    this.#certificate = certificate;
  }

  get hasCertificate(): boolean {
    return this.#certificate !== undefined;
  }

  /** Empty for a certificate that cannot be parsed: no member has that key. */
  publicKey(): string {
    this.#publicKey ??=
      this.#certificate === undefined ? "" : (maybePublicKeyOf(this.#certificate) ?? "");
    return this.#publicKey;
  }
}

function readMessage(payload: Uint8Array): ReturnType<typeof decodeRaftMessage> {
  try {
    return decodeRaftMessage(payload);
  } catch (error) {
    throw refused(
      `failed to unmarshal StepRequest payload to Raft Message: ${errorMessage(error)}`,
    );
  }
}

function readActiveIds(metadata: Uint8Array): readonly number[] | undefined {
  if (metadata.length === 0) return undefined;
  try {
    return decode(EtcdraftClusterMetadata, metadata).activeNodes;
  } catch (error) {
    throw refused(`failed to unmarshal ClusterMetadata: ${errorMessage(error)}`);
  }
}

function refused(message: string): RpcError {
  return new RpcError("UNKNOWN", message);
}
