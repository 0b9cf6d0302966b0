import { ChannelConfig, ChannelConfigRef, isConfigBlock } from "../../src/channel/index.ts";
import { BlockPuller, type BlockSink, type BlockTrust } from "../../src/delivery/index.ts";
import { assert } from "../../src/kernel/assert.ts";
import { EMPTY_BYTES, equalBytes } from "../../src/kernel/bytes.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import { BlockStore } from "../../src/ledger/index.ts";
import { blockHeaderHash, type Block } from "../../src/wire/index.ts";
import { BlockCatchUp, OwnNaming, type ChannelOrdererDeps } from "../ordering/index.ts";
import { configOnDisk } from "./chain-on-disk.ts";
import type { ChannelStatus, ConsensusRelation } from "./channel-info.ts";
import { ParticipationError } from "./errors.ts";
import { OnboardingTrust } from "./onboarding.ts";

export type FollowerChainDeps = Pick<
  ChannelOrdererDeps,
  "files" | "clock" | "timers" | "random" | "logger" | "signer" | "msps" | "dialer"
> & {
  /** The block that the channel was joined with, and all before it, are here and durable. */
  readonly onOnboarded: () => Promise<void>;
};

export interface FollowerChainOptions {
  readonly channelId: string;
  /** Of this channel at this node: blocks/ is made in it. */
  readonly directory: string;
  /** This node's TLS server certificate, PEM or DER. */
  readonly serverTlsCert: Uint8Array;
  /** While the channel is being joined: the config block of the join, checked. */
  readonly joinBlock: Block | undefined;
}

/** Why a follower ended: `consenter` when the newest configuration names this node. */
export type FollowerEnd =
  | { readonly kind: "closed" }
  | { readonly kind: "consenter" }
  | { readonly kind: "failed"; readonly reason: string };

/**
 * A channel that this orderer keeps without ordering it: pulls the blocks from the channel's orderers, verifies and
 * stores them. Ends when the configuration makes this node a consenter.
 *
 * Fabric: a follower serves neither Broadcast nor Deliver.
 */
export class FollowerChain {
  readonly #deps: FollowerChainDeps;
  readonly #options: FollowerChainOptions;
  readonly #closing = new AbortController();
  readonly #joinConfig: ChannelConfig | undefined;
  readonly #naming: OwnNaming;
  #blocks: BlockStore;
  #config: ChannelConfigRef | undefined;
  #pulling = new AbortController();
  #isChainWrong = false;
  #ended: Promise<FollowerEnd> | undefined;

  private constructor(deps: FollowerChainDeps, options: FollowerChainOptions, blocks: BlockStore) {
    this.#deps = deps;
    this.#options = options;
    this.#blocks = blocks;
    const { joinBlock, serverTlsCert } = options;
    this.#naming = new OwnNaming(serverTlsCert);
    this.#joinConfig = joinBlock && ChannelConfig.fromBlock(joinBlock, deps.msps);
  }

  /**
   * Opens what the disk holds. `opened`: the store of its blocks, which is the follower's from now on, and closed when this
   * fails. Throws `ParticipationError`, `LedgerError` and `ChannelError` for what cannot be used.
   */
  static async open(
    deps: FollowerChainDeps,
    options: FollowerChainOptions,
    opened?: BlockStore,
  ): Promise<FollowerChain> {
    const blocks = opened ?? (await openBlocks(deps, options));
    try {
      const chain = new FollowerChain(deps, options, blocks);
      await chain.#recover();
      return chain;
    } catch (error) {
      await blocks.close();
      throw error;
    }
  }

  get height(): number {
    return this.#blocks.height;
  }

  /** What it has of the chain; while onboarding, up to a wrong chain that will be dropped. */
  get blocks(): Pick<BlockStore, "height" | "readBytes"> {
    return this.#blocks;
  }

  /** Fabric: while onboarding, what the join block makes of this node. */
  get relation(): ConsensusRelation {
    const config = this.#isOnboarding() ? this.#joinConfig : this.#config?.current();
    const isConsenter = config !== undefined && this.#naming.isIn(config);
    return isConsenter ? "consenter" : "follower";
  }

  get status(): ChannelStatus {
    return this.#isOnboarding() ? "onboarding" : "active";
  }

  /** What an operator must know of it. */
  get complaint(): string | undefined {
    return this.#blocks.isFull
      ? "the orderer's disk is full: it goes on when there is room"
      : undefined;
  }

