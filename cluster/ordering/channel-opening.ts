import { ChannelConfig, ChannelConfigRef } from "../../src/channel/index.ts";
import type { MspCache } from "../../src/msp/index.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Meter } from "../../src/kernel/ports/meter.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { RpcDialer } from "../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import type { BlockStore } from "../../src/ledger/index.ts";
import type { Block } from "../../src/wire/index.ts";
import {
  ClusterLink,
  isRefusedBy,
  recordRelease,
  type ClusterMember,
  type ClusterService,
  type RaftReplica,
} from "../replica/index.ts";
import { BlockCatchUp, type BlockCatchUpOptions } from "./block-catch-up.ts";
import { BlockWriter } from "./block-writer.ts";
import { configInForce, membershipAfter, newestBlock } from "./channel-blocks.ts";
import { blockNumberOf, openReplica } from "./channel-replica.ts";
import { ConfigUpdates } from "./config-updates.ts";
import type { Membership } from "./core/membership.ts";
import { transactionKey } from "./core/transaction-key.ts";
import { OrderingError } from "./errors.ts";
import { EvictionSuspicion } from "./eviction-suspicion.ts";
import { formerMembers } from "./former-members.ts";
import { ORDERED_WINDOW_COUNT } from "./limits.ts";
import { lingeringId, ownerOf, raftDirectory } from "./lingering.ts";
import { membersOf, raftIdIn } from "./members.ts";
import { MessageValidator } from "./message-validator.ts";
import { newerMembersIn } from "./newer-members.ts";
import { OrdererGroup } from "./orderer-group.ts";
import { OrderingChain } from "./ordering-chain.ts";
import { cutOffMembers } from "./recovery-record.ts";
import { WindowCheckpoint } from "./window-checkpoint.ts";

export interface ChannelOrdererDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly signer: Signer;
  /** Opens the channel's organisations. Default: a cache of its own. */
  readonly msps?: MspCache;
  /** Presents this node's TLS client certificate. */
  readonly dialer: RpcDialer;
  /** Reaches the other members, for this channel and others. Default: `dialer`, with a connection for each channel. */
  readonly memberDialer?: RpcDialer;
  /** Registered at the server that the other orderers call. */
  readonly cluster: ClusterService;
}

export interface ChannelOrdererOptions {
  /** Absent: the blocks on disk are taken as they are. Present: they begin with it, and a new channel is started with it. */
  readonly genesisBlock?: Block;
  /** Of this channel at this node: blocks/ and raft/ are made in it. */
  readonly directory: string;
  /** This node's TLS server certificate, PEM or DER. Fabric: a node finds itself among the consenters by its public key. */
  readonly serverTlsCert: Uint8Array;
  /** Default `SUBMIT_TIMEOUT_MS`. */
  readonly submitTimeoutMs?: number;
  /** Overrides the channel's own tick interval, as Fabric's `TickIntervalOverride` does. */
  readonly tickIntervalMs?: number;
  /** Time without a leader after which it looks whether it was removed. Default `EVICTION_SUSPICION_MS`. */
  readonly evictionSuspicionMs?: number;
  /** Lets identities order whose certificate has ended. Default false. */
  readonly ignoresExpiration?: boolean;
}

/** What a channel at an orderer is made of. */
export interface ChannelOrdererParts {
  readonly raftId: number;
  readonly blocks: BlockStore;
  readonly config: ChannelConfigRef;
  readonly validator: MessageValidator;
  readonly configUpdates: ConfigUpdates;
  readonly chain: OrderingChain;
  readonly replica: RaftReplica;
  readonly link: ClusterLink;
  readonly cluster: ClusterService;
  readonly group: OrdererGroup;
  readonly missing: BlockCatchUp;
  readonly checkpoint: WindowCheckpoint;
}

