/** Builds a peer: its channels, chaincodes and services, and the order in which they end. */
import { join } from "node:path";
import {
  FABRIC_OPTIONS,
  GossipService,
  PrivateDistributor,
  type ChannelNetwork,
  type PrivateDataPort,
} from "../../gossip/service/index.ts";
import {
  ChaincodeSupport,
  Lifecycle,
  LIFECYCLE_NAMESPACE,
  PackageStore,
  type ChaincodeRuntime,
  type CredentialIssuer,
} from "../chaincode/index.ts";
import { ChannelConfig } from "../channel/index.ts";
import { peerDeliverBindings, type DeliverChannel } from "../delivery/index.ts";
import {
  ChannelQueries,
  Endorser,
  endorserBinding,
  LedgerQueries,
  ProposalAccess,
} from "../endorser/index.ts";
import { Gateway } from "../gateway/index.ts";
import { assert } from "../kernel/assert.ts";
import { concatBytes, utf8 } from "../kernel/bytes.ts";
import type { KvStore } from "../kernel/ports/kv-store.ts";
import type { RpcBinding } from "../kernel/ports/rpc.ts";
import type { CommittedBlock } from "../ledger/index.ts";
import type { Msp } from "../msp/index.ts";
import { MspManager } from "../msp/index.ts";
import { Block, decode } from "../wire/index.ts";
import { blockSources } from "./block-sources.ts";
import { ChannelRegistrar } from "./channel-registrar.ts";
import { ConfigError, type PeerConfig } from "./config.ts";
import { followElection } from "./deliverer.ts";
import { GOSSIP_MEMBERS_PATH, gossipMembers } from "./gossip-members.ts";
import { healthBindings } from "./health-service.ts";
import { PeerChannel } from "./peer-channel.ts";
import { peerIdentities, tlsTrust } from "./peer-identities.ts";
import { fetchPrivateData, privateDataPort } from "./private-data.ts";
import type { RunningPeer } from "./running-host.ts";
import { requireCurrentIdentity } from "./signing-identity.ts";
import type { PeerWorld } from "./world.ts";

const SYSTEM_CHAINCODES = [LIFECYCLE_NAMESPACE, "qscc", "cscc"];

type Channels = ChannelRegistrar<PeerChannel>;

export interface PeerOptions {
  /** Run the packages of further types; they come before the peer's own. Default: none. */
  readonly runtimes?: readonly ChaincodeRuntime[];
}

export async function startPeer(
  config: PeerConfig,
  world: PeerWorld,
  options: PeerOptions = {},
): Promise<RunningPeer> {
  requireCurrentIdentity(world, world.signer.identity);
  const localMsp = world.msps.open(world.localMsp);
  const localMsps = new MspManager([localMsp]);
  const state = world.openState(join(config.dataDirectory, "state"));
  const channels = await openChannels(config, world, state);
  const own = { channels, localMsps, localMsp, runtimes: options.runtimes ?? [] };
  const parts = await buildParts(config, world, own);
  const { contracts, lifecycle, endorser, gossip } = parts;
  const gateway = new Gateway(
    {
      ...world,
      channels,
      membership: gossip,
      endorser,
      logger: world.logger.child("gateway"),
    },
    {
      local: { mspId: config.msp.id, endpoint: config.gossip.externalEndpoint },
      systemChaincodes: SYSTEM_CHAINCODES,
    },
  );

  const chaincodeServer = world.serve(contracts.bindings(), config.chaincode.listen);
  const bindings = peerBindings(world, channels, { endorser, gossip, gateway });
  const server = world.serve(bindings, config.listen);
  await chaincodeServer.listen();
  const port = await server.listen();
  world.operations.offer(GOSSIP_MEMBERS_PATH, (query) => gossipMembers(gossip, channels, query));
  const operationsPort = await world.operations.listen();
  await gossip.start();
  const takePart = (channel: PeerChannel): void => {
    takePartIn(channel, config, { lifecycle, gossip, world });
  };
  for (const channel of channels.channels()) takePart(channel);
  channels.subscribe(takePart);

  return {
    port,
    operationsPort,
    channel: (channelId) => channels.channel(channelId),
    members: (channelId) => gossip.members(channelId),
    renewTls: (renewed) => {
      server.renewTls(renewed);
      chaincodeServer.renewTls(renewed);
    },
    close: async () => {
      await world.operations.close();
      await server.close();
      gateway.close();
      for (const channel of channels.channels()) channel.beginClose();
      await gossip.close();
      await channels.close();
      await contracts.close();
      await chaincodeServer.close();
      await state.close();
    },
  };
}

