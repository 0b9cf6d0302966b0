import { equalBytes } from "../../src/kernel/bytes.ts";
import type { Gauge, Meter } from "../../src/kernel/ports/meter.ts";
import type { RpcChannel, RpcDialer, RpcTarget } from "../../src/kernel/ports/rpc.ts";
import { CHANNELS_PER_CONNECTION_MAX } from "./limits.ts";
import { transportMetrics } from "./metrics.ts";

interface Connection {
  readonly target: RpcTarget;
  readonly channel: RpcChannel;
  userCount: number;
}

/**
 * Dials each target once for several users: the channels of a node have the same other orderers, and a connection is
 * what costs. Each channel keeps streams of its own on it. On the wire they could share those too, as every message
 * names its channel, but an orderer ends a stream at the first message that it refuses: a channel that one member has not
 * joined yet would interrupt all the others.
 */
export class SharedDialer implements RpcDialer {
  readonly #dialer: RpcDialer;
  readonly #count: Gauge;
  readonly #connections = new Set<Connection>();

  constructor(deps: { readonly dialer: RpcDialer; readonly meter: Meter }) {
    this.#dialer = deps.dialer;
    this.#count = transportMetrics(deps.meter).egressConnections;
    this.#count.set(0);
  }

  get localCertificate(): Uint8Array | undefined {
    return this.#dialer.localCertificate;
  }

  /** Closing the channel ends the connection when it was the last; the calls on it are for the caller to end. */
  dial(target: RpcTarget): RpcChannel {
    const connection = this.#connectionTo(target);
    connection.userCount += 1;
    const { channel } = connection;
    let isOpen = true;
    return {
      address: channel.address,
      unary: (method, request, options) => channel.unary(method, request, options),
      stream: (method, options) => channel.stream(method, options),
      close: () => {
        if (isOpen) this.#release(connection);
        isOpen = false;
      },
    };
  }

  #connectionTo(target: RpcTarget): Connection {
    for (const connection of this.#connections) {
      const hasRoom = connection.userCount < CHANNELS_PER_CONNECTION_MAX;
      if (hasRoom && isSameTarget(connection.target, target)) return connection;
    }
    const made = { target, channel: this.#dialer.dial(target), userCount: 0 };
    this.#connections.add(made);
    this.#count.set(this.#connections.size);
    return made;
  }

  #release(connection: Connection): void {
    connection.userCount -= 1;
    if (connection.userCount > 0) return;
    this.#connections.delete(connection);
    this.#count.set(this.#connections.size);
    connection.channel.close();
  }
}

function isSameTarget(a: RpcTarget, b: RpcTarget): boolean {
  return (
    a.address === b.address &&
    (a.tls === undefined) === (b.tls === undefined) &&
    a.tls?.serverName === b.tls?.serverName &&
    isSamePem(a.tls?.clientCertificate?.certificatePem, b.tls?.clientCertificate?.certificatePem) &&
    isSameList(a.tls?.rootsPem, b.tls?.rootsPem)
  );
}

function isSameList(a: readonly Uint8Array[] = [], b: readonly Uint8Array[] = []): boolean {
  return a.length === b.length && a.every((pem, place) => isSamePem(pem, b[place]));
}

function isSamePem(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return equalBytes(a, b);
}
