/** What delivery needs of ledgers, of the channel configuration and of those who take its blocks. */
import type { ChannelConfig } from "../channel/index.ts";
import type { Block } from "../wire/index.ts";
import type { PullSetback } from "./core/pull-setbacks.ts";

/** Reads the blocks of one channel. */
export interface BlockSource {
  /** Blocks there are: one more than the newest block's number. */
  readonly height: number;
  /** The block, or undefined when it is not, or no longer, there. */
  read(number: number): Promise<Block | undefined>;
  /** Resolves with true once `height` is reached, with false when `signal` is aborted, or the blocks are closed, before. */
  waitForHeight(height: number, signal: AbortSignal): Promise<boolean>;
}

/** The newest configuration of a channel. */
export interface CurrentConfig {
  current(): ChannelConfig;
}

/** A channel that can be delivered. */
export interface DeliverChannel {
  readonly blocks: BlockSource;
  readonly config: CurrentConfig;
  /**
   * Aborted while, or as soon as, this node cannot vouch that more blocks will come (an orderer without a leader).
   * Absent where that cannot happen.
   */
  trouble?(): AbortSignal;
}

export interface DeliverChannels {
  channel(channelId: string): DeliverChannel | undefined;
}

/** Takes verified blocks of one channel, each the successor of the one before. */
export interface BlockSink {
  /** The number of the next block that is wanted. */
  readonly height: number;
  /** Header hash of block `height - 1`. */
  readonly lastHash: Uint8Array;
  /** Resolves when there is room for another. A block that is already there is ignored. Rejects when the channel has stopped. */
  offer(block: Block): Promise<void>;
}

/** What became of the attempts to get blocks from orderers. A failure is one in a row since the last block, or the last stream that held for a while. */
export type PullReport =
  | { readonly kind: "progress"; readonly address: string; readonly number: number }
  | ({ readonly kind: "trouble"; readonly address: string; readonly reason: string } & PullSetback);
