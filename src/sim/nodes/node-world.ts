/** The world that a simulated process lives in: every port of `PeerWorld` over simulated time, disk and network. */
import { ContractRuntime, type Contract } from "../../contract/index.ts";
import type { ChaincodePackage, PackageArchive } from "../../chaincode/index.ts";
import { parsePemCertificate } from "../../crypto/index.ts";
import { type Faults, faultyFiles } from "../../faults/index.ts";
import { utf8, utf8Decode } from "../../kernel/bytes.ts";
import type { Logger } from "../../kernel/ports/logger.ts";
import type { Meter } from "../../kernel/ports/meter.ts";
import type { RpcBinding } from "../../kernel/ports/rpc.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import type { SeededRandom } from "../../kernel/seeded-random.ts";
import type { Listener, PeerWorld } from "../../node/start/index.ts";
import { Health } from "../../ops/index.ts";
import { CHAINCODE_PORT, type NodeMaterial } from "../material.ts";
import { adminBinding } from "../ports/admin-calls.ts";
import type { FaultPlan } from "../ports/fault-plan.ts";
import type { Signatures } from "../ports/signatures.ts";
import { MemoryKvStore, type MemoryKvDisk } from "../ports/memory-kv-store.ts";
import { simulatedDialer } from "../ports/simulated-dialer.ts";
import type { SimulatedFiles } from "../ports/simulated-files.ts";
import type { NetworkHost, SimulatedNetwork } from "../ports/simulated-network.ts";

/** Of one machine: outlasts its processes. */
export interface Machine {
  readonly files: SimulatedFiles;
  readonly state: MemoryKvDisk;
  /** Shared by both, so that "the n-th durable step" is one of any. */
  readonly plan: FaultPlan;
}

export interface NodeWorldParts {
  readonly material: NodeMaterial;
  readonly genesisBlock: Uint8Array | undefined;
  /** Of the identity that it has now. */
  readonly signer: Signer;
  readonly tlsCertificatePem: Uint8Array;
  readonly network: SimulatedNetwork;
  readonly host: NetworkHost;
  readonly machine: Machine;
  readonly faults: Faults;
  readonly random: SeededRandom;
  readonly signatures: Signatures;
  readonly contracts: ReadonlyMap<string, Contract>;
  readonly logger: Logger;
  readonly meter: Meter;
}

export function nodeWorld(parts: NodeWorldParts): PeerWorld {
  const { material, network, host, machine, random, signatures } = parts;
  const { time } = host;
  const dialer = simulatedDialer(network, host);
  const ports = { clock: time, timers: time, random };
  const pem = parts.tlsCertificatePem;
  const listener = (bindings: readonly RpcBinding[], port: number): Listener =>
    listenerOf(network, host, bindings, port);
  return {
    ...ports,
    files: faultyFiles({ ...ports, files: machine.files, faults: parts.faults }),
    logger: parts.logger,
    meter: parts.meter,
    health: new Health(ports),
    operations: {
      offer: () => undefined,
      accept: () => undefined,
      listen: () => Promise.resolve(0),
      close: () => Promise.resolve(),
    },
    signer: parts.signer,
    msps: signatures.msps,
    localMsp: material.msp,
    dialer,
    tls: { certificatePem: pem, keyPem: new Uint8Array(0) },
    genesisBlocks: parts.genesisBlock === undefined ? [] : [parts.genesisBlock],
    archive: simulatedArchive,
    serve: (bindings, { port }) => listener(bindings, port),
    serveAdmin: (api, { listen }) => Promise.resolve(listener([adminBinding(api)], listen.port)),
    openState: () =>
      new MemoryKvStore({
        disk: machine.state,
        faults: machine.plan,
        random: random.child("state"),
      }),
    runtimes: () => [
      new ContractRuntime({
        contracts: parts.contracts,
        dial: (credentials) =>
          dialer.dial({
            address: `${material.name}:${CHAINCODE_PORT}`,
            tls: { rootsPem: [], clientCertificate: credentials },
          }),
      }),
    ],
    // Nobody else could present them: a process dials its own machine only.
    makeCredentialIssuer: (listenerRootsPem) =>
      Promise.resolve({
        issue: (packageId) => {
          const certificate = utf8(`the certificate of ${packageId} at ${material.name}`);
          return Promise.resolve({
            certificatePem: certificate,
            certificateDer: certificate,
            keyPem: new Uint8Array(0),
            listenerRootsPem,
          });
        },
      }),
  };
}

function listenerOf(
  network: SimulatedNetwork,
  host: NetworkHost,
  bindings: readonly RpcBinding[],
  port: number,
): Listener {
  const address = `${host.name}:${port}`;
  const byPath = new Map(bindings.map((binding) => [binding.method.path, binding]));
  return {
    listen: () => {
      network.listen(address, { host, bindings: byPath });
      return Promise.resolve(port);
    },
    renewTls: ({ certificatePem }) => {
      const { der, notAfterMs } = parsePemCertificate(certificatePem);
      host.certificate = der;
      host.certificateEndsMs = notAfterMs;
    },
    close: () => {
      network.close(address, host);
      return Promise.resolve();
    },
  };
}

/** A package of a contract of this process: all that it holds is the contract's label. */
export function simulatedPackage(label: string): Uint8Array {
  return utf8(label);
}

const simulatedArchive: PackageArchive = {
  parse: (bytes): Promise<ChaincodePackage> =>
    Promise.resolve({
      metadata: { type: "in-process", path: "", label: utf8Decode(bytes) },
      code: new Uint8Array(0),
    }),
  readCodeFile: () => Promise.resolve(undefined),
};
