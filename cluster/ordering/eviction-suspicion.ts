import { ChannelConfigRef } from "../../src/channel/index.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import { blockHeaderHash, type Block } from "../../src/wire/index.ts";
import {
  BlockCatchUp,
  type BlockCatchUpDeps,
  type BlockCatchUpOptions,
  type CatchUpBlocks,
} from "./block-catch-up.ts";
import { SUSPICION_WITHOUT_BLOCK_MS_MAX } from "./limits.ts";
import { isConsenterOf } from "./members.ts";

export type EvictionSuspicionOptions = Omit<
  BlockCatchUpOptions,
  "onBlock" | "withoutBlockMsMax"
> & {
  /** This node's TLS server certificate, PEM or DER. */
  readonly serverTlsCert: Uint8Array;
};

/**
 * Finds out whether a node that knows no leader was removed from the channel while it was away: the others no longer
 * talk to it then, so that neither the log nor a message would ever tell. Fabric: the eviction suspector, which believes
 * the one orderer that claims the most blocks; here each block between is verified.
 */
export class EvictionSuspicion {
  readonly #deps: BlockCatchUpDeps;
  readonly #options: EvictionSuspicionOptions;

  constructor(deps: BlockCatchUpDeps, options: EvictionSuspicionOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /**
   * The number of the first block, of those that the other orderers have and this one has not, whose configuration does
   * not name this node; `undefined` when there is none, as far as they can be had. Stores nothing. Never rejects.
   */
  async evictedBy(signal: AbortSignal): Promise<number | undefined> {
    const { serverTlsCert, ...options } = this.#options;
    const config = new ChannelConfigRef(this.#deps.config.current());
    const blocks = new PassedBlocks(this.#deps.blocks);
    const done = new AbortController();
    const stop = (): void => {
      done.abort();
    };
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    let found: number | undefined;
    config.subscribe((next) => {
      if (found !== undefined || isConsenterOf(next, serverTlsCert)) return;
      found = blocks.height - 1;
      stop();
    });
    const withoutBlockMsMax = SUSPICION_WITHOUT_BLOCK_MS_MAX;
    try {
      await new BlockCatchUp(
        { ...this.#deps, config, blocks },
        { ...options, withoutBlockMsMax },
      ).pullTo(Infinity, done.signal);
    } catch (error) {
      const fields = { channel: options.channelId, reason: errorMessage(error) };
      this.#deps.logger.debug("looked at the other orderers' blocks", fields);
    } finally {
      signal.removeEventListener("abort", stop);
    }
    return found;
  }
}

/** Begins where a store ends and keeps nothing. */
class PassedBlocks implements CatchUpBlocks {
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
