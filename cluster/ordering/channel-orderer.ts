import { ChannelConfig, ChannelConfigRef, lastConfigNumber } from "../../src/channel/index.ts";
import type { SignatureVerifier } from "../../src/crypto/index.ts";
import { equalBytes } from "../../src/kernel/bytes.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Meter } from "../../src/kernel/ports/meter.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { RpcDialer } from "../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import { BlockStore } from "../../src/ledger/index.ts";
import { Block, blockHeaderHash, tryDecode } from "../../src/wire/index.ts";
import {
  ClusterLink,
  RaftReplica,
  type ClusterMember,
  type ClusterService,
  type Snapshot,
} from "../replica/index.ts";
import { BlockCatchUp, type BlockCatchUpOptions } from "./block-catch-up.ts";
import { BlockWriter } from "./block-writer.ts";
import { ConfigUpdates } from "./config-updates.ts";
import type { PendingMember } from "./consenter-rules.ts";
import { recordOf } from "./core/block-assembly.ts";
import { EvictionSuspicion } from "./eviction-suspicion.ts";
import { firstMembership, type Membership } from "./core/membership.ts";
import { transactionKey } from "./core/transaction-key.ts";
import { OrderingError } from "./errors.ts";
import { ORDERED_WINDOW_COUNT, STARTUP_READ_BYTES } from "./limits.ts";
import { membersOf, ownRaftId } from "./members.ts";
import { MessageValidator } from "./message-validator.ts";
import { cutOffMembers } from "./recovery-record.ts";
import { OrdererGroup } from "./orderer-group.ts";
import { OrderingChain } from "./ordering-chain.ts";
import { tuningOf } from "./raft-tuning.ts";

export interface ChannelOrdererDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly signer: Signer;
  /** Checks the signatures of the channel's members. Default: `verifySignature`. */
  readonly verifier?: SignatureVerifier;
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

/** All of one channel at one orderer: its blocks, its configuration, its place in the Raft group, and its order. */
export class ChannelOrderer {
  readonly channelId: string;
  readonly raftId: number;
  readonly blocks: BlockStore;
  readonly config: ChannelConfigRef;
  readonly validator: MessageValidator;
  readonly configUpdates: ConfigUpdates;
  readonly chain: OrderingChain;
  readonly replica: RaftReplica;
  readonly #link: ClusterLink;
  readonly #cluster: ClusterService;
  readonly #group: OrdererGroup;
  readonly #closing = new AbortController();
  // At a node that takes no part: brings the blocks that its log does not.
  readonly #following: Promise<void> | undefined;

  /**
   * Opens what `directory` holds, or starts the channel from its genesis block, and takes part at once.
   * Throws `OrderingError`, `ChannelError`, `LedgerError`, `ReplicaError` and `RaftError` for what prevents that.
   */
  static async open(
    deps: ChannelOrdererDeps,
    options: ChannelOrdererOptions,
  ): Promise<ChannelOrderer> {
    const directory = `${options.directory}/blocks`;
    const blocks = await BlockStore.open({ ...deps, directory });
    try {
      return await openOn(blocks, deps, options);
    } catch (error) {
      await blocks.close();
      throw error;
    }
  }

  /** For `open`. */
  constructor(parts: ChannelOrdererParts) {
    this.channelId = parts.config.current().channelId;
    this.raftId = parts.raftId;
    this.blocks = parts.blocks;
    this.config = parts.config;
    this.validator = parts.validator;
    this.configUpdates = parts.configUpdates;
    this.chain = parts.chain;
    this.replica = parts.replica;
    this.#link = parts.link;
    this.#cluster = parts.cluster;
    this.#group = parts.group;
    this.#following = this.replica.standsBy === undefined ? undefined : this.#follow(parts.missing);
  }

  /** As delivery wants it: aborted while this node cannot vouch that more blocks will come. */
  trouble(): AbortSignal {
    return this.chain.trouble();
  }

  /** Resolves when the channel's configuration no longer names this node and its group has let it go: it may be closed. */
  get left(): Promise<void> {
    return this.#group.left;
  }

  /** Raft ids of the members that answer, this one included; `undefined` unless it leads. */
  get activeIds(): readonly number[] | undefined {
    return this.#group.activeIds();
  }

  /** Raft ids of the consenters, after the newest block. */
  get membership(): Membership {
    return this.#group.membership();
  }

