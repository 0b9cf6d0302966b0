import { ChannelConfig } from "../../src/channel/index.ts";
import { utf8, utf8Decode } from "../../src/kernel/bytes.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import { BlockStore } from "../../src/ledger/index.ts";
import { Block, tryDecode } from "../../src/wire/index.ts";
import {
  ChannelOrderer,
  isConsenterOf,
  lingeringId,
  membershipAfter,
  type ChannelOrdererDeps,
  type Membership,
} from "../ordering/index.ts";
import { memberOnRecord, recordMember } from "../replica/index.ts";
import { configOnDisk } from "./chain-on-disk.ts";
import type { ChannelInfo } from "./channel-info.ts";
import type { ChannelRecords } from "./channel-records.ts";
import { ParticipationError } from "./errors.ts";
import { FollowerChain, type FollowerEnd } from "./follower-chain.ts";
import { isNothingOrdered } from "./group-inquiry.ts";
import type { ParticipationMetrics } from "./metrics.ts";

export interface OrdererChannelDeps extends ChannelOrdererDeps {
  readonly records: ChannelRecords;
  readonly metrics: ParticipationMetrics;
}

export interface OrdererChannelOptions {
  readonly channelId: string;
  /** Of this channel at this node. */
  readonly directory: string;
  /** This node's TLS server certificate, PEM or DER. */
  readonly serverTlsCert: Uint8Array;
  /** The genesis block that the node's configuration lists for the channel. */
  readonly genesisBlock: Block | undefined;
}

type State =
  | { readonly kind: "opening" }
  | { readonly kind: "consenter"; readonly orderer: ChannelOrderer }
  | { readonly kind: "follower"; readonly follower: FollowerChain }
  | { readonly kind: "failed"; readonly reason: string; readonly last: LastKnown }
  | { readonly kind: "removing"; readonly last: LastKnown }
  | { readonly kind: "removal failed"; readonly reason: string; readonly last: LastKnown }
  | { readonly kind: "closed"; readonly last: LastKnown };

type LastKnown = Pick<ChannelInfo, "consensusRelation" | "height">;

/**
 * One channel at this orderer, from the join to the removal. What it is follows from the disk: a record of a removal, a
 * record of a join, and the configuration in its blocks. It never rejects: what goes wrong is its state.
 */
export class OrdererChannel {
  readonly channelId: string;
  readonly #deps: OrdererChannelDeps;
  readonly #options: OrdererChannelOptions;
  readonly #logger: Logger;
  #state: State = { kind: "opening" };
  #isLeaving = false;
  // One change of what the channel is at a time.
  #tasks: Promise<void> = Promise.resolve();

  constructor(deps: OrdererChannelDeps, options: OrdererChannelOptions) {
    this.channelId = options.channelId;
    this.#deps = deps;
    this.#options = options;
    this.#logger = deps.logger.child("orderer", { channel: options.channelId });
  }

  /** For Broadcast and Deliver: undefined unless this node orders the channel. */
  get orderer(): ChannelOrderer | undefined {
    return this.#state.kind === "consenter" ? this.#state.orderer : undefined;
  }

  /** Undefined while it has none open. */
  get blocks(): Pick<BlockStore, "height" | "readBytes"> | undefined {
    return this.#partInUse?.blocks;
  }

