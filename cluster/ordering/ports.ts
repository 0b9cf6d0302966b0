import type { ChannelConfig } from "../../src/channel/index.ts";
import type { Block, SubmitRequest } from "../../src/wire/index.ts";
import type { Leadership, RaftReplica } from "../replica/index.ts";

/** Where ordered blocks are kept: `BlockStore`, as far as a chain needs it. */
export interface OrderedBlocks {
  /** Number of durable blocks. */
  readonly height: number;
  /** True while appends wait because the disk is full. */
  readonly isFull: boolean;
  /** Durable when it resolves. May be called again before that, in order. */
  append(block: Block): Promise<void>;
  read(number: number): Promise<Block | undefined>;
}

/** The channel's configuration, which a chain replaces when it has written a config block: `ChannelConfigRef`. */
export interface ConfigInForce {
  current(): ChannelConfig;
  replace(next: ChannelConfig): void;
}

/** The log that a chain proposes to: `RaftReplica`. */
export type ChainLog = Pick<RaftReplica, "propose"> & {
  readonly leadership: Leadership;
  /** Why nothing is ordered here at the moment. */
  readonly readOnly?: string | undefined;
};

/** Brings blocks that the log will not bring: `BlockCatchUp`. */
export interface MissingBlocks {
  /** Rejects with `OrderingError` "catch_up_failed" when it may be tried again. */
  pullTo(target: Block, signal: AbortSignal): Promise<void>;
}

/** Hands an envelope to another orderer of the channel: `ClusterLink`. */
export interface SubmitLink {
  /** False: it is not on its way, try again later. */
  submit(to: number, request: SubmitRequest): boolean;
  /** True while what was handed over waits to be sent. */
  isSubmitting(to: number): boolean;
}
