import { isConfigBlock } from "../../src/channel/index.ts";
import { BlockPuller, type BlockSink, type PullReport } from "../../src/delivery/index.ts";
import { assert } from "../../src/kernel/assert.ts";
import { equalBytes } from "../../src/kernel/bytes.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { RpcDialer } from "../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import { blockHeaderHash, type Block } from "../../src/wire/index.ts";
import { OrderingError } from "./errors.ts";
import {
  CATCH_UP_BLOCKS_IN_FLIGHT_MAX,
  CATCH_UP_SILENCE_MS_MAX,
  CATCH_UP_WATCH_MS,
  CATCH_UP_WITHOUT_BLOCK_MS_MAX,
} from "./limits.ts";
import type { ConfigInForce, OrderedBlocks } from "./ports.ts";

/** The store that is filled: `BlockStore`, as far as this needs it. It holds the genesis block. */
export interface CatchUpBlocks extends Omit<OrderedBlocks, "isFull"> {
  readonly lastHash: Uint8Array | undefined;
}

export interface BlockCatchUpDeps {
  readonly dialer: RpcDialer;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  /** In force after the newest block of `blocks`; replaced with every config block that is written. */
  readonly config: ConfigInForce;
  readonly blocks: CatchUpBlocks;
}

export interface BlockCatchUpOptions {
  readonly channelId: string;
  /** Default true. */
  readonly isTlsEnabled?: boolean;
  /** Endpoints that are not asked: this node's own. */
  readonly isOwnEndpoint?: (address: string) => boolean;
  /** Time without a block after which a call gives up. Default `CATCH_UP_WITHOUT_BLOCK_MS_MAX`. */
  readonly withoutBlockMsMax?: number;
  /** Told of every block that is durable, oldest first, before the configuration that it may bring is in force. */
  readonly onBlock?: (block: Block) => void;
}

/**
 * Fetches the blocks that this orderer lacks from the channel's other orderers, and writes them as they come: each is
 * believed only when it continues the chain and carries the signatures that the configuration of the block before it
 * demands. What is written stays, so a call after a failure or a crash goes on where the last one ended.
 */
export class BlockCatchUp {
  readonly #deps: BlockCatchUpDeps;
  readonly #options: BlockCatchUpOptions;

