/** Makes the real world of a node: clock, disk, randomness, network, log and metrics, made once and handed down. */
import { AdminEndpoint } from "../../cluster/participation/adapters/admin-endpoint.ts";
import { faultyClock, faultyDialer, type Faults, type VolatileDisk } from "../faults/index.ts";
import { GrpcDialer } from "../kernel/adapters/grpc-dialer.ts";
import { GrpcServer } from "../kernel/adapters/grpc-server.ts";
import { nodeFiles } from "../kernel/adapters/node-files.ts";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemRandom } from "../kernel/adapters/system-random.ts";
import { systemTimers } from "../kernel/adapters/system-timers.ts";
import { meteredFiles } from "../kernel/adapters/metered-files.ts";
import { MspCache } from "../msp/index.ts";
import { readMspDirectory, readSigner } from "../msp/adapters/msp-directory.ts";
import { OpsEndpoints } from "../ops/adapters/http-endpoints.ts";
import type { DestinationStream } from "pino";
import { PinoLog } from "../ops/adapters/pino-log.ts";
import { PrometheusMeter } from "../ops/adapters/prometheus-meter.ts";
import { Health } from "../ops/index.ts";
import { offerFaults } from "./fault-endpoint.ts";
import { faultLayer, filesWithFaults } from "./fault-layer.ts";
import { RenewableSigner } from "./renewable-signer.ts";
import { requireCurrentIdentity } from "./signing-identity.ts";
import { readVersion } from "./version.ts";
import type { AdminConfig, CommonConfig } from "./config.ts";
import { readConfigured } from "./configured-file.ts";
import type { AdminApi, TlsMaterial, World } from "./world.ts";

/** The real world, with what only hosts of processes ask for. */
export interface RealWorld extends World {
  readonly meter: PrometheusMeter;
  /** Those of `dialer` and `files`; of a development node only. */
  readonly faults: Faults | undefined;
  /** What `files` are on; of a development node only. */
  readonly disk: VolatileDisk | undefined;
  /** Presents another certificate to those whom it calls from now on. */
  renewTls(renewed: TlsMaterial): void;
  /** Reads the node's signing identity again. Rejects for one that cannot be used; then it signs as before. */
  renewSigner(): Promise<void>;
}

export interface WorldOptions {
  /** The node has the process to itself and reports its memory and CPU. */
  readonly process: boolean;
  /** Where log lines go. Default: standard output. */
  readonly logDestination?: DestinationStream;
  /** Told when a development node that shares its process dies by a fault. Its disk is cut off then; the caller closes it. */
  readonly onDeath?: () => void;
}

export async function openWorld(config: CommonConfig, options: WorldOptions): Promise<RealWorld> {
  const certificatePem = await readConfigured("tls.certificateFile", config.tls.certificateFile);
  const keyPem = await readConfigured("tls.keyFile", config.tls.keyFile);
  const tls = { certificatePem, keyPem };
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
  const { process: isAlone, onDeath } = options;
  const layer =
    config.development?.faults === true
      ? faultLayer({ files: nodeFiles, logger: log.logger, isAlone, onDeath })
      : undefined;
  offerFaults(operations, layer, log.logger);
  const faults = layer?.faults;
  const clock = faults === undefined ? systemClock : faultyClock({ clock: systemClock, faults });
  const ports = { clock, timers: systemTimers, random: systemRandom };
  const dialer = new GrpcDialer({
    clientCertificate: tls,
    hostAddresses: new Map(Object.entries(config.hostAddresses)),
  });
  const msps = new MspCache();
  const localMsp = await readMspDirectory(config.msp.directory, config.msp.id);
  const signer = new RenewableSigner(await readSigner(config.msp.directory, config.msp.id));
  const files = layer === undefined ? nodeFiles : filesWithFaults(layer, ports);
  return {
    ...ports,
    // The metrics of a disk with faults show them.
    files: meteredFiles({ files, clock: systemClock, meter }),
    logger: log.logger,
    meter,
    health,
    operations,
    signer,
    dialer: faults === undefined ? dialer : faultyDialer({ ...ports, dialer, faults }),
    faults,
    disk: layer?.disk,
    renewTls: (renewed) => {
      dialer.renew(renewed);
    },
    renewSigner: async () => {
      const renewed = await readSigner(config.msp.directory, config.msp.id);
      requireCurrentIdentity({ msps, localMsp, clock }, renewed.identity);
      signer.renew(renewed);
    },
    msps,
    localMsp,
    tls,
    serve: (bindings, listen) => new GrpcServer(bindings, { ...listen, tls }),
    serveAdmin: (api, admin) => adminEndpoint(api, admin, tls),
    genesisBlocks: await Promise.all(
      config.channels.map(({ genesisBlockFile }) =>
        readConfigured("channels.genesisBlockFile", genesisBlockFile),
      ),
    ),
  };
}

async function adminEndpoint(
  api: AdminApi,
  { listen, clientRootFiles, requestBytesMax }: AdminConfig,
  tls: TlsMaterial,
): Promise<AdminEndpoint> {
  const clientRootsPem = await Promise.all(
    clientRootFiles.map((path) => readConfigured("admin.clientRootFiles", path)),
  );
  return new AdminEndpoint(api, { ...listen, ...tls, clientRootsPem, requestBytesMax });
}
