/** Gossip services on loopback, with real gRPC, TLS and ECDSA; ledgers in memory. */
import { equalBytes } from "../../../src/kernel/bytes.ts";
import { GrpcDialer } from "../../../src/kernel/adapters/grpc-dialer.ts";
import { GrpcServer } from "../../../src/kernel/adapters/grpc-server.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import { systemTimers } from "../../../src/kernel/adapters/system-timers.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import {
  RpcError,
  serveStream,
  serveUnary,
  type RpcBinding,
} from "../../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { GossipDefinition, methodOf } from "../../../src/wire/index.ts";
import { MspManager } from "../../../src/msp/index.ts";
import {
  GossipService,
  type GossipDeps,
  type GossipOptions,
} from "../../../gossip/service/index.ts";
import { genuineBlock, type TestOrganization, type TlsPair } from "./material.ts";

export const CHANNEL = "orders";

const TIMING: Partial<GossipOptions> = {
  tickIntervalMs: 20,
  aliveIntervalMs: 200,
  aliveExpirationMs: 2_000,
  reconnectIntervalMs: 300,
  exchangeIntervalMs: 500,
  pullIntervalMs: 300,
  stateInfoIntervalMs: 300,
  transferIntervalMs: 200,
  electionGraceMs: 300,
  electionDurationMs: 100,
  declareIntervalMs: 150,
  declareExpirationMs: 600,
};

export interface TestPeer {
  readonly name: string;
  readonly address: string;
  readonly gossip: GossipService;
  readonly blocks: Uint8Array[];
  readonly identity: Signer;
  readonly tls: TlsPair;
  /** Takes a block as if from an orderer. */
  deliver(bytes: Uint8Array): void;
  close(): Promise<void>;
}

export interface TestNetwork {
  readonly organizations: readonly TestOrganization[];
  /** `host:port` of the bootstrap peer of an organisation; none for the first of it. */
  readonly bootstrap: readonly string[];
  readonly anchors: readonly { readonly mspId: string; readonly address: string }[];
}

/** What is different about one peer. */
export interface PeerChanges {
  readonly ports?: Partial<Pick<GossipDeps, "privateData" | "ledger">>;
  /** Instead of times that make a test short. */
  readonly timing?: Partial<GossipOptions>;
  /** Where this peer finds a host name. */
  readonly hostAddresses?: Readonly<Record<string, string>>;
}

/** A peer says its address in its first message, and knows it only once it listens: the handlers follow. */
class LateServer {
  readonly #server: GrpcServer;
  #bindings: readonly RpcBinding[] = [];

  constructor(tls: TlsPair) {
    const gossipStream = methodOf(GossipDefinition, "gossipStream");
    const ping = methodOf(GossipDefinition, "ping");
    this.#server = new GrpcServer(
      [
        serveStream(gossipStream, (requests, send, call) => {
          const binding = this.#bindings.find(({ method }) => method.path === gossipStream.path);
          if (binding?.kind !== "stream") throw new RpcError("UNAVAILABLE", "not yet");
          return binding.handler(requests, send as (response: unknown) => Promise<void>, call);
        }),
        serveUnary(ping, async (request, call) => {
          const binding = this.#bindings.find(({ method }) => method.path === ping.path);
          if (binding?.kind !== "unary") throw new RpcError("UNAVAILABLE", "not yet");
          return (await binding.handler(request, call)) as typeof request;
        }),
      ],
      { host: "127.0.0.1", port: 0, tls },
    );
  }

  bind(bindings: readonly RpcBinding[]): void {
    this.#bindings = bindings;
  }

  listen(): Promise<number> {
    return this.#server.listen();
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

export async function startPeer(
  name: string,
  organization: TestOrganization,
  network: TestNetwork,
  changes: PeerChanges = {},
): Promise<TestPeer> {
  const { signer, tls } = await organization.peer(name);
  const tlsRootsPem = network.organizations.map(({ tlsRootPem }) => tlsRootPem);
  const server = new LateServer(tls);
  const address = `localhost:${await server.listen()}`;
  const manager = new MspManager(network.organizations.map(({ msp }) => msp));
  const blocks: Uint8Array[] = [genuineBlock(0)];
  const gossip = new GossipService(
    {
      signer,
      identities: {
        validate: (serialized) => {
          const result = manager.identity(serialized);
          if (!result.ok) return result;
          const { mspId, notAfterMs } = result.identity;
          const verify = (message: Uint8Array, signature: Uint8Array): Promise<boolean> =>
            result.identity.verify(message, signature);
          return { ok: true, mspId, notAfterMs, verify };
        },
      },
      ledger: {
        height: () => blocks.length,
        block: (_channelId, number) => Promise.resolve(blocks[number]),
      },
      sink: {
        offer: (_channelId, number, bytes) => {
          if (number === blocks.length) take(bytes);
          return Promise.resolve();
        },
      },
      blockVerifier: {
        verify: (_channelId, number, bytes) =>
          Promise.resolve(
            equalBytes(bytes, genuineBlock(number))
              ? { ok: true }
              : { ok: false, reason: "forged" },
          ),
      },
      dialer: new GrpcDialer({
        clientCertificate: tls,
        hostAddresses: new Map(Object.entries(changes.hostAddresses ?? {})),
      }),
      tls: { rootsPem: () => tlsRootsPem },
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      logger: silentLogger,
      meter: silentMeter,
      ...changes.ports,
    },
    {
      endpoints: { internal: address, external: address },
      bootstrap: network.bootstrap,
      timing: changes.timing ?? TIMING,
    },
  );
  const chaincodes = [{ name: "basic", version: "1" }];
  const take = (bytes: Uint8Array): void => {
    blocks.push(bytes);
    gossip.updateChannel(CHANNEL, { height: blocks.length, chaincodes });
  };
  const anchorPeers = network.anchors.map(({ mspId, address: anchor }) => {
    const [host = "", anchorPort] = anchor.split(":");
    return { mspId, host, port: Number(anchorPort) };
  });
  const mspIds = network.organizations.map(({ mspId }) => mspId);
  server.bind(gossip.handlers());
  gossip.joinChannel(CHANNEL, { mspIds, anchorPeers }, chaincodes);
  await gossip.start();
  return {
    name,
    address,
    gossip,
    blocks,
    identity: signer,
    tls,
    deliver: (bytes) => {
      const number = blocks.length;
      take(bytes);
      gossip.pushBlock(CHANNEL, { number, bytes });
    },
    close: async () => {
      await gossip.close();
      await server.close();
    },
  };
}