/** Opens what the peer has joined, and joins what its configuration names and it has not. */
async function openChannels(
  config: PeerConfig,
  world: PeerWorld,
  state: KvStore,
): Promise<Channels> {
  const channels = await ChannelRegistrar.open(
    {
      ...world,
      state,
      logger: world.logger.child("channels"),
      openChannel: (channelId, directory, genesisBlock) =>
        PeerChannel.open(world, state, { channelId, directory }, genesisBlock),
    },
    { directory: join(config.dataDirectory, "channels") },
  );
  for (const bytes of world.genesisBlocks) {
    const block = decode(Block, bytes);
    const { channelId } = ChannelConfig.fromBlock(block, world.msps);
    if (channels.channel(channelId) !== undefined) continue;
    const answer = await channels.join(channelId, block);
    if (!answer.ok) throw new ConfigError("invalid configuration", `channels: ${answer.reason}`);
  }
  return channels;
}

interface PeerParts {
  readonly contracts: ChaincodeSupport;
  readonly lifecycle: Lifecycle;
  readonly endorser: Endorser;
  readonly gossip: GossipService;
}

async function buildParts(
  config: PeerConfig,
  world: PeerWorld,
  own: {
    readonly channels: Channels;
    readonly localMsps: MspManager;
    readonly localMsp: Msp;
    readonly runtimes: readonly ChaincodeRuntime[];
  },
): Promise<PeerParts> {
  const { channels, localMsps, localMsp } = own;
  const { logger } = world;
  const channelOf = (channelId: string): ChannelConfig | undefined =>
    channels.channel(channelId)?.config.current();
  const access = new ProposalAccess({ channels, localMsps });
  const packages = new PackageStore(
    { files: world.files, archive: world.archive, logger: logger.child("packages") },
    { directory: join(config.dataDirectory, "packages") },
  );
  const contracts: ChaincodeSupport = new ChaincodeSupport(
    {
      ...world,
      packages,
      runtimes: [...own.runtimes, ...world.runtimes(config)],
      resolve: (channelId, name, reader) => lifecycle.resolve(channelId, name, reader),
      channelOf,
      credentials: credentialIssuer(world, localMsp),
      logger: logger.child("chaincode"),
    },
    { executeTimeoutMs: config.chaincode.executeTimeoutMs },
  );
  const lifecycle: Lifecycle = await Lifecycle.open(
    { packages, access, runner: contracts, channelOf, logger: logger.child("lifecycle") },
    { mspId: config.msp.id },
  );
  const privateData = privateDataPort(world.signer, (channelId) => joinedOf(channels, channelId));
  const gossip = buildGossip(config, world, { ...own, privateData });
  const endorser = new Endorser({
    ...world,
    channels,
    localMsps,
    directory: lifecycle,
    executor: contracts,
    distributor: new PrivateDistributor({ exchange: gossip.privateExchange, port: privateData }),
    systemChaincodes: [
      lifecycle,
      new LedgerQueries({ channels, access }),
      new ChannelQueries({ channels, access, joiner: channels }),
    ],
    logger: logger.child("endorser"),
  });
  return { contracts, lifecycle, endorser, gossip };
}

function joinedOf(channels: Channels, channelId: string): PeerChannel {
  const channel = channels.channel(channelId);
  assert(channel !== undefined, "gossip speaks of joined channels only");
  return channel;
}

function buildGossip(
  config: PeerConfig,
  world: PeerWorld,
  own: {
    readonly channels: Channels;
    readonly localMsps: MspManager;
    readonly privateData: PrivateDataPort;
  },
): GossipService {
  const { channels, privateData } = own;
  const joined = (channelId: string): PeerChannel => joinedOf(channels, channelId);
  const managers = (): readonly MspManager[] => [
    own.localMsps,
    ...channels.channels().map((channel) => channel.config.current().mspManager),
  ];
  return new GossipService(
    {
      ...world,
      identities: peerIdentities(managers),
      privateData,
      tls: tlsTrust(managers),
      ledger: {
        height: (channelId) => joined(channelId).ledger.height,
        block: (channelId, number) => joined(channelId).ledger.readBytes(number),
      },
      sink: { offer: (channelId, _number, bytes) => joined(channelId).commit(bytes) },
      blockVerifier: {
        verify: (channelId, number, bytes) => joined(channelId).verify(number, bytes),
      },
    },
    {
      endpoints: {
        internal: config.gossip.externalEndpoint,
        external: config.gossip.externalEndpoint,
      },
      bootstrap: config.gossip.bootstrap,
      timing: config.gossip.timing === "fabric" ? FABRIC_OPTIONS : {},
    },
  );
}