  constructor(deps: BlockCatchUpDeps, options: BlockCatchUpOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /**
   * Resolves once block `target` is durable here: a number, or a block whose header the chain must have. Rejects with
   * `OrderingError`: "catch_up_failed" when no orderer has sent a block for too long, or `signal` was aborted;
   * "log_mismatch" when the chain has another block at that place; and with what the store rejects with.
   */
  async pullTo(target: Block | number, signal: AbortSignal): Promise<void> {
    const number = typeof target === "number" ? target : numberOf(target);
    if (this.#deps.blocks.height <= number) await this.#pull(number, signal);
    if (typeof target !== "number") await this.#compare(target, number);
  }

  /** Writes what the other orderers have until `signal` is aborted. Rejects with what the store rejects with. */
  async follow(signal: AbortSignal): Promise<void> {
    const sink = this.#sink(Infinity, () => undefined);
    await this.#puller(sink, () => undefined).run(signal);
    await sink.flush();
  }

  async #pull(number: number, signal: AbortSignal): Promise<void> {
    const { clock, timers } = this.#deps;
    const { withoutBlockMsMax = CATCH_UP_WITHOUT_BLOCK_MS_MAX } = this.#options;
    const done = new AbortController();
    const stop = (): void => {
      done.abort();
    };
    let newsMs = clock.monotonicMs();
    let reason = "it was stopped";
    const watch = timers.every(CATCH_UP_WATCH_MS, () => {
      if (clock.monotonicMs() - newsMs >= withoutBlockMsMax) stop();
    });
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const sink = this.#sink(number, stop);
    try {
      const report = (each: PullReport): void => {
        if (each.kind === "progress") newsMs = clock.monotonicMs();
        else reason = `${each.address || "no orderer"}: ${each.reason}`;
      };
      await this.#puller(sink, report).run(done.signal);
      await sink.flush();
    } finally {
      watch.cancel();
      signal.removeEventListener("abort", stop);
    }
    if (this.#deps.blocks.height <= number) throw this.#failed(number, reason);
  }

  #puller(sink: BlockSink, report: (report: PullReport) => void): BlockPuller {
    const { channelId, isTlsEnabled = true, isOwnEndpoint } = this.#options;
    return new BlockPuller(
      { ...this.#deps, sink, report },
      {
        channelId,
        isTlsEnabled,
        takesBestEffort: true,
        silenceMsMax: CATCH_UP_SILENCE_MS_MAX,
        ...(isOwnEndpoint === undefined ? {} : { isExcluded: isOwnEndpoint }),
      },
    );
  }

  #sink(last: number, onLast: () => void): CatchUpSink {
    return new CatchUpSink(this.#deps, last, onLast, this.#options.onBlock);
  }

  async #compare(target: Block, number: number): Promise<void> {
    const own = await this.#deps.blocks.read(number);
    const isSame =
      own?.header !== undefined &&
      target.header !== undefined &&
      equalBytes(blockHeaderHash(own.header), blockHeaderHash(target.header));
    if (isSame) return;
    throw new OrderingError(
      "log_mismatch",
      `block ${number} of channel ${this.#options.channelId} is not the one that its Raft group has; ` +
        "delete this channel's blocks at this node to fetch them again",
      { data: { block: number } },
    );
  }

  #failed(number: number, reason: string): OrderingError {
    const { height } = this.#deps.blocks;
    return new OrderingError(
      "catch_up_failed",
      `channel ${this.#options.channelId} has ${height} blocks here and no orderer gave those up to block ${number}: ${reason}`,
      { data: { height, block: number } },
    );
  }
}

/** Writes blocks in order, some at a time, and calls `onLast` when it has taken the last that is wanted. */
class CatchUpSink implements BlockSink {
  readonly #deps: Pick<BlockCatchUpDeps, "blocks" | "config">;
  readonly #last: number;
  readonly #onLast: () => void;
  readonly #onBlock: ((block: Block) => void) | undefined;
  readonly #writing: Promise<void>[] = [];
  #failure: { readonly error: unknown } | undefined;
  height: number;
  lastHash: Uint8Array;

  constructor(
    deps: Pick<BlockCatchUpDeps, "blocks" | "config">,
    last: number,
    onLast: () => void,
    onBlock: ((block: Block) => void) | undefined,
  ) {
    const { height, lastHash } = deps.blocks;
    assert(lastHash !== undefined, "a chain that catches up has its genesis block");
    this.#deps = deps;
    this.#last = last;
    this.#onLast = onLast;
    this.#onBlock = onBlock;
    this.height = height;
    this.lastHash = lastHash;
  }

  async offer(block: Block): Promise<void> {
    this.#check();
    if (block.header === undefined || block.header.number !== this.height) return;
    if (this.height > this.#last) return;
    this.height += 1;
    this.lastHash = blockHeaderHash(block.header);
    this.#writing.push(this.#write(block));
    if (this.height > this.#last) this.#onLast();
    while (this.#writing.length >= CATCH_UP_BLOCKS_IN_FLIGHT_MAX) await this.#writing.shift();
    this.#check();
  }

  /** Resolves once everything that was taken is durable. */
  async flush(): Promise<void> {
    await Promise.all(this.#writing.splice(0));
    this.#check();
  }

  // Never rejects: the next offer or flush does.
  async #write(block: Block): Promise<void> {
    try {
      await this.#deps.blocks.append(block);
      this.#onBlock?.(block);
      const { config } = this.#deps;
      if (isConfigBlock(block)) config.replace(config.current().successorIn(block));
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

function numberOf(block: Block): number {
  assert(block.header !== undefined, "a block to catch up with has a header");
  return block.header.number;
}
