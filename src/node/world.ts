/** What a node is given of the world: ports only. `openWorld` and `openPeerWorld` make the real one, the simulator its own. */
import type { ApiAnswer, ApiRequest } from "../../cluster/participation/index.ts";
import type { ChaincodeRuntime, CredentialIssuer, PackageArchive } from "../chaincode/index.ts";
import type { MspCache } from "../msp/index.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Files } from "../kernel/ports/files.ts";
import type { KvStore } from "../kernel/ports/kv-store.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Meter } from "../kernel/ports/meter.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { RpcBinding, RpcDialer } from "../kernel/ports/rpc.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import type { Health, Inquiry, Order } from "../ops/index.ts";
import type { FabricMSPConfig } from "../wire/index.ts";
import type { AdminConfig, ListenConfig, PeerConfig } from "./config.ts";

/** A certificate and its key, PEM. */
export interface TlsMaterial {
  readonly certificatePem: Uint8Array;
  readonly keyPem: Uint8Array;
}

/** Something that listens. */
export interface Listener {
  /** Resolves with the port once it listens. */
  listen(): Promise<number>;
  /** Presents another certificate from now on. */
  renewTls(renewed: TlsMaterial): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/** HTTP for operators. What is offered is offered before it listens. */
export interface Operations {
  offer(path: string, inquiry: Inquiry): void;
  accept(path: string, order: Order): void;
  listen(): Promise<number>;
  close(): Promise<void>;
}

/** Answers administrators. May reject for a bug only. */
export type AdminApi = (request: ApiRequest) => Promise<ApiAnswer>;

export interface World {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly files: Files;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly health: Health;
  readonly operations: Operations;
  readonly signer: Signer;
  /** Opens organisations, whose members check each other's signatures. */
  readonly msps: MspCache;
  /** The organisation of the node itself, as its folder describes it. */
  readonly localMsp: FabricMSPConfig;
  readonly dialer: RpcDialer;
  /** What the node presents to those who call it. */
  readonly tls: TlsMaterial;
  /** Marshalled blocks, one for each channel of the configuration. */
  readonly genesisBlocks: readonly Uint8Array[];
  /** Offers RPC services, once it is told to listen. */
  serve(bindings: readonly RpcBinding[], listen: ListenConfig): Listener;
  /** Offers the participation API with mutual TLS. Rejects with `ConfigError` for roots that cannot be read. */
  serveAdmin(api: AdminApi, config: AdminConfig): Promise<Listener>;
}

/** What a peer is given besides. */
export interface PeerWorld extends World {
  /** Reads chaincode packages. */
  readonly archive: PackageArchive;
  /** The store in `directory`, made if it is absent. */
  openState(directory: string): KvStore;
  /** What runs the packages of a peer's own types. */
  runtimes(config: PeerConfig): readonly ChaincodeRuntime[];
  /** Makes what issues certificates to contracts; `listenerRootsPem` are those of the listener that they dial. */
  makeCredentialIssuer(listenerRootsPem: Uint8Array): Promise<CredentialIssuer>;
}