function peerBindings(
  world: PeerWorld,
  channels: Channels,
  services: {
    readonly endorser: Endorser;
    readonly gossip: GossipService;
    readonly gateway: Gateway;
  },
): readonly RpcBinding[] {
  const deliverChannel = (channelId: string): DeliverChannel | undefined => {
    const channel = channels.channel(channelId);
    return channel === undefined ? undefined : { blocks: channel.ledger, config: channel.config };
  };
  return [
    endorserBinding(services.endorser),
    ...services.gateway.bindings(),
    ...peerDeliverBindings({
      ...world,
      channels: { channel: deliverChannel },
      logger: world.logger.child("deliver"),
    }),
    ...services.gossip.handlers(),
    ...healthBindings(world.health),
  ];
}

/**
 * Keeps the lifecycle at the ledger's state, brings a ledger that is far behind level with others, then takes part in gossip: a
 * peer that cannot endorse yet, and that would ask its neighbours for block after block, is no use to them. Whoever asks
 * for the blocks that it has is served from the start.
 */
function takePartIn(
  channel: PeerChannel,
  peer: PeerConfig,
  parts: {
    readonly lifecycle: Lifecycle;
    readonly gossip: GossipService;
    readonly world: PeerWorld;
  },
): void {
  const { channelId, ledger } = channel;
  const readLifecycle = (): void => {
    const state = ledger.query();
    parts.lifecycle.update(channelId, state);
    state.close();
  };
  readLifecycle();
  ledger.subscribe((committed) => {
    if (touchesLifecycle(committed)) readLifecycle();
  });
  const sources = (): ReturnType<typeof blockSources> =>
    blockSources(channel.config.current(), peer);
  void channel.catchUp(sources).then(() => {
    if (channel.isClosed) return;
    const publish = joinGossip(channel, parts.lifecycle, parts.gossip);
    // An approval whose private half comes late makes a chaincode runnable without a block.
    const onReconciled = (): void => {
      readLifecycle();
      publish();
    };
    channel.usePrivateData(fetchPrivateData(channel, parts.gossip, parts.world, onReconciled));
  });
}

/** Connects a channel's ledger with gossip, and follows who delivers. Returns how to publish the ledger's state. */
function joinGossip(channel: PeerChannel, lifecycle: Lifecycle, gossip: GossipService): () => void {
  const { channelId, ledger, config } = channel;
  gossip.joinChannel(
    channelId,
    networkOf(config.current()),
    lifecycle.runnableChaincodes(channelId),
  );
  const publish = (): void => {
    const chaincodes = lifecycle.runnableChaincodes(channelId);
    gossip.updateChannel(channelId, { height: ledger.height, chaincodes });
  };
  ledger.subscribe(publish);
  // A package that is installed after its definition was committed.
  lifecycle.subscribe(publish);
  config.subscribe((next) => {
    gossip.configureChannel(channelId, networkOf(next));
  });
  followElection(channel, gossip);
  return publish;
}

function touchesLifecycle({ transactions }: CommittedBlock): boolean {
  return transactions.some(({ chaincode }) => chaincode.startsWith(`${LIFECYCLE_NAMESPACE}:`));
}

function networkOf(config: ChannelConfig): ChannelNetwork {
  const { organizations } = config.application;
  return {
    mspIds: organizations.map(({ mspId }) => mspId),
    anchorPeers: organizations.flatMap(({ mspId, anchorPeers }) =>
      anchorPeers.map(({ host, port }) => ({ mspId, host, port })),
    ),
  };
}

/** Issues certificates to contracts; its authority is made when the first contract starts. */
function credentialIssuer(world: PeerWorld, localMsp: Msp): CredentialIssuer {
  let issuer: Promise<CredentialIssuer> | undefined;
  const make = (): Promise<CredentialIssuer> =>
    world.makeCredentialIssuer(joinPem(localMsp.tlsRootsPem));
  return {
    issue: async (packageId) => (await (issuer ??= make())).issue(packageId),
  };
}

function joinPem(certificates: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...certificates.flatMap((pem) => [pem, utf8("\n")]));
}
