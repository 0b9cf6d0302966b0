import { equalBytes } from "../kernel/bytes.ts";
import type { RpcChannel, RpcDialer } from "../kernel/ports/rpc.ts";
import { CONNECTIONS_KEPT_MAX } from "./limits.ts";

interface Connection {
  readonly channel: RpcChannel;
  readonly rootsPem: readonly Uint8Array[];
}

/** Connections to other nodes, one for each address. Made at the first use, remade when a node's TLS roots change. */
export class Connections {
  readonly #dialer: RpcDialer;
  readonly #isTls: boolean;
  /** Least recently used first. */
  readonly #connections = new Map<string, Connection>();

  constructor(dialer: RpcDialer, options: { readonly isTls: boolean }) {
    this.#dialer = dialer;
    this.#isTls = options.isTls;
  }

  /** `rootsPem`: what the node's TLS certificate must chain to. */
  to(address: string, rootsPem: readonly Uint8Array[]): RpcChannel {
    const known = this.#connections.get(address);
    this.#connections.delete(address);
    if (known !== undefined && isSame(known.rootsPem, rootsPem)) {
      this.#connections.set(address, known);
      return known.channel;
    }
    known?.channel.close();
    this.#makeRoom();
    const target = this.#isTls ? { address, tls: { rootsPem } } : { address };
    const channel = this.#dialer.dial(target);
    this.#connections.set(address, { channel, rootsPem });
    return channel;
  }

  /** Closes all of them. */
  close(): void {
    for (const { channel } of this.#connections.values()) channel.close();
    this.#connections.clear();
  }

  #makeRoom(): void {
    if (this.#connections.size < CONNECTIONS_KEPT_MAX) return;
    for (const [address, { channel }] of this.#connections) {
      this.#connections.delete(address);
      channel.close();
      return;
    }
  }
}

function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a === b) return true;
  return (
    a.length === b.length &&
    a.every((pem, index) => equalBytes(pem, b[index] ?? pem.subarray(0, 0)))
  );
}
