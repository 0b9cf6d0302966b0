import { type ChannelConfig, isConfigBlock } from "../channel/index.ts";
import { errorMessage } from "../kernel/error.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import { blockHeaderHash, type Block } from "../wire/index.ts";
import { BlockFetcher, type BlockFetcherDeps, type FetchSource } from "./block-fetcher.ts";
import { BlockVerifier, type BlockVerdict } from "./block-verifier.ts";
import { RangePlanner, type PlannedRange } from "./core/range-planner.ts";
import {
  CATCH_UP_LAG_MIN,
  CATCH_UP_PROBE_MS,
  CATCH_UP_RANGE_BLOCKS,
  CATCH_UP_SOURCES_MAX,
  CATCH_UP_VERIFIED_AT_A_TIME,
  CATCH_UP_WINDOW_BLOCKS,
  CATCH_UP_WINDOW_BYTES,
} from "./limits.ts";
import type { BlockSink, CurrentConfig } from "./ports.ts";

export interface CatchUpDeps extends BlockFetcherDeps {
  readonly config: CurrentConfig;
  readonly sink: BlockSink;
  readonly logger: Logger;
  /** Who may have blocks, as of now. */
  readonly sources: () => readonly FetchSource[];
}

export interface CatchUpOptions {
  readonly channelId: string;
}

/** A block that has come and has not been handed over. */
interface HeldBlock {
  readonly block: Block;
  readonly source: string;
}

interface Verifying {
  readonly number: number;
  readonly held: HeldBlock;
  readonly verdict: Promise<BlockVerdict>;
}

/**
 * Brings a ledger that is far behind level with others, from orderers and peers at once. Blocks come in any order, are
 * verified several at a time and handed on in order; a source that brings one which is not to be believed is asked for
 * nothing more. What has been handed on is in the ledger's hands: an interrupted run is simply begun again.
 */
export class CatchUp {
  readonly #deps: CatchUpDeps;
  readonly #channelId: string;
  readonly #fetchers = new Map<string, BlockFetcher>();
  readonly #held = new Map<number, HeldBlock>();
  #verified: ChannelConfig | undefined;
  #bytes = 0;
  #blocks = 0;
  #wake: () => void = () => undefined;

  constructor(deps: CatchUpDeps, options: CatchUpOptions) {
    this.#deps = deps;
    this.#channelId = options.channelId;
  }

  /** Resolves when nobody has much more than the ledger, or nobody answers. Rejects when the sink does. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const abort = (): void => {
      stop.abort();
      this.#closeAll();
      this.#wake();
    };
    signal.addEventListener("abort", abort);
    try {
      // The others go on meanwhile: as long as a round brought something there may be another.
      while (!signal.aborted && (await this.#round(stop.signal)));
    } finally {
      signal.removeEventListener("abort", abort);
      stop.abort();
      this.#closeAll();
      this.#fetchers.clear();
    }
  }

  #closeAll(): void {
    for (const fetcher of this.#fetchers.values()) fetcher.close();
  }

  /** Answers whether blocks were handed on. */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { sink, clock, logger } = this.#deps;
    const planner = new RangePlanner(sink.height);
    await this.#probe(planner);
    if (planner.target - planner.next < CATCH_UP_LAG_MIN) return false;
    const first = planner.next;
    const startMs = clock.monotonicMs();
    const fields = { channel: this.#channelId, first, target: planner.target };
    logger.info("catches up", { ...fields, sources: this.#fetchers.size });
    await this.#transfer(planner, signal);
    const seconds = (clock.monotonicMs() - startMs) / 1_000;
    const blocks = planner.next - first;
    logger.info("caught up", { ...fields, blocks, seconds });
    return blocks > 0;
  }

  async #probe(planner: RangePlanner): Promise<void> {
    for (const source of this.#deps.sources().slice(0, CATCH_UP_SOURCES_MAX)) {
      const { address } = source.target;
      if (!this.#fetchers.has(address)) {
        this.#fetchers.set(address, new BlockFetcher(this.#deps, this.#channelId, source));
      }
    }
    await Promise.all(
      Array.from(this.#fetchers, async ([address, fetcher]) => {
        try {
          planner.offer(address, await fetcher.height(CATCH_UP_PROBE_MS));
        } catch (error) {
          const reason = errorMessage(error);
          this.#deps.logger.debug("a source of blocks does not answer", { address, reason });
        }
      }),
    );
  }

