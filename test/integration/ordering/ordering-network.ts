import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RAFT_OPTIONS_DEFAULT, buildGenesisBlock } from "../../../src/channel/index.ts";
import { GrpcDialer } from "../../../src/kernel/adapters/grpc-dialer.ts";
import { GrpcServer } from "../../../src/kernel/adapters/grpc-server.ts";
import { nodeFiles } from "../../../src/kernel/adapters/node-files.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import { systemTimers } from "../../../src/kernel/adapters/system-timers.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import type { RpcStream } from "../../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import {
  readMspDirectory,
  readSigner,
  writeOrganization,
  type MemberMaterial,
  type OrganizationMaterial,
} from "../../../src/msp/adapters/index.ts";
import {
  AtomicBroadcastDefinition,
  ChannelHeader,
  HeaderType,
  Payload,
  SignatureHeader,
  create,
  encode,
  methodOf,
  transactionId,
  type Block,
  type BroadcastResponse,
  type Envelope,
  type EtcdraftConsenter,
} from "../../../src/wire/index.ts";
import { ordererDeliverBinding } from "../../../src/delivery/index.ts";
import { PrometheusMeter } from "../../../src/ops/adapters/prometheus-meter.ts";
import { BlockStore } from "../../../src/ledger/index.ts";
import {
  Broadcast,
  ChannelOrderer,
  type ChannelOrdererDeps,
} from "../../../cluster/ordering/index.ts";
import { ChannelRegistrar, type ChannelInfo } from "../../../cluster/participation/index.ts";
import { ClusterService, SharedDialer } from "../../../cluster/replica/index.ts";

export const CHANNEL = "ch1";

const system = {
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  logger: silentLogger,
  meter: silentMeter,
};

/** What a client holds while it broadcasts on one stream. */
export interface BroadcastClient {
  readonly stream: RpcStream<Envelope, BroadcastResponse>;
  readonly responses: AsyncIterator<BroadcastResponse>;
  close(): void;
}

/** One orderer in this process: real files, real TLS, a port that the system chose at the first start. */
export class TestOrderer {
  readonly #directory: string;
  readonly #node: MemberMaterial;
  /** What a scrape of this orderer shows. */
  readonly meter: PrometheusMeter = new PrometheusMeter({ process: false });
  // What it presents: its own unless that was replaced.
  #tls: MemberMaterial["tls"];
  #port = 0;
  #cluster: ClusterService | undefined;
  #server: GrpcServer | undefined;
  #orderer: ChannelOrderer | undefined;
  #registrar: ChannelRegistrar | undefined;

  constructor(directory: string, node: MemberMaterial) {
    this.#directory = directory;
    this.#node = node;
    this.#tls = node.tls;
  }

  get port(): number {
    return this.#port;
  }

  get node(): MemberMaterial {
    return this.#node;
  }

  get orderer(): ChannelOrderer {
    const orderer = this.#channel();
    if (orderer === undefined) throw new Error(`${this.#node.name} orders nothing`);
    return orderer;
  }

  get isUp(): boolean {
    return this.#channel() !== undefined;
  }

  /** What the node is in the channel, if it was opened with `openAsHost`. */
  get info(): ChannelInfo | undefined {
    return this.#registrar?.info(CHANNEL);
  }

  /** Holds the channel's `blocks` and `raft`. */
  get channelDirectory(): string {
    return join(this.#dataDirectory, "channels", CHANNEL);
  }

  get #dataDirectory(): string {
    return join(this.#directory, this.#node.name);
  }

  #channel(): ChannelOrderer | undefined {
    return this.#registrar?.orderer(CHANNEL) ?? this.#orderer;
  }

  async listen(): Promise<void> {
    const world = { ...system, meter: this.meter };
    this.#cluster = new ClusterService(world);
    const channel = (channelId: string): ChannelOrderer | undefined =>
      channelId === CHANNEL ? this.#channel() : undefined;
    const broadcast = new Broadcast({ ...world, channel });
    const deliver = ordererDeliverBinding({ ...world, channels: { channel } });
    const certificatePem = await readFile(this.#tls.certificate);
    const keyPem = await readFile(this.#tls.key);
    this.#server = new GrpcServer([this.#cluster.binding(), broadcast.binding(), deliver], {
      host: "127.0.0.1",
      port: this.#port,
      tls: { certificatePem, keyPem },
    });
    this.#port = await this.#server.listen();
  }

