import { ChannelConfigRef } from "../../src/channel/index.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import { blockHeaderHash, type Block } from "../../src/wire/index.ts";
import {
  BlockCatchUp,
  type BlockCatchUpDeps,
  type BlockCatchUpOptions,
  type CatchUpBlocks,
} from "./block-catch-up.ts";
import { LOOK_WITHOUT_BLOCK_MS_MAX } from "./limits.ts";

export type LookAheadOptions = Omit<BlockCatchUpOptions, "onBlock" | "withoutBlockMsMax">;

/**
 * The blocks that other orderers have beyond the end of this one's store, each verified as if it were to be written, and
 * none kept: what they say is known before the log brings them, and the log alone writes them.
 */
export class LookAhead {
  /** In force after the newest block that was looked at. */
  readonly config: ChannelConfigRef;
  readonly #deps: BlockCatchUpDeps;
  readonly #options: LookAheadOptions;
  readonly #end: ChainEnd;

  constructor(deps: BlockCatchUpDeps, options: LookAheadOptions) {
    this.#deps = deps;
    this.#options = options;
    this.config = new ChannelConfigRef(deps.config.current());
    this.#end = new ChainEnd(deps.blocks);
  }

  /**
   * Shows `isLast` the next blocks, before a configuration that one brings is in force, until it answers true, or no
   * orderer has another for `LOOK_WITHOUT_BLOCK_MS_MAX`, or `signal` is aborted; what is on its way by then is shown too.
   * The next walk goes on where this one ended. Never rejects.
   */
  async walk(isLast: (block: Block) => boolean, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const stop = (): void => {
      done.abort();
    };
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const options: BlockCatchUpOptions = {
      ...this.#options,
      withoutBlockMsMax: LOOK_WITHOUT_BLOCK_MS_MAX,
      onBlock: (block) => {
        if (isLast(block)) stop();
      },
    };
    const deps = { ...this.#deps, config: this.config, blocks: this.#end };
    try {
      await new BlockCatchUp(deps, options).pullTo(Infinity, done.signal);
    } catch (error) {
      const fields = { channel: this.#options.channelId, reason: errorMessage(error) };
      this.#deps.logger.debug("looked at the other orderers' blocks", fields);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}

/** Begins where a store ends, and keeps no block. */
class ChainEnd implements CatchUpBlocks {
  height: number;
  lastHash: Uint8Array | undefined;

  constructor({ height, lastHash }: CatchUpBlocks) {
    this.height = height;
    this.lastHash = lastHash;
  }

  append({ header }: Block): Promise<void> {
    this.height += 1;
    if (header !== undefined) this.lastHash = blockHeaderHash(header);
    return Promise.resolve();
  }

  read(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
