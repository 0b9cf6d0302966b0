import type { ChannelConfigRef } from "../../src/channel/index.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import { BlockStore } from "../../src/ledger/index.ts";
import type { ClusterLink, ClusterService, RaftReplica } from "../replica/index.ts";
import type { BlockCatchUp } from "./block-catch-up.ts";
import {
  openChannel,
  type ChannelOrdererDeps,
  type ChannelOrdererOptions,
  type ChannelOrdererParts,
} from "./channel-opening.ts";
import type { ConfigUpdates } from "./config-updates.ts";
import type { PendingMember } from "./consenter-rules.ts";
import type { Membership } from "./core/membership.ts";
import type { MessageValidator } from "./message-validator.ts";
import type { OrdererGroup } from "./orderer-group.ts";
import type { OrderingChain } from "./ordering-chain.ts";
import type { WindowCheckpoint } from "./window-checkpoint.ts";

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
  readonly #checkpoint: WindowCheckpoint;
  readonly #closing = new AbortController();
  // At a node that takes no part: brings the blocks that its log does not.
  readonly #following: Promise<void> | undefined;

  /**
   * Opens what `directory` holds, or starts the channel from its genesis block, and takes part at once. `opened`: the store
   * of its blocks, which is the orderer's from now on, and closed when this fails.
   * Throws `OrderingError`, `ChannelError`, `LedgerError`, `ReplicaError` and `RaftError` for what prevents that.
   */
  static async open(
    deps: ChannelOrdererDeps,
    options: ChannelOrdererOptions,
    opened?: BlockStore,
  ): Promise<ChannelOrderer> {
    const directory = `${options.directory}/blocks`;
    const blocks = opened ?? (await BlockStore.open({ ...deps, directory }));
    try {
      return new ChannelOrderer(await openChannel(blocks, deps, options));
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
    this.#checkpoint = parts.checkpoint;
    this.#following = this.replica.standsBy === undefined ? undefined : this.#follow(parts.missing);
  }

  /** As delivery wants it: aborted while this node cannot vouch that more blocks will come. */
  trouble(): AbortSignal {
    return this.chain.trouble();
  }

  /** Resolves when this node's part in the group is over, and that is on record: it may be closed. */
  get left(): Promise<void> {
    return this.#group.left;
  }

  /** Raft ids of the members that answer the leader, itself included; `undefined` while that is not known here. */
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

  /** How its disk or its order failed: it answers nobody until it is opened again. */
  get failure(): string | undefined {
    return this.chain.failure;
  }

  /** What an operator must know of a channel that runs: it takes no part in the group, or orders nothing. */
  get complaint(): string | undefined {
    const { standsBy, readOnly } = this.replica;
    if (standsBy !== undefined) {
      return (
        `this orderer lost its log of the channel and only keeps its blocks (${standsBy}); ` +
        "remove it from the channel's consenters and add it again"
      );
    }
    if (this.#group.isReplaced) return REPLACED;
    return readOnly ?? (this.#group.isLeaderless ? LEADERLESS : undefined);
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
    await this.#checkpoint.close();
    await this.blocks.close();
  }

  // Never rejects.
  async #follow(missing: BlockCatchUp): Promise<void> {
    try {
      await missing.follow(this.#closing.signal);
    } catch (error) {
      this.chain.failed(new Error(errorMessage(error), { cause: error }));
    }
  }
}

const REPLACED =
  "the channel's configuration names another certificate for this orderer than the one that it has; " +
  "start it with that one";
const LEADERLESS =
  "the channel has no leader: nothing is ordered until a majority of its orderers run and reach each other";
