/** The real world of a node: clock, disk, randomness, network, log and metrics, made once and handed down. */
import { readFile } from "node:fs/promises";
import { faultyClock, Faults, faultyDialer, faultyFiles } from "../faults/index.ts";
import { GrpcDialer } from "../kernel/adapters/grpc-dialer.ts";
import type { GrpcServerTls } from "../kernel/adapters/grpc-server.ts";
import { nodeFiles } from "../kernel/adapters/node-files.ts";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemRandom } from "../kernel/adapters/system-random.ts";
import { systemTimers } from "../kernel/adapters/system-timers.ts";
import { meteredFiles } from "../kernel/adapters/metered-files.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Files } from "../kernel/ports/files.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { RpcDialer } from "../kernel/ports/rpc.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { readSigner } from "../msp/adapters/msp-directory.ts";
import { OpsEndpoints } from "../ops/adapters/http-endpoints.ts";
import type { DestinationStream } from "pino";
import { PinoLog } from "../ops/adapters/pino-log.ts";
import { PrometheusMeter } from "../ops/adapters/prometheus-meter.ts";
import { Health } from "../ops/index.ts";
import { offerFaults } from "./fault-endpoint.ts";
import { readVersion } from "./version.ts";
import { ConfigError, type CommonConfig } from "./config.ts";

export interface World {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly files: Files;
  readonly logger: Logger;
  readonly meter: PrometheusMeter;
  readonly health: Health;
  readonly operations: OpsEndpoints;
  readonly signer: Signer;
  readonly dialer: RpcDialer;
  readonly tls: GrpcServerTls;
  /** Marshalled blocks, one for each channel of the configuration. */
  readonly genesisBlocks: readonly Uint8Array[];
  /** Those of `dialer` and `files`; of a development node only. */
  readonly faults: Faults | undefined;
}

export interface WorldOptions {
  /** The node has the process to itself and reports its memory and CPU. */
  readonly process: boolean;
  /** Where log lines go. Default: standard output. */
  readonly logDestination?: DestinationStream;
}

export async function openWorld(config: CommonConfig, options: WorldOptions): Promise<World> {
  const certificatePem = await readConfigured("tls.certificateFile", config.tls.certificateFile);
  const keyPem = await readConfigured("tls.keyFile", config.tls.keyFile);
  const log = new PinoLog({
    spec: config.log.spec,
    node: config.name,
    ...(options.logDestination === undefined ? {} : { destination: options.logDestination }),
  });
  const meter = new PrometheusMeter(options);
  const health = new Health({ clock: systemClock, timers: systemTimers });
  const operations = new OpsEndpoints(
    {
      health,
      metrics: () => meter.expose(),
      log,
      version: { version: await readVersion(), commit: "unknown" },
    },
    config.operations,
  );
  const faults = config.development?.faults === true ? new Faults() : undefined;
  offerFaults(operations, faults, log.logger);
  const clock = faults === undefined ? systemClock : faultyClock({ clock: systemClock, faults });
  const ports = { clock, timers: systemTimers, random: systemRandom };
  const dialer = new GrpcDialer({
    clientCertificate: { certificatePem, keyPem },
    hostAddresses: new Map(Object.entries(config.hostAddresses)),
  });
  const files =
    faults === undefined ? nodeFiles : faultyFiles({ ...ports, files: nodeFiles, faults });
  return {
    ...ports,
    // The metrics of a disk with faults show them.
    files: meteredFiles({ files, clock: systemClock, meter }),
    logger: log.logger,
    meter,
    health,
    operations,
    signer: await readSigner(config.msp.directory, config.msp.id),
    dialer: faults === undefined ? dialer : faultyDialer({ ...ports, dialer, faults }),
    faults,
    tls: { certificatePem, keyPem },
    genesisBlocks: await Promise.all(
      config.channels.map(({ genesisBlockFile }) =>
        readConfigured("channels.genesisBlockFile", genesisBlockFile),
      ),
    ),
  };
}

/** The bytes of a file that the configuration names under `key`. Throws `ConfigError` ("unreadable configuration"). */
export async function readConfigured(key: string, path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new ConfigError("unreadable configuration", `${key}: cannot read ${path}`, {
      cause,
      data: { key, path },
    });
  }
}