  /** The consenter that is being added or removed, and what that waits for. */
  get pending(): PendingMember | undefined {
    return this.#group.pending();
  }

  /** Its disk or its order failed: it answers nobody until it is opened again. */
  get isFailed(): boolean {
    return this.chain.isStopped;
  }

  /** What an operator must know of a channel that runs: it takes no part in the group, or orders nothing. */
  get complaint(): string | undefined {
    const { standsBy, readOnly } = this.replica;
    return standsBy === undefined
      ? readOnly
      : `this orderer lost its log of the channel and only keeps its blocks (${standsBy}); ` +
          "remove it from the channel's consenters and add it again";
  }

  /** Leaves the group, answers everyone who waits, and closes the files. Idempotent. */
  async close(): Promise<void> {
    this.#cluster.unregister(this.channelId);
    this.#closing.abort();
    this.#group.stop();
    this.chain.close();
    this.#link.close();
    this.blocks.giveUpOnSpace();
    await this.replica.close();
    await this.#following;
    await this.blocks.close();
  }

  // Never rejects.
  async #follow(missing: BlockCatchUp): Promise<void> {
    try {
      await missing.follow(this.#closing.signal);
    } catch {
      this.chain.failed();
    }
  }
}

interface ChannelOrdererParts {
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
}

async function openOn(
  blocks: BlockStore,
  deps: ChannelOrdererDeps,
  options: ChannelOrdererOptions,
): Promise<ChannelOrderer> {
  const newest = await newestBlock(blocks, options.genesisBlock);
  const config = new ChannelConfigRef(await configInForce(blocks, newest, deps.verifier));
  const membership = membershipAfter(newest, config.current());
  const cutOffIds = await cutOffMembers(deps.files, options.directory);
  const members = membersOf(config.current(), membership.consenterIds).filter(
    (member) => !cutOffIds.has(member.raftId),
  );
  const raftId = ownRaftId(members, options.serverTlsCert, config.current().channelId);
  const identity = { channelId: config.current().channelId, raftId, members };
  const link = new ClusterLink({ ...deps, dialer: deps.memberDialer ?? deps.dialer }, identity);
  const replica = await openReplica(
    deps,
    options,
    { ...identity, config: config.current() },
    link,
    newest,
  );
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
        { ...deps, blocks, config },
        { ...options, ...ownEndpoint(identity) },
      ),
      retire: (number, signal): Promise<boolean> =>
        retire({ chain, replica, missing }, number, signal),
    },
    { ...options, ...identity, cutOffIds },
  );
  const configUpdates = new ConfigUpdates({ ...deps, config, validator, group });
  const missing = new BlockCatchUp(
    { ...deps, blocks, config },
    {
      ...ownEndpoint(identity),
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
  const chain: OrderingChain = new OrderingChain(
    { ...deps, log: replica, link, writer, config, validator, configUpdates, missing },
    {
      ...identity,
      snapshotBlockNumber: blockNumberOf(replica.recoveredSnapshot()),
      ...submitTimeout(options),
    },
  );
  await rememberTransactions(chain, blocks);
  connect({ chain, replica, link, group, cluster: deps.cluster }, identity);
  return new ChannelOrderer({
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
  });
}

interface Identity {
  readonly channelId: string;
  readonly raftId: number;
  readonly members: readonly ClusterMember[];
}

function connect(
  parts: Pick<ChannelOrdererParts, "chain" | "replica" | "link" | "cluster" | "group">,
  { channelId, members }: Identity,
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
  cluster.register(channelId, members, {
    receive: (message) => {
      group.heard(message.from);
      replica.receive(message);
    },
    submit: (from, request) => {
      chain.submit(from, request);
    },
  });
  replica.start(chain);
  group.start();
}

async function newestBlock(blocks: BlockStore, genesis: Block | undefined): Promise<Block> {
  if (blocks.height === 0 && genesis !== undefined) await blocks.append(genesis);
  if (genesis !== undefined) await requireGenesis(blocks, genesis);
  const newest = blocks.height === 0 ? undefined : await blocks.read(blocks.height - 1);
  if (newest !== undefined) return newest;
  throw new OrderingError(
    "no_blocks",
    "there are no blocks of this channel on disk; join it with a config block",
  );
}

async function requireGenesis(blocks: BlockStore, genesis: Block): Promise<void> {
  const first = await blocks.read(0);
  const isSame =
    first?.header !== undefined &&
    genesis.header !== undefined &&
    equalBytes(blockHeaderHash(first.header), blockHeaderHash(genesis.header));
  if (isSame) return;
  throw new OrderingError(
    "wrong_genesis",
    "the blocks on disk begin with another genesis block; give each channel a directory of its own",
  );
}

// Fabric: each block says who the members are after it; the first one's are those of its configuration.
function membershipAfter(newest: Block, config: ChannelConfig): Membership {
  return recordOf(newest) ?? firstMembership(config.orderer.consenters.length);
}

async function configInForce(
  blocks: BlockStore,
  newest: Block,
  verifier: SignatureVerifier | undefined,
): Promise<ChannelConfig> {
  const block = await blocks.read(lastConfigNumber(newest) ?? 0);
  return ChannelConfig.fromBlock(block ?? newest, verifier);
}

async function openReplica(
  deps: ChannelOrdererDeps,
  options: ChannelOrdererOptions,
  { channelId, raftId, members, config }: Identity & { readonly config: ChannelConfig },
  link: ClusterLink,
  newest: Block,
): Promise<RaftReplica> {
  const tuning = tuningOf(config, options.tickIntervalMs);
  if (tuning === undefined) {
    throw new OrderingError("not_raft", `channel ${channelId} has no Raft options`);
  }
  const appliedIndex = recordOf(newest)?.raftIndex ?? 0;
  const replica = await RaftReplica.open(
    { ...deps, transport: link },
    {
      channelId,
      raftId,
      voters: members.map((member) => member.raftId),
      directory: `${options.directory}/raft`,
      ...tuning,
    },
    appliedIndex,
  );
  if (appliedIndex === 0 || holdsBlock(replica, appliedIndex, newest)) return replica;
  await replica.close();
  throw new OrderingError(
    "log_mismatch",
    `entry ${appliedIndex} of the Raft log is not block ${newest.header?.number ?? 0}, which was written from it; ` +
      "restore the blocks and the log of one moment together",
  );
}

// Of the block that stands for all before it.
function blockNumberOf(snapshot: Snapshot | undefined): number {
  return (snapshot && tryDecode(Block, snapshot.data)?.header?.number) ?? 0;
}

// A block that is older than the log, or was fetched from others, is in no entry here.
function holdsBlock(replica: RaftReplica, index: number, block: Block): boolean {
  const entry = replica.recoveredEntry(index);
  if (entry === undefined || replica.standsBy !== undefined) return true;
  const logged = tryDecode(Block, entry.data)?.header;
  if (logged === undefined || block.header === undefined) return false;
  return equalBytes(blockHeaderHash(logged), blockHeaderHash(block.header));
}

// Found from the newest block backwards, remembered from the oldest on.
async function rememberTransactions(chain: OrderingChain, blocks: BlockStore): Promise<void> {
  const found: (readonly string[])[] = [];
  let count = 0;
  const first = (): number => blocks.height - found.length;
  while (first() > 1 && count < ORDERED_WINDOW_COUNT) {
    const run = await blocks.readUpTo(first() - 1, STARTUP_READ_BYTES);
    for (const { header, data } of run.toReversed()) {
      if (header?.number === 0 || count >= ORDERED_WINDOW_COUNT) break;
      found.push((data?.data ?? []).map((bytes) => transactionKey(bytes)));
      count += data?.data.length ?? 0;
    }
  }
  for (let number = first(); number < blocks.height; number += 1) {
    chain.remember(number, found.pop() ?? []);
  }
}

// Nothing is written from the log any more, so the blocks may come from elsewhere. False: it was stopped.
async function retire(
  { chain, replica, missing }: Pick<ChannelOrdererParts, "chain" | "replica" | "missing">,
  number: number,
  signal: AbortSignal,
): Promise<boolean> {
  chain.close();
  await replica.close();
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

function ownEndpoint({ channelId, raftId, members }: Identity): BlockCatchUpOptions {
  const own = members.find((member) => member.raftId === raftId);
  const isTlsEnabled = (own?.tlsRootsPem.length ?? 0) > 0;
  return { channelId, isTlsEnabled, isOwnEndpoint: (address) => address === own?.address };
}

function submitTimeout(options: ChannelOrdererOptions): { readonly submitTimeoutMs?: number } {
  return options.submitTimeoutMs === undefined ? {} : { submitTimeoutMs: options.submitTimeoutMs };
}