  /** Opens with the blocks that `source` has now, as one does that has followed the channel. */
  async openBehind(source: TestOrderer, genesisBlock: Block): Promise<void> {
    const directory = join(this.channelDirectory, "blocks");
    const blocks = await BlockStore.open({ ...system, files: nodeFiles, directory });
    const { height } = source.orderer.blocks;
    for (let number = blocks.height; number < height; number += 1) {
      await blocks.append((await source.orderer.blocks.read(number))!);
    }
    await blocks.close();
    await this.open(genesisBlock);
  }

  /** Presents this TLS certificate from its next start on. */
  present(tls: MemberMaterial["tls"]): void {
    this.#tls = tls;
  }

  /** As a configuration names it with this TLS certificate. */
  async consenter(tls: MemberMaterial["tls"] = this.#tls): Promise<EtcdraftConsenter> {
    const certificate = await readFile(tls.certificate);
    const { port } = this;
    return { host: "127.0.0.1", port, clientTlsCert: certificate, serverTlsCert: certificate };
  }

  async open(genesisBlock: Block, evictionSuspicionMs = 60_000): Promise<void> {
    this.#orderer = await ChannelOrderer.open(await this.#deps(), {
      genesisBlock,
      directory: this.channelDirectory,
      serverTlsCert: await readFile(this.#tls.certificate),
      submitTimeoutMs: 8_000,
      evictionSuspicionMs,
    });
  }

  /** As the host does: the node follows whatever the configuration makes of it. */
  async openAsHost(genesisBlock: Block): Promise<void> {
    await this.#openRegistrar([genesisBlock]);
  }

  /** Joins the channel with a config block, as an operator has it done. */
  async join(configBlock: Block): Promise<void> {
    await this.#openRegistrar([]);
    const result = await this.#registrar!.join(configBlock);
    if (result.kind !== "joined") throw new Error(`the join was answered with ${result.kind}`);
  }

  async #openRegistrar(genesisBlocks: readonly Block[]): Promise<void> {
    this.#registrar = await ChannelRegistrar.open(await this.#deps(), {
      dataDirectory: this.#dataDirectory,
      serverTlsCert: await readFile(this.#tls.certificate),
      genesisBlocks,
    });
  }

  async #deps(): Promise<ChannelOrdererDeps> {
    const certificatePem = await readFile(this.#tls.certificate);
    const keyPem = await readFile(this.#tls.key);
    const dialer = new GrpcDialer({ clientCertificate: { certificatePem, keyPem } });
    return {
      ...system,
      meter: this.meter,
      files: nodeFiles,
      signer: await readSigner(this.#node.mspDirectory, "OrdererMSP"),
      dialer,
      memberDialer: new SharedDialer({ dialer, meter: this.meter }),
      cluster: this.#cluster!,
    };
  }

  /** Goes away without a word to the others. */
  async kill(): Promise<void> {
    const channel = this.#registrar ?? this.#orderer;
    this.#registrar = undefined;
    this.#orderer = undefined;
    const server = this.#server?.close();
    await channel?.close();
    await server;
  }
}

/** Three orderers of one organisation, a client of it, and one channel. */
export class OrderingNetwork {
  readonly orderers: readonly TestOrderer[];
  /** Of the same organisation, listening, and no consenters. */
  readonly spares: readonly TestOrderer[];
  readonly tlsRootPem: Uint8Array;
  readonly client: Signer;
  /** Of the client: from the orderers' own authority, and no consenter's. */
  readonly clientTls: MemberMaterial["tls"];
  readonly genesisBlock: Block;
  readonly #directory: string;

  private constructor(parts: {
    readonly orderers: readonly TestOrderer[];
    readonly spares: readonly TestOrderer[];
    readonly tlsRootPem: Uint8Array;
    readonly client: Signer;
    readonly clientTls: MemberMaterial["tls"];
    readonly genesisBlock: Block;
    readonly directory: string;
  }) {
    this.orderers = parts.orderers;
    this.spares = parts.spares;
    this.tlsRootPem = parts.tlsRootPem;
    this.client = parts.client;
    this.clientTls = parts.clientTls;
    this.genesisBlock = parts.genesisBlock;
    this.#directory = parts.directory;
  }

  static async start(
    count = 3,
    spareCount = 0,
    raftOptions: Partial<typeof RAFT_OPTIONS_DEFAULT> = {},
  ): Promise<OrderingNetwork> {
    const directory = await mkdtemp(join(tmpdir(), "heddle-ordering-"));
    const authority = { clock: systemClock, random: systemRandom, directory };
    const peers = await writeOrganization({
      ...authority,
      kind: "peer",
      mspId: "Org1MSP",
      domain: "org1.example.com",
      nodes: [],
      users: [],
    });
    const organization = await writeOrganization({
      ...authority,
      kind: "orderer",
      mspId: "OrdererMSP",
      domain: "example.com",
      nodes: Array.from({ length: count + spareCount }, (_, place) => ({
        hostname: `orderer${place}.example.com`,
      })),
      users: [],
    });
    const all = organization.nodes.map((node) => new TestOrderer(directory, node));
    await Promise.all(all.map((orderer) => orderer.listen()));
    const [orderers, spares] = [all.slice(0, count), all.slice(count)];
    const genesisBlock = await genesisOf(organization, peers, orderers, raftOptions);
    await Promise.all(orderers.map((orderer) => orderer.open(genesisBlock)));
    const admin = organization.users.at(-1)!;
    return new OrderingNetwork({
      orderers,
      spares,
      tlsRootPem: await readFile(organization.tlsCaCertificate),
      client: await readSigner(admin.mspDirectory, "OrdererMSP"),
      clientTls: admin.tls,
      genesisBlock,
      directory,
    });
  }

  broadcaster(orderer: TestOrderer): BroadcastClient {
    const channel = new GrpcDialer({}).dial({
      address: `127.0.0.1:${orderer.port}`,
      tls: { rootsPem: [this.tlsRootPem] },
    });
    const stream = channel.stream(methodOf(AtomicBroadcastDefinition, "broadcast"));
    return {
      stream,
      responses: stream.responses[Symbol.asyncIterator](),
      close: (): void => {
        stream.cancel();
        channel.close();
      },
    };
  }

  /** A signed envelope of the client, different at each call. */
  async envelope(options: { channelId?: string; data?: Uint8Array } = {}): Promise<Envelope> {
    const nonce = systemRandom.bytes(24);
    const channelHeader = create(ChannelHeader, {
      type: HeaderType.ENDORSER_TRANSACTION,
      channelId: options.channelId ?? CHANNEL,
      txId: transactionId(nonce, this.client.identity),
    });
    const header = {
      channelHeader: encode(ChannelHeader, channelHeader),
      signatureHeader: encode(SignatureHeader, { creator: this.client.identity, nonce }),
    };
    const payload = encode(Payload, { header, data: options.data ?? systemRandom.bytes(100) });
    return { payload, signature: await this.client.sign(payload) };
  }

  async leader(): Promise<TestOrderer> {
    return until(() =>
      this.orderers.find((each) => each.isUp && each.orderer.replica.leadership.role === "leader"),
    );
  }

  async stop(): Promise<void> {
    await Promise.all([...this.orderers, ...this.spares].map((orderer) => orderer.kill()));
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** The first defined answer, asked for every few milliseconds for at most ten seconds. */
export async function until<T>(ask: () => T | undefined): Promise<T> {
  for (const startMs = systemClock.monotonicMs(); ;) {
    const answer = ask();
    if (answer !== undefined) return answer;
    if (systemClock.monotonicMs() - startMs > 10_000) throw new Error("it did not happen in 10 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function genesisOf(
  organization: OrganizationMaterial,
  peers: OrganizationMaterial,
  orderers: readonly TestOrderer[],
  raftOptions: Partial<typeof RAFT_OPTIONS_DEFAULT>,
): Promise<Block> {
  const msp = await readMspDirectory(organization.mspDirectory, "OrdererMSP");
  const peerMsp = await readMspDirectory(peers.mspDirectory, "Org1MSP");
  const consenters = await Promise.all(
    orderers.map(async ({ port, node }) => {
      const certificate = await readFile(node.tls.certificate);
      return {
        host: "127.0.0.1",
        port,
        clientTlsCertPem: certificate,
        serverTlsCertPem: certificate,
      };
    }),
  );
  const endpoints = consenters.map(({ host, port }) => `${host}:${port}`);
  return buildGenesisBlock({
    channelId: CHANNEL,
    batchSize: { messageCountMax: 500, absoluteBytesMax: 1_000_000, preferredBytesMax: 500_000 },
    batchTimeoutMs: 2_000,
    raftOptions: { ...RAFT_OPTIONS_DEFAULT, tickIntervalMs: 30, ...raftOptions },
    consenters,
    ordererOrganizations: [{ name: "OrdererOrg", mspId: "OrdererMSP", msp, endpoints }],
    // Fabric: an application without organisations has a Writers policy that everyone satisfies.
    applicationOrganizations: [{ name: "Org1", mspId: "Org1MSP", msp: peerMsp, anchorPeers: [] }],
    nonce: systemRandom.bytes(24),
    timestampMs: systemClock.wallMs(),
  });
}
