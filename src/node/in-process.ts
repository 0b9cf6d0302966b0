/** A node in the caller's process, from the same configuration file as one with a process of its own. */
import { createWriteStream } from "node:fs";
import type { ChaincodeRuntime } from "../chaincode/index.ts";
import type { Faults, VolatileDisk } from "../faults/index.ts";
import type { OrdererConfig, PeerConfig } from "./config.ts";
import type { RealWorld, WorldOptions } from "./open-world.ts";
import type { RunningHost } from "./running-host.ts";

export interface NodeInProcess {
  /** What its metrics endpoint says. */
  metrics(): Promise<string>;
  /** Undefined unless its configuration allows them. */
  readonly faults: Faults | undefined;
  /** Undefined with them. */
  readonly disk: VolatileDisk | undefined;
  /** Ends it in order. Idempotent. */
  close(): Promise<void>;
}

export interface InProcessOptions {
  /** Lines of its log are added there. */
  readonly logFile: string;
  /** Told when it dies by a fault: it changes nothing on its disk any more, and is to be closed. */
  readonly onDeath?: () => void;
  /** Of a peer: run packages of further types. */
  readonly runtimes?: readonly ChaincodeRuntime[];
}

/** Loaded when it is called: a program that only looks for nodes needs none of it. */
export async function startInProcess(
  role: "orderer" | "peer",
  configPath: string,
  options: InProcessOptions,
): Promise<NodeInProcess> {
  const { loadOrdererConfig, loadPeerConfig } = await import("./config.ts");
  const log = createWriteStream(options.logFile, { flags: "a" });
  const { onDeath } = options;
  const inWorld = {
    process: false,
    logDestination: log,
    ...(onDeath === undefined ? {} : { onDeath }),
  };
  const { world, host } =
    role === "orderer"
      ? await startedOrderer(await loadOrdererConfig(configPath), inWorld)
      : await startedPeer(await loadPeerConfig(configPath), inWorld, options);
  let ending: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await host.close();
    await new Promise<void>((resolve) => {
      log.end(resolve);
    });
  };
  return {
    metrics: async () => (await world.meter.expose()).text,
    faults: world.faults,
    disk: world.disk,
    close: () => (ending ??= end()),
  };
}

interface Started {
  readonly world: RealWorld;
  readonly host: RunningHost;
}

async function startedOrderer(config: OrdererConfig, inWorld: WorldOptions): Promise<Started> {
  const { openWorld } = await import("./open-world.ts");
  const { startOrderer } = await import("./orderer.ts");
  const world = await openWorld(config, inWorld);
  return { world, host: await startOrderer(config, world) };
}

async function startedPeer(
  config: PeerConfig,
  inWorld: WorldOptions,
  { runtimes = [] }: InProcessOptions,
): Promise<Started> {
  const { openPeerWorld } = await import("./open-peer-world.ts");
  const { startPeer } = await import("./peer.ts");
  const world = await openPeerWorld(config, inWorld);
  return { world, host: await startPeer(config, world, { runtimes }) };
}
