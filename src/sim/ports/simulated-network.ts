/**
 * The network of a simulation: listeners by address, calls as gRPC has them, messages as bytes. A connection keeps the order of
 * each stream's messages and neither loses nor doubles any: loss delays, as TCP's retransmissions do, and a way that
 * stays cut breaks what is open over it. Different streams may overtake each other.
 */
import { RpcError, type RpcBinding } from "../../kernel/ports/rpc.ts";
import type { Random } from "../../kernel/ports/random.ts";
import type { NodeName } from "../contracts.ts";
import { Links } from "./links.ts";
import type { ProcessTime } from "./process-time.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** One process on the network. */
export interface NetworkHost {
  readonly name: NodeName;
  readonly time: ProcessTime;
  /** DER of what it presents in TLS, to servers and to clients. */
  certificate: Uint8Array;
  /** Until when others shake hands with it as a server, by their own clocks. */
  certificateEndsMs: number;
}

export interface NetworkListener {
  readonly host: NetworkHost;
  readonly bindings: ReadonlyMap<string, RpcBinding>;
}

/** Something open over a connection between two machines. */
export interface OpenCall {
  readonly client: NodeName;
  readonly server: NodeName;
  /** Messages that have arrived at an end and were not taken yet: the larger number. */
  readonly unreadCount: number;
  involves(host: NetworkHost): boolean;
  /** The connection is gone: those ends that can know learn it. */
  break(reason: string): void;
  /** A way between the two is open again. */
  flush(): void;
}

/** A machine that does not answer is given up after this time, as by TCP's and HTTP/2's keepalive. */
export const SILENCE_MS = 20_000;

export class SimulatedNetwork {
  readonly time: SimulatedTime;
  readonly links: Links;
  readonly #listeners = new Map<string, NetworkListener>();
  readonly #calls = new Set<OpenCall>();
  readonly #dark = new Set<NodeName>();
  /** Of calls that are being served, by processes that live and by those that have died meanwhile. */
  readonly #served = new Set<AbortController>();
  /** Messages that were put on the way. */
  messageCount = 0;
  /** Called when a client turned away from a server whose certificate has ended. */
  onTurnedAway: () => void = () => undefined;

  constructor(time: SimulatedTime, random: Random) {
    this.time = time;
    this.links = new Links(random, (from, to) => {
      for (const call of [...this.#calls]) if (isBetween(call, from, to)) call.flush();
    });
  }

  /** `address`: `<node>:<port>`. Listening anew replaces the listener of an earlier life. */
  listen(address: string, listener: NetworkListener): void {
    this.#listeners.set(address, listener);
    this.#dark.delete(listener.host.name);
  }

  close(address: string, host: NetworkHost): void {
    if (this.#listeners.get(address)?.host === host) this.#listeners.delete(address);
    for (const call of [...this.#calls]) {
      if (call.server === host.name && call.involves(host)) call.break("the server shut down");
    }
  }

  listener(address: string): NetworkListener | undefined {
    return this.#listeners.get(address);
  }

  open(call: OpenCall): void {
    this.#calls.add(call);
  }

  /** Whether something is open from one to the other: what comes then needs no handshake. */
  isConnected(client: NetworkHost, server: NetworkHost): boolean {
    for (const call of this.#calls) {
      if (call.client === client.name && call.involves(client) && call.involves(server))
        return true;
    }
    return false;
  }

  /** How many calls are open from one machine to another at most, and how many messages wait at an end of one at most. */
  openCalls(): { readonly callsMax: number; readonly unreadMax: number } {
    const counts = new Map<string, number>();
    let unreadMax = 0;
    for (const { client, server, unreadCount } of this.#calls) {
      const way = `${client}>${server}`;
      counts.set(way, (counts.get(way) ?? 0) + 1);
      unreadMax = Math.max(unreadMax, unreadCount);
    }
    return { callsMax: Math.max(0, ...counts.values()), unreadMax };
  }

  forget(call: OpenCall): void {
    this.#calls.delete(call);
  }

  /** A handler has begun. */
  serving(abort: AbortController): void {
    this.#served.add(abort);
  }

  /** It has come to its end. */
  settled(abort: AbortController): void {
    this.#served.delete(abort);
  }

  /**
   * The world is over, and its processes have ended. Node keeps whoever listens to a signal that is made of several, and so the whole world
   * of one that died while it did, until the signal is aborted.
   */
  abandon(): void {
    for (const abort of this.#served) abort.abort(new RpcError("CANCELLED", "the world is over"));
    this.#served.clear();
    this.#calls.clear();
    this.#listeners.clear();
  }

  /** Breaks what is open between two machines. */
  reset(a: NodeName, b: NodeName): void {
    for (const call of [...this.#calls]) {
      if (isBetween(call, a, b)) call.break("connection reset");
    }
  }

  /** A process is gone, and its machine says so to whoever is connected. */
  drop(host: NetworkHost): void {
    this.#forgetListeners(host);
    for (const call of [...this.#calls])
      if (call.involves(host)) call.break("connection reset by peer");
  }

  /** A machine goes dark with its process: nobody says anything, and silence tells after a while. */
  darken(host: NetworkHost): void {
    this.#dark.add(host.name);
    this.#forgetListeners(host);
    this.time.after(SILENCE_MS, () => {
      this.drop(host);
    });
  }

  isDark(name: NodeName): boolean {
    return this.#dark.has(name);
  }

  /** The machine answers again, if only that nobody listens; what was open with its earlier life breaks. */
  lighten(name: NodeName): void {
    this.#dark.delete(name);
  }

  #forgetListeners(host: NetworkHost): void {
    for (const [address, listener] of this.#listeners) {
      if (listener.host === host) this.#listeners.delete(address);
    }
  }
}

function isBetween({ client, server }: OpenCall, a: NodeName, b: NodeName): boolean {
  return (client === a && server === b) || (client === b && server === a);
}

/** What callers see when there is nobody. */
export function unreachable(address: string, reason: string): RpcError {
  return new RpcError("UNAVAILABLE", `${address}: ${reason}`);
}
