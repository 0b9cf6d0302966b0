/** A node in the caller's process, from the same configuration file as one with a process of its own. */
import { createWriteStream } from "node:fs";
import type { ChaincodeRuntime } from "../chaincode/index.ts";
import type { Faults } from "../faults/index.ts";

export interface NodeInProcess {
  /** What its metrics endpoint says. */
  metrics(): Promise<string>;
  /** Undefined unless its configuration allows them. */
  readonly faults: Faults | undefined;
  /** Ends it in order. Idempotent. */
  close(): Promise<void>;
}

export interface InProcessOptions {
  /** Lines of its log are added there. */
  readonly logFile: string;
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
  const { openWorld } = await import("./open-world.ts");
  const config =
    role === "orderer" ? await loadOrdererConfig(configPath) : await loadPeerConfig(configPath);
  const log = createWriteStream(options.logFile, { flags: "a" });
  const world = await openWorld(config, { process: false, logDestination: log });
  const { runtimes = [] } = options;
  const host =
    config.kind === "orderer"
      ? await (await import("./orderer.ts")).startOrderer(config, world)
      : await (await import("./peer.ts")).startPeer(config, world, { runtimes });
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
    close: () => (ending ??= end()),
  };
}
