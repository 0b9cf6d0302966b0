import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProcessLauncher } from "../../../src/chaincode/adapters/process-launcher.ts";
import { tarArchive } from "../../../src/chaincode/adapters/tar-archive.ts";
import {
  ChaincodeSupport,
  PackageStore,
  type ChaincodeDefinition,
  type ChaincodeResolution,
  type ChaincodeSupportOptions,
  type CredentialIssuer,
  type ExecuteResult,
} from "../../../src/chaincode/index.ts";
import { CertificateAuthority } from "../../../src/crypto/adapters/certificate-authority.ts";
import { GrpcDialer } from "../../../src/kernel/adapters/grpc-dialer.ts";
import { GrpcServer, type GrpcServerTls } from "../../../src/kernel/adapters/grpc-server.ts";
import { nodeFiles } from "../../../src/kernel/adapters/node-files.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import { systemTimers } from "../../../src/kernel/adapters/system-timers.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import type { Logger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import { serveStream } from "../../../src/kernel/ports/rpc.ts";
import {
  ChaincodeProposalPayload,
  ChaincodeSupportDefinition,
  ChannelHeader,
  create,
  encode,
  Header,
  methodOf,
  Proposal,
  SerializedIdentity,
  SignatureHeader,
  type SignedProposal,
} from "../../../src/wire/index.ts";
import { MemoryState } from "../../unit/chaincode/memory-state.ts";

export interface WorldOptions extends ChaincodeSupportOptions {
  readonly credentials?: CredentialIssuer;
  readonly tls?: GrpcServerTls;
}

/** What one invocation of a test needs to say. */
export interface Invocation {
  readonly args: readonly string[];
  readonly channelId?: string;
  readonly chaincode?: string;
  readonly isInit?: boolean;
  readonly transient?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A peer's chaincode side with a real listener and real processes, over state in memory. */
export class ChaincodeWorld {
  readonly state: MemoryState = new MemoryState();
  readonly logLines: string[] = [];
  readonly packages: PackageStore;
  readonly support: ChaincodeSupport;
  readonly port: number;
  readonly directory: string;
  readonly #creator: Uint8Array;
  readonly #server: GrpcServer;
  readonly #deployed = new Map<string, ChaincodeResolution & { readonly ok: true }>();
  #txCount = 0;

  private constructor(
    directory: string,
    creator: Uint8Array,
    server: GrpcServer,
    port: number,
    build: (world: ChaincodeWorld) => { packages: PackageStore; support: ChaincodeSupport },
  ) {
    this.directory = directory;
    this.#creator = creator;
    this.#server = server;
    this.port = port;
    const { packages, support } = build(this);
    this.packages = packages;
    this.support = support;
  }

  static async start(options: WorldOptions = {}): Promise<ChaincodeWorld> {
    const directory = await mkdtemp(join(tmpdir(), "heddle-chaincode-"));
    // The listener must be known before the support is made, and the support before it answers.
    const late: { support?: ChaincodeSupport } = {};
    const binding = serveStream(
      methodOf(ChaincodeSupportDefinition, "register"),
      async (requests, send, call) => {
        const [real] = late.support!.bindings();
        if (real?.kind !== "stream") throw new Error("the register method is a stream");
        await real.handler(requests, send as (message: unknown) => Promise<void>, call);
      },
    );
    const listen = { host: "127.0.0.1", port: 0 };
    const server = new GrpcServer(
      [binding],
      options.tls === undefined ? listen : { ...listen, tls: options.tls },
    );
    const port = await server.listen();
    const world = new ChaincodeWorld(directory, await createCreator(), server, port, (self) =>
      self.#build(directory, port, options),
    );
    late.support = world.support;
    return world;
  }

  /** Installs a package and defines a chaincode with it. */
  async deploy(
    name: string,
    bytes: Uint8Array,
    definition: Partial<ChaincodeDefinition> = {},
  ): Promise<string> {
    const { packageId } = await this.packages.install(bytes);
    const full: ChaincodeDefinition = {
      name,
      version: "1.0",
      sequence: 1,
      endorsementPlugin: "escc",
      validationPlugin: "vscc",
      validationParameter: new Uint8Array(0),
      collections: new Uint8Array(0),
      initRequired: false,
      ...definition,
    };
    this.#deployed.set(name, { ok: true, definition: full, packageId });
    return packageId;
  }

  async execute({
    args,
    channelId,
    chaincode,
    isInit,
    transient,
    signal,
  }: Invocation): Promise<ExecuteResult> {
    this.#txCount += 1;
    const txId = `tx${String(this.#txCount)}`;
    const target = this.#deployed.get(chaincode ?? [...this.#deployed.keys()][0]!)!;
    return this.support.execute({
      channelId: channelId ?? "ch1",
      txId,
      chaincodeName: target.definition.name,
      definition: target.definition,
      packageId: target.packageId,
      input: {
        args: args.map((arg) => utf8(arg)),
        decorations: new Map(),
        isInit: isInit ?? false,
      },
      signedProposal: signedProposal(this.#creator, channelId ?? "ch1", txId, transient ?? {}),
      simulator: this.state,
      signal: signal ?? new AbortController().signal,
    });
  }

  /** The payload of a successful invocation as text; fails the test with the reason otherwise. */
  async submit(...args: string[]): Promise<string> {
    const result = await this.execute({ args });
    if (!result.ok) throw new Error(result.message);
    const { status, message, payload } = result.response;
    if (status !== 200) throw new Error(`${String(status)} ${message}`);
    this.state.commit();
    return new TextDecoder().decode(payload);
  }

  async close(): Promise<void> {
    await this.support.close();
    await this.#server.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  #build(
    directory: string,
    port: number,
    options: WorldOptions,
  ): { packages: PackageStore; support: ChaincodeSupport } {
    const logger = recordingLogger(this.logLines);
    const packages = new PackageStore(
      { files: nodeFiles, archive: tarArchive, logger },
      { directory: join(directory, "packages") },
    );
    const peerAddress = `127.0.0.1:${String(port)}`;
    const launcher = new ProcessLauncher(
      { logger },
      { directory: join(directory, "contracts"), peerAddress, mspId: "Org1MSP" },
    );
    const support = new ChaincodeSupport(
      {
        packages,
        archive: tarArchive,
        runtimes: [launcher],
        dialer: new GrpcDialer({}),
        resolve: (_channelId, name) =>
          this.#deployed.get(name) ?? { ok: false, reason: `chaincode ${name} not found` },
        channelOf: () => ({
          mspManager: { mspIds: ["Org1MSP"], identity: () => ({ ok: false }) },
          policy: () => undefined,
          application: { organizations: [{ mspId: "Org1MSP" }], capabilities: new Set(["V2_0"]) },
        }),
        clock: systemClock,
        timers: systemTimers,
        logger,
        meter: silentMeter,
        ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      },
      options,
    );
    return { packages, support };
  }
}

/** A client's identity: the contract API reads its certificate. */
async function createCreator(): Promise<Uint8Array> {
  const deps = { clock: systemClock, random: systemRandom };
  const authority = await CertificateAuthority.createRoot(deps, {
    commonName: "ca.org1.example.com",
    organization: "org1.example.com",
  });
  const { certificatePem } = await authority.issueIdentity({
    commonName: "User1@org1.example.com",
    organizationalUnits: ["client"],
  });
  return encode(SerializedIdentity, { mspid: "Org1MSP", idBytes: certificatePem });
}

function signedProposal(
  creator: Uint8Array,
  channelId: string,
  txId: string,
  transient: Readonly<Record<string, string>>,
): SignedProposal {
  const transientMap = new Map(Object.entries(transient).map(([key, text]) => [key, utf8(text)]));
  const header = encode(Header, {
    channelHeader: encode(
      ChannelHeader,
      create(ChannelHeader, { channelId, txId, timestamp: { seconds: 1_700_000_000, nanos: 0 } }),
    ),
    signatureHeader: encode(SignatureHeader, { creator, nonce: utf8("nonce") }),
  });
  const payload = encode(ChaincodeProposalPayload, { input: utf8("input"), transientMap });
  const proposal = create(Proposal, { header, payload });
  return { proposalBytes: encode(Proposal, proposal), signature: utf8("signature") };
}

function recordingLogger(lines: string[]): Logger {
  const record = (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const logger: Logger = {
    error: record,
    warn: record,
    info: record,
    debug: record,
    trace: record,
    child: () => logger,
  };
  return logger;
}