/** Opens everything of one channel on its blocks, and takes part at once. Throws as `ChannelOrderer.open`. */
export async function openChannel(
  blocks: BlockStore,
  deps: ChannelOrdererDeps,
  options: ChannelOrdererOptions,
): Promise<ChannelOrdererParts> {
  const newest = await newestBlock(blocks, options.genesisBlock);
  const config = new ChannelConfigRef(await configInForce(blocks, newest, deps.msps));
  const { channelId } = config.current();
  const membership = membershipAfter(newest, config.current());
  const cutOffIds = await cutOffMembers(deps.files, options.directory);
  const members = membersOf(config.current(), membership.consenterIds).filter(
    (member) => !cutOffIds.has(member.raftId),
  );
  const raftId = await raftIdOf(deps.files, options, { channelId, members, membership });
  const identity = { channelId, raftId, members };
  const link = new ClusterLink({ ...deps, dialer: deps.memberDialer ?? deps.dialer }, identity);
  const voters = [...new Set([...membership.consenterIds, raftId])].filter(
    (id) => !cutOffIds.has(id),
  );
  const replica = await openReplica(
    { ...deps, transport: link },
    { ...options, ...identity, voters, config: config.current() },
    newest,
  );
  const former = (after: Block, ids: readonly number[]): Promise<readonly ClusterMember[]> => {
    const configOf = (block: Block): ChannelConfig => ChannelConfig.fromBlock(block, deps.msps);
    return formerMembers({ blocks, configOf }, after, new Set(ids));
  };
  const formerIds = [...replica.status().configuration.voters, raftId].filter(
    (id) => !membership.consenterIds.includes(id) && !cutOffIds.has(id),
  );
  const standing = { ...identity, formerMembers: await former(newest, formerIds) };
  const validator = new MessageValidator({ config, clock: deps.clock }, options);
  const writer = new BlockWriter({ ...deps, blocks, config }, membership, newest);
  const group: OrdererGroup = new OrdererGroup(
    {
      ...deps,
      replica,
      link,
      writer,
      config,
      suspicion: new EvictionSuspicion(
        {
          ...deps,
          blocks,
          config,
          isRefusedBy: (member) => isRefusedBy(deps, member, identity),
          isAmong: (known) => raftIdIn(known, options.serverTlsCert) !== undefined,
          formerSelf: async () => former(await newestBlock(blocks, undefined), [raftId]),
        },
        { raftId, ...ownEndpoint(standing) },
      ),
      findNewerMembers: newerMembersIn({ ...deps, blocks, config }, ownEndpoint(standing)),
      retire: async (number, signal): Promise<boolean> => {
        if (!(await retire({ chain, replica, missing }, number, signal))) return false;
        const owner = ownerOf(channelId, raftId);
        await recordRelease(deps.files, raftDirectory(options.directory), owner);
        return true;
      },
    },
    { ...options, ...standing, cutOffIds },
  );
  const configUpdates = new ConfigUpdates({ ...deps, config, validator, group });
  const missing = new BlockCatchUp(
    { ...deps, blocks, config },
    {
      ...ownEndpoint(standing),
      onBlock: (block) => {
        writer.stored(block);
        const envelopes = block.data?.data ?? [];
        chain.remember(
          block.header?.number ?? 0,
          envelopes.map((bytes) => transactionKey(bytes)),
        );
      },
    },
  );
  const checkpoint = new WindowCheckpoint(
    { ...deps, blocks },
    { ...options, countMax: ORDERED_WINDOW_COUNT },
  );
  const ordered = await checkpoint.restore();
  const chain: OrderingChain = new OrderingChain(
    {
      ...deps,
      ordered,
      checkpoint,
      log: replica,
      link,
      writer,
      config,
      validator,
      configUpdates,
      missing,
    },
    {
      ...identity,
      snapshotBlockNumber: blockNumberOf(replica.recoveredSnapshot()),
      ...submitTimeout(options),
    },
  );
  connect({ chain, replica, link, group, cluster: deps.cluster }, standing);
  return {
    raftId,
    blocks,
    config,
    validator,
    configUpdates,
    chain,
    replica,
    link,
    cluster: deps.cluster,
    group,
    missing,
    checkpoint,
  };
}

interface Identity {
  readonly channelId: string;
  readonly raftId: number;
  readonly members: readonly ClusterMember[];
  readonly formerMembers: readonly ClusterMember[];
}

// One that the configuration does not name goes on under the id of its log, while it has a part in the group.
async function raftIdOf(
  files: Files,
  { directory, serverTlsCert }: ChannelOrdererOptions,
  known: Pick<Identity, "channelId" | "members"> & { readonly membership: Membership },
): Promise<number> {
  const { channelId, members, membership } = known;
  const raftId =
    raftIdIn(members, serverTlsCert) ??
    (await lingeringId(files, directory, channelId, membership));
  if (raftId !== undefined) return raftId;
  throw new OrderingError(
    "not_a_consenter",
    `no consenter of channel ${channelId} has this node's TLS server certificate; ` +
      "use the certificate that the channel's configuration names, or add this node to the channel",
  );
}

function connect(
  parts: Pick<ChannelOrdererParts, "chain" | "replica" | "link" | "cluster" | "group">,
  { channelId, members, formerMembers }: Identity,
): void {
  const { chain, replica, link, cluster, group } = parts;
  link.listen({
    consensusBroken: (id) => {
      replica.unreachable(id);
    },
    submitBroken: (id) => {
      chain.submitBroken(id);
    },
    snapshotOffered: (id, ok) => {
      replica.snapshotReport(id, ok);
    },
  });
  cluster.register(channelId, [...formerMembers, ...members], {
    receive: (message, activeIds) => {
      group.heard(message.from);
      replica.receive(message);
      if (activeIds !== undefined) group.told(message.from, activeIds);
    },
    submit: (from, request) => {
      chain.submit(from, request);
    },
  });
  replica.start(chain);
  group.start();
}

// Nothing is written from the log any more, so the blocks may come from elsewhere. False: it was stopped.
async function retire(
  { chain, replica, missing }: Pick<ChannelOrdererParts, "chain" | "replica" | "missing">,
  number: number | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  chain.close();
  await replica.close();
  if (number === undefined) return true;
  while (!signal.aborted) {
    try {
      await missing.pullTo(number, signal);
      return true;
    } catch (error) {
      if (!(error instanceof OrderingError) || error.code !== "catch_up_failed") throw error;
    }
  }
  return false;
}

function ownEndpoint({ channelId, raftId, members, formerMembers }: Identity): BlockCatchUpOptions {
  const own = [...members, ...formerMembers].find((member) => member.raftId === raftId);
  const isTlsEnabled = members.some(({ tlsRootsPem }) => tlsRootsPem.length > 0);
  return { channelId, isTlsEnabled, isOwnEndpoint: (address) => address === own?.address };
}

function submitTimeout(options: ChannelOrdererOptions): { readonly submitTimeoutMs?: number } {
  return options.submitTimeoutMs === undefined ? {} : { submitTimeoutMs: options.submitTimeoutMs };
}