  /** Pulls until it ends. Never rejects. Once. */
  run(onHeight: (height: number) => void): Promise<FollowerEnd> {
    assert(this.#ended === undefined, "a follower runs once");
    this.#ended = this.#run(onHeight).catch((error: unknown) => ({
      kind: "failed",
      reason: errorMessage(error),
    }));
    return this.#ended;
  }

  /** Stops pulling and closes the files. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#pulling.abort();
    this.#blocks.giveUpOnSpace();
    await this.#ended;
    await this.#blocks.close();
  }

  async #run(onHeight: (height: number) => void): Promise<FollowerEnd> {
    onHeight(this.height);
    while (this.#isOnboarding() && !this.#closing.signal.aborted) await this.#onboard(onHeight);
    if (this.#closing.signal.aborted) return { kind: "closed" };
    await this.#deps.onOnboarded();
    const config = this.#config;
    assert(config !== undefined, "a channel that is no longer onboarding has blocks");
    return this.#followUntilNamed(config, onHeight);
  }

  async #followUntilNamed(
    config: ChannelConfigRef,
    onHeight: (height: number) => void,
  ): Promise<FollowerEnd> {
    while (!this.#closing.signal.aborted) {
      if (this.#naming.isIn(config.current())) return { kind: "consenter" };
      this.#pulling = this.#newPulling();
      // Blocks that were on their way when a configuration named this node may take it out again.
      await this.#follow(config, onHeight);
    }
    return { kind: "closed" };
  }

  async #onboard(onHeight: (height: number) => void): Promise<void> {
    const { joinBlock, channelId } = this.#options;
    const anchorConfig = this.#joinConfig;
    assert(joinBlock !== undefined && anchorConfig !== undefined, "onboarding follows a join");
    const trust = new OnboardingTrust({
      anchor: joinBlock,
      anchorConfig,
      config: this.#config?.current(),
      onWrongChain: () => {
        this.#isChainWrong = true;
        this.#pulling.abort();
      },
    });
    this.#pulling = this.#newPulling();
    await this.#pullUpTo(trust, onHeight);
    if (!this.#isChainWrong || this.#closing.signal.aborted) return;
    this.#deps.logger.warn("dropped pulled blocks that do not lead to the join block", {
      channel: channelId,
      height: this.height,
    });
    await this.#startOver();
  }

  // Until onboarding is over, nobody has been shown these blocks.
  async #startOver(): Promise<void> {
    await this.#blocks.close();
    await this.#deps.files.removeDirectory(blocksIn(this.#options));
    this.#blocks = await openBlocks(this.#deps, this.#options);
    this.#config = undefined;
    this.#isChainWrong = false;
  }

  // Until it is onboarded, or the chain has proved to be wrong.
  async #pullUpTo(trust: BlockTrust, onHeight: (height: number) => void): Promise<void> {
    assert(this.#joinConfig !== undefined, "onboarding follows a join");
    const puller = new BlockPuller(
      {
        ...this.#deps,
        config: new ChannelConfigRef(this.#joinConfig),
        sink: this.#sink(onHeight),
        report: () => undefined,
        trust,
      },
      this.#pullerOptions,
    );
    await puller.run(this.#pulling.signal);
  }

  // Until a configuration names this node.
  async #follow(config: ChannelConfigRef, onHeight: (height: number) => void): Promise<void> {
    const unsubscribe = config.subscribe((next) => {
      if (this.#naming.isIn(next)) this.#pulling.abort();
    });
    const catchUp = new BlockCatchUp(
      { ...this.#deps, config, blocks: this.#blocks },
      {
        ...this.#pullerOptions,
        onBlock: () => {
          onHeight(this.height);
        },
      },
    );
    try {
      await catchUp.follow(this.#pulling.signal);
    } finally {
      unsubscribe();
    }
  }

  get #pullerOptions(): { readonly channelId: string; readonly isTlsEnabled: boolean } {
    const isTlsEnabled = this.#deps.dialer.localCertificate !== undefined;
    return { channelId: this.#options.channelId, isTlsEnabled };
  }

  #sink(onHeight: (height: number) => void): BlockSink {
    const blocks = this.#blocks;
    return {
      get height() {
        return blocks.height;
      },
      get lastHash() {
        return blocks.lastHash ?? EMPTY_BYTES;
      },
      offer: async (block) => {
        if (!this.#isOnboarding()) return;
        await this.#store(block);
        onHeight(this.height);
        if (!this.#isOnboarding()) this.#pulling.abort();
      },
    };
  }

  #newPulling(): AbortController {
    const pulling = new AbortController();
    if (this.#closing.signal.aborted) pulling.abort();
    return pulling;
  }

  async #store(block: Block): Promise<void> {
    const { msps } = this.#deps;
    const config = isConfigBlock(block) ? ChannelConfig.fromBlock(block, msps) : undefined;
    await this.#blocks.append(block);
    if (config === undefined) return;
    this.#config = new ChannelConfigRef(config);
  }

  async #recover(): Promise<void> {
    const { joinBlock } = this.#options;
    if (joinBlock?.header?.number === 0 && this.height === 0) await this.#blocks.append(joinBlock);
    const config = await configOnDisk(this.#blocks, this.#deps.msps);
    this.#config = config && new ChannelConfigRef(config);
    if (joinBlock === undefined || this.#isOnboarding()) return;
    const stored = await this.#blocks.read(joinBlock.header?.number ?? 0);
    if (isSame(stored, joinBlock)) return;
    throw new ParticipationError(
      "wrong_chain",
      "the blocks on disk are not those of the block that the channel was joined with; remove the channel and join it again",
    );
  }

  #isOnboarding(): boolean {
    const number = this.#options.joinBlock?.header?.number;
    return number !== undefined && this.height <= number;
  }
}

function blocksIn({ directory }: FollowerChainOptions): string {
  return `${directory}/blocks`;
}

function openBlocks(deps: FollowerChainDeps, options: FollowerChainOptions): Promise<BlockStore> {
  return BlockStore.open({ ...deps, directory: blocksIn(options) });
}

function isSame(a: Block | undefined, b: Block): boolean {
  if (a?.header === undefined || b.header === undefined) return false;
  return equalBytes(blockHeaderHash(a.header), blockHeaderHash(b.header));
}