  get #partInUse(): ChannelOrderer | FollowerChain | undefined {
    return this.#state.kind === "follower" ? this.#state.follower : this.orderer;
  }

  /** Why the channel, or its removal, failed. */
  get failure(): string | undefined {
    if (this.#state.kind === "consenter") return this.#state.orderer.failure;
    return "reason" in this.#state ? this.#state.reason : undefined;
  }

  /** Why this node does not serve a channel that it would order. */
  get outage(): string | undefined {
    const { kind } = this.#state;
    if (kind === "opening") return "the channel is being opened at this orderer";
    return kind === "failed" ? "the channel has failed at this orderer; see its log" : undefined;
  }

  /** What a removal has come to, once one has begun. */
  get removal(): "under way" | "failed" | undefined {
    if (this.#state.kind === "removal failed") return "failed";
    return this.#isLeaving ? "under way" : undefined;
  }

  info(): ChannelInfo {
    const name = this.channelId;
    const state = this.#state;
    switch (state.kind) {
      case "opening":
        return { name, consensusRelation: "other", status: "inactive", height: 0 };
      case "consenter": {
        const { failure, blocks, replica } = state.orderer;
        const isIdle = replica.standsBy !== undefined;
        const status = failure !== undefined ? "failed" : isIdle ? "inactive" : "active";
        const { height } = blocks;
        return { name, consensusRelation: "consenter", status, height, ...this.#complaint() };
      }
      case "follower": {
        const { relation, status, height } = state.follower;
        return { name, consensusRelation: relation, status, height, ...this.#complaint() };
      }
      case "failed":
      case "removal failed":
        return { name, ...state.last, status: "failed", ...this.#complaint() };
      case "removing":
      case "closed":
        return { name, ...state.last, status: "inactive" };
    }
  }

  #complaint(): { readonly complaint?: string } {
    const complaint = this.failure ?? this.#partInUse?.complaint;
    return complaint === undefined ? {} : { complaint };
  }

  /** Opens what the disk holds. */
  open(): Promise<void> {
    return this.#serial(() => this.#open());
  }

  /** Ends taking part, without a trace on disk. A removal that is cut short is completed at the next start. */
  remove(past: "took part" | "never took part" = "took part"): Promise<void> {
    this.#isLeaving = true;
    return this.#serial(() => this.#remove(past));
  }

  /** Stops; the disk keeps everything. */
  close(): Promise<void> {
    return this.#serial(async () => {
      await this.#halt();
      this.#become({ kind: "closed", last: this.#last() });
    });
  }

  #serial(task: () => Promise<void>): Promise<void> {
    this.#tasks = this.#tasks.then(task);
    return this.#tasks;
  }

  async #open(): Promise<void> {
    try {
      await this.#openParts();
    } catch (error) {
      this.#fail(errorMessage(error));
    }
  }

  async #openParts(): Promise<void> {
    const { records, msps } = this.#deps;
    const joinBlock = await this.#joinBlock();
    const joinConfig = joinBlock && ChannelConfig.fromBlock(joinBlock, msps);
    const isFirstBlock = joinBlock?.header?.number === 0;
    if (joinConfig !== undefined && !(isFirstBlock && this.#isConsenter(joinConfig))) {
      await this.#follow(joinBlock);
      return;
    }
    if (joinConfig === undefined) {
      await this.#openKept();
      return;
    }
    await this.#recallMembership(joinConfig);
    await this.#order(joinBlock);
    await records.join.remove(this.channelId);
  }

  // Opening writes and flushes the newest blocks, so it is done once: whoever goes on with the store takes it over.
  async #openKept(): Promise<void> {
    const directory = `${this.#options.directory}/blocks`;
    const blocks = await BlockStore.open({ ...this.#deps, logger: this.#logger, directory });
    try {
      const part = await this.#partIn(blocks);
      if (!(await this.#takesPart(part))) {
        await this.#follow(undefined, blocks);
        return;
      }
      await this.#recallMembership(part.config);
      await this.#order(this.#options.genesisBlock, blocks);
    } catch (error) {
      await blocks.close();
      throw error;
    }
  }

  async #joinBlock(): Promise<Block | undefined> {
    const bytes = await this.#deps.records.join.read(this.channelId);
    const block = bytes && tryDecode(Block, bytes);
    if (bytes === undefined || block?.header !== undefined) return block;
    throw new ParticipationError(
      "bad_join_record",
      "the record of the join is no block; remove the channel and join it again",
    );
  }

  // A configuration that does not name it is not the end of its part in the group.
  async #takesPart({ config, membership }: PartOnDisk): Promise<boolean> {
    if (this.#isConsenter(config)) return true;
    const { directory } = this.#options;
    const raftId = await lingeringId(this.#deps.files, directory, this.channelId, membership);
    return raftId !== undefined;
  }

  async #partIn(blocks: BlockStore): Promise<PartOnDisk> {
    const config = await configOnDisk(blocks, this.#deps.msps);
    const newest = config && (await blocks.read(blocks.height - 1));
    if (config !== undefined && newest !== undefined) {
      return { config, membership: membershipAfter(newest, config) };
    }
    throw new ParticipationError(
      "no_config",
      "there are no blocks on disk; remove the channel and join it again",
    );
  }

  // The log went with an earlier removal, and with it what this node promised to its group, which may go on. Then it must
  // not begin anew: the replica finds its name on record and no log. Alone in its group it has promised nothing to others.
  async #recallMembership(config: ChannelConfig): Promise<void> {
    const { files, records } = this.#deps;
    const { directory, serverTlsCert } = this.#options;
    const owner = await records.member.read(this.channelId);
    const isOpenedBefore = (await memberOnRecord(files, raftIn(directory))) !== undefined;
    if (owner === undefined || isOpenedBefore) return;
    const isAlone = config.orderer.consenters.length === 1;
    if (isAlone || (await isNothingOrdered(this.#deps, config, serverTlsCert))) {
      await records.member.remove(this.channelId);
      return;
    }
    await files.makeDirectory(directory);
    await recordMember(files, raftIn(directory), utf8Decode(owner));
  }

  async #keepMembership(): Promise<void> {
    const owner = await memberOnRecord(this.#deps.files, raftIn(this.#options.directory));
    if (owner !== undefined) await this.#deps.records.member.save(this.channelId, utf8(owner));
  }

  async #order(genesisBlock: Block | undefined, blocks?: BlockStore): Promise<void> {
    const { directory, serverTlsCert } = this.#options;
    const orderer = await ChannelOrderer.open(
      { ...this.#deps, logger: this.#logger },
      { directory, serverTlsCert, ...(genesisBlock === undefined ? {} : { genesisBlock }) },
      blocks,
    );
    const { metrics } = this.#deps;
    metrics.height(this.channelId, orderer.blocks.height);
    orderer.blocks.subscribe((height) => {
      metrics.height(this.channelId, height);
    });
    this.#become({ kind: "consenter", orderer });
    void orderer.left.then(() => this.#serial(() => this.#evicted(orderer)));
  }

  async #evicted(orderer: ChannelOrderer): Promise<void> {
    if (this.#state.kind !== "consenter" || this.#state.orderer !== orderer) return;
    const last = this.#last();
    await orderer.close();
    this.#logger.info("the configuration no longer makes this node a consenter", {
      height: last.height,
    });
    await this.#open();
  }

  async #follow(joinBlock: Block | undefined, blocks?: BlockStore): Promise<void> {
    const follower = await FollowerChain.open(
      {
        ...this.#deps,
        logger: this.#logger,
        onOnboarded: () => this.#deps.records.join.remove(this.channelId),
      },
      { ...this.#options, joinBlock },
      blocks,
    );
    this.#become({ kind: "follower", follower });
    const ended = follower.run((height) => {
      this.#deps.metrics.height(this.channelId, height);
      this.#deps.metrics.report(this.info());
    });
    void ended.then((end) => this.#serial(() => this.#followerEnded(follower, end)));
  }

  async #followerEnded(follower: FollowerChain, end: FollowerEnd): Promise<void> {
    const isCurrent = this.#state.kind === "follower" && this.#state.follower === follower;
    if (!isCurrent || end.kind === "closed") return;
    const last = this.#last();
    await follower.close();
    if (end.kind === "failed") {
      this.#fail(end.reason, last);
      return;
    }
    this.#logger.info("the configuration makes this node a consenter", {
      height: last.height,
    });
    await this.#open();
  }

  async #remove(past: "took part" | "never took part"): Promise<void> {
    const last = this.#last();
    const { records, files } = this.#deps;
    try {
      await records.remove.save(this.channelId, new Uint8Array(0));
      await this.#halt();
      this.#become({ kind: "removing", last });
      await records.join.remove(this.channelId);
      if (past === "took part") await this.#keepMembership();
      await files.removeDirectory(this.#options.directory);
      const isListed = this.#options.genesisBlock !== undefined;
      if (isListed) await records.left.save(this.channelId, new Uint8Array(0));
      await records.remove.remove(this.channelId);
      this.#become({ kind: "closed", last: { consensusRelation: "other", height: 0 } });
      this.#isLeaving = false;
    } catch (error) {
      const reason = errorMessage(error);
      this.#become({ kind: "removal failed", reason, last });
      this.#logger.error("the channel could not be removed", { reason });
    }
  }

  async #halt(): Promise<void> {
    if (this.#state.kind === "consenter") await this.#state.orderer.close();
    if (this.#state.kind === "follower") await this.#state.follower.close();
  }

  #fail(reason: string, last: LastKnown = this.#last()): void {
    this.#become({ kind: "failed", reason, last });
    this.#logger.error("the channel has failed; the node's other channels go on", { reason });
  }

  #become(state: State): void {
    this.#state = state;
    this.#deps.metrics.report(this.info());
  }

  #last(): LastKnown {
    const { consensusRelation, height } = this.info();
    return { consensusRelation, height };
  }

  #isConsenter(config: ChannelConfig): boolean {
    return isConsenterOf(config, this.#options.serverTlsCert);
  }
}

interface PartOnDisk {
  readonly config: ChannelConfig;
  /** After the newest block. */
  readonly membership: Membership;
}

function raftIn(directory: string): string {
  return `${directory}/raft`;
}
