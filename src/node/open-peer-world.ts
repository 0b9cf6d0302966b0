/** Makes the real world of a peer. Apart from that of any node, so that an orderer loads no database and no archiver. */
import { join } from "node:path";
import { ProcessLauncher } from "../chaincode/adapters/process-launcher.ts";
import { tarArchive } from "../chaincode/adapters/tar-archive.ts";
import type { ChaincodeRuntime } from "../chaincode/index.ts";
import { steppedStore } from "../faults/index.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import { LmdbKvStore } from "../ledger/adapters/lmdb-kv-store.ts";
import type { PeerConfig } from "./config.ts";
import { openWorld, type RealWorld, type WorldOptions } from "./open-world.ts";
import type { PeerWorld } from "./world.ts";

export async function openPeerWorld(
  config: PeerConfig,
  options: WorldOptions,
): Promise<PeerWorld & RealWorld> {
  const world = await openWorld(config, options);
  return {
    ...world,
    archive: tarArchive,
    openState: (directory) => {
      const store = LmdbKvStore.open(directory, () => world.files.freeBytes(directory));
      return world.disk === undefined ? store : steppedStore(store, world.disk);
    },
    runtimes: (peer) => [processLauncher(peer, world.logger)],
    makeCredentialIssuer: async (listenerRootsPem) => {
      // Loaded when the first contract starts: issuing certificates takes 260 modules.
      const { createCredentialIssuer } =
        await import("../chaincode/adapters/launch-credentials.ts");
      return createCredentialIssuer(world, { listenerRootsPem });
    },
  };
}

function processLauncher(config: PeerConfig, logger: Logger): ChaincodeRuntime {
  return new ProcessLauncher(
    { logger: logger.child("contract") },
    {
      directory: join(config.dataDirectory, "contracts"),
      peerAddress: chaincodeAddress(config),
      mspId: config.msp.id,
      heapMebibytesMax: config.chaincode.heapMebibytesMax,
    },
  );
}

/** Where a contract on this machine dials: by name, since TLS wants one. */
function chaincodeAddress(config: PeerConfig): string {
  const { host, port } = config.chaincode.listen;
  return `${host === "127.0.0.1" ? "localhost" : host}:${port}`;
}