  async #transfer(planner: RangePlanner, signal: AbortSignal): Promise<void> {
    this.#held.clear();
    const fetching = new Set<Promise<void>>();
    const ask = (): void => {
      for (const range of signal.aborted ? [] : planner.plan(this.#window())) {
        const fetched = this.#fetch(range, planner).finally(() => {
          fetching.delete(fetched);
          ask();
          this.#wake();
        });
        fetching.add(fetched);
      }
    };
    ask();
    await this.#handOn(planner, ask, signal);
    await Promise.all(fetching);
  }

  async #fetch(range: PlannedRange, planner: RangePlanner): Promise<void> {
    const { source } = range;
    let next = range.first;
    const take = (number: number, block: Block): void => {
      this.#held.set(number, { block, source });
      this.#bytes += sizeOf(block);
      this.#blocks += 1;
      next = number + 1;
      this.#wake();
    };
    const problem = await this.#fetchers.get(source)?.fetch(range, take);
    if (problem === undefined) planner.completed(range);
    else {
      planner.failed(range, next);
      this.#deps.logger.debug("a range of blocks is asked of another", { ...range, problem });
    }
  }

  async #handOn(planner: RangePlanner, ask: () => void, signal: AbortSignal): Promise<void> {
    let pipeline = this.#pipeline(planner);
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const oldest = pipeline.next();
      if (oldest === undefined) {
        if (planner.isOver) return;
        await woken;
        continue;
      }
      const refusal = await this.#refusal(oldest);
      if (refusal === undefined) {
        pipeline.believed();
        await this.#deps.sink.offer(oldest.held.block);
        this.#held.delete(oldest.number);
        planner.handedOver();
      } else {
        this.#reject(oldest, refusal, planner);
        pipeline = this.#pipeline(planner);
      }
      ask();
    }
  }

  async #refusal({ held, verdict }: Verifying): Promise<string | undefined> {
    const answer = await verdict;
    if (!answer.ok) return answer.reason;
    if (!isConfigBlock(held.block)) return undefined;
    try {
      this.#verified = this.#config().successorIn(held.block);
      return undefined;
    } catch (error) {
      return errorMessage(error);
    }
  }

  // All that the same source brought is asked of others; what others brought stays.
  #reject({ number, held: { source } }: Verifying, reason: string, planner: RangePlanner): void {
    this.#deps.logger.warn("a source sent a block that is not to be believed", {
      channel: this.#channelId,
      address: source,
      number,
      reason,
    });
    planner.banish(source);
    for (const [each, held] of this.#held) {
      if (held.source !== source) continue;
      this.#held.delete(each);
      planner.reopen({ first: each, last: each });
    }
  }

  #pipeline(planner: RangePlanner): VerificationPipeline {
    const verifier = new BlockVerifier({ current: () => this.#config() });
    const { lastHash } = this.#deps.sink;
    return new VerificationPipeline(this.#held, verifier, { number: planner.next, lastHash });
  }

  #config(): ChannelConfig {
    const committed = this.#deps.config.current();
    const verified = this.#verified;
    return verified !== undefined && verified.sequence > committed.sequence ? verified : committed;
  }

  #window(): number {
    const average = this.#blocks === 0 ? 1 : this.#bytes / this.#blocks;
    const fitting = Math.floor(CATCH_UP_WINDOW_BYTES / Math.max(1, average));
    return Math.max(CATCH_UP_RANGE_BLOCKS, Math.min(CATCH_UP_WINDOW_BLOCKS, fitting));
  }
}

/**
 * Verifies blocks that are there, in a row, several at a time: each by the hash of the one before, believed or not yet. A
 * configuration decides over the blocks behind it, which wait until it is believed.
 */
class VerificationPipeline {
  readonly #held: ReadonlyMap<number, HeldBlock>;
  readonly #verifier: BlockVerifier;
  readonly #verifying: Verifying[] = [];
  #number: number;
  #lastHash: Uint8Array;
  #isBarred = false;

  constructor(
    held: ReadonlyMap<number, HeldBlock>,
    verifier: BlockVerifier,
    start: { readonly number: number; readonly lastHash: Uint8Array },
  ) {
    this.#held = held;
    this.#verifier = verifier;
    this.#number = start.number;
    this.#lastHash = start.lastHash;
  }

  /** The lowest block under verification, once; undefined when it has not come yet. */
  next(): Verifying | undefined {
    while (!this.#isBarred && this.#verifying.length < CATCH_UP_VERIFIED_AT_A_TIME) {
      const held = this.#held.get(this.#number);
      if (held === undefined) break;
      this.#begin(held);
    }
    return this.#verifying.shift();
  }

  /** The block that `next` answered is believed. */
  believed(): void {
    if (this.#verifying.length === 0) this.#isBarred = false;
  }

  #begin(held: HeldBlock): void {
    const { block } = held;
    const expected = { number: this.#number, previousHash: this.#lastHash };
    const verdict = this.#verifier.verify(block, expected);
    // Met when its turn comes; until then it must not count as unhandled.
    verdict.catch(() => undefined);
    this.#verifying.push({ number: this.#number, held, verdict });
    if (block.header !== undefined) this.#lastHash = blockHeaderHash(block.header);
    this.#number += 1;
    this.#isBarred = isConfigBlock(block);
  }
}

function sizeOf(block: Block): number {
  return (block.data?.data ?? []).reduce((sum, { length }) => sum + length, 0);
}
