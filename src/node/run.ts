/**
 * One node as a process: configuration in, signals obeyed, a named exit code out. What a node is made of is loaded when
 * it runs: commands that only look for its process come here too.
 */
import { errorMessage } from "../kernel/error.ts";
import type { OrdererConfig, PeerConfig } from "./config.ts";
import { removeRunFile, writeRunFile } from "./run-file.ts";
import type { RunningHost } from "./running-host.ts";
import type { RealWorld, WorldOptions } from "./open-world.ts";

/** Exit codes of a node's process. */
const EXIT_OK = 0;
const EXIT_START_FAILED = 1;
/** A bug: state in memory can no longer be trusted, the disk can. */
const EXIT_INVARIANT = 70;

export async function runOrderer(configPath: string): Promise<void> {
  const { loadOrdererConfig } = await import("./config.ts");
  const { openWorld } = await import("./open-world.ts");
  const { startOrderer } = await import("./orderer.ts");
  await runNode(await loadOrdererConfig(configPath), { open: openWorld, start: startOrderer });
}

export async function runPeer(configPath: string): Promise<void> {
  const { loadPeerConfig } = await import("./config.ts");
  const { openPeerWorld } = await import("./open-peer-world.ts");
  const { startPeer } = await import("./peer.ts");
  await runNode(await loadPeerConfig(configPath), { open: openPeerWorld, start: startPeer });
}

type NodeConfig = OrdererConfig | PeerConfig;

interface NodeHost<Config, World> {
  readonly open: (config: Config, options: WorldOptions) => Promise<World>;
  readonly start: (config: Config, world: World) => Promise<RunningHost>;
}

async function runNode<Config extends NodeConfig, World extends RealWorld>(
  config: Config,
  { open, start }: NodeHost<Config, World>,
): Promise<void> {
  const world = await open(config, { process: true });
  endOnBugs(world);
  const told = stopSignal();
  const host = await start(config, world).catch(async (error: unknown) => {
    world.logger.error("the node could not start", { error: errorMessage(error) });
    const failure = await explained(error);
    endAfterThis();
    throw failure;
  });
  const { port, operationsPort, adminPort } = host;
  const { name, dataDirectory } = config;
  const startedAt = new Date(world.clock.wallMs()).toISOString();
  const ports = { port, operationsPort, ...(adminPort === undefined ? {} : { adminPort }) };
  await writeRunFile(dataDirectory, { pid: process.pid, name, startedAt, ...ports });
  world.logger.info("the node serves", ports);
  process.on("SIGHUP", () => {
    void renew(config, host, world);
  });
  const signal = await told;
  world.logger.info("the node ends", { signal });
  await host.close();
  await removeRunFile(dataDirectory);
  process.exit(EXIT_OK);
}

// What is wrong with the files is an operator's mistake: the node goes on as it was.
async function renew(config: NodeConfig, host: RunningHost, world: RealWorld): Promise<void> {
  await renewTls(config, host, world);
  // Gossip knows a peer by its certificate: another one is another peer.
  if (config.kind === "orderer") await renewSigner(world);
}

async function renewSigner(world: RealWorld): Promise<void> {
  try {
    await world.renewSigner();
    world.logger.info("signs as the identity that was read again");
  } catch (error) {
    world.logger.error("keeps its signing identity", { reason: errorMessage(error) });
  }
}

async function renewTls(config: NodeConfig, host: RunningHost, world: RealWorld): Promise<void> {
  const { readRenewedTls } = await import("./tls-renewal.ts");
  try {
    const { renewed, validUntil } = await readRenewedTls(config.tls, world.clock);
    host.renewTls(renewed);
    world.renewTls(renewed);
    world.logger.info("presents the TLS certificate that was read again", { validUntil });
  } catch (error) {
    world.logger.error("keeps its TLS certificate", { reason: errorMessage(error) });
  }
}

// What was opened before the failure would keep the process alive. The caller, in this turn, says why it ends.
function endAfterThis(): void {
  process.exitCode = EXIT_START_FAILED;
  setImmediate(() => {
    process.exit();
  });
}

async function explained(error: unknown): Promise<unknown> {
  const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  if (!isTaken) return error;
  const { ConfigError } = await import("./config.ts");
  return new ConfigError(
    "address in use",
    `${error.message}; stop the program that listens there, or choose another port in the configuration`,
    { cause: error },
  );
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        resolve(signal);
      });
    }
  });
}

function endOnBugs(world: RealWorld): void {
  const end = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : undefined;
    world.logger.error("a bug ends the process", { error: errorMessage(error), stack });
    process.exit(EXIT_INVARIANT);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}
