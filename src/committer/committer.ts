import type { ChannelConfig } from "../channel/index.ts";
import { assert } from "../kernel/assert.ts";
import { errorMessage } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Meter } from "../kernel/ports/meter.ts";
import type { BlockLayers } from "../ledger/index.ts";
import { TxValidationCode, type Block } from "../wire/index.ts";
import { BlockValidator } from "./block-validator.ts";
import { CommitterError } from "./errors.ts";
import { BLOCKS_HELD_MAX } from "./limits.ts";
import { committerMetrics, type CommitterMetrics } from "./metrics.ts";
import type { CommitterLedger, ConfigHolder, PrivateSetGatherer } from "./ports.ts";
import type { VerifiedBlock } from "./verified-block.ts";

export interface CommitterDeps {
  readonly ledger: CommitterLedger;
  readonly config: ConfigHolder;
  /** As of `BlockValidatorDeps`. */
  readonly layers?: BlockLayers;
  /** Absent: private write sets that are not at hand are marked missing. */
  readonly privateSets?: PrivateSetGatherer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: Meter;
}

export interface CommitterOptions {
  readonly channelId: string;
}

/** A block that has been judged and given to the ledger. */
interface JudgedBlock {
  readonly committed: Promise<void>;
}

/**
 * Validates and commits the blocks of one channel in order. The signatures of a block are verified, and it is judged, while
 * those before it are being written; only behind a configuration the next block waits until it is in force.
 *
 * Invariant: `#next` is the ledger's height plus the number of blocks held.
 */
export class Committer {
  readonly #deps: CommitterDeps;
  readonly #channelId: string;
  readonly #validator: BlockValidator;
  readonly #metrics: CommitterMetrics;
  // Neither rejects: `#failure` has what went wrong.
  #lastJudged: Promise<unknown> = Promise.resolve();
  #lastCommitted: Promise<void> = Promise.resolve();
  #next: number;
  #failure: unknown;

  constructor(deps: CommitterDeps, options: CommitterOptions) {
    this.#deps = deps;
    this.#channelId = options.channelId;
    this.#validator = new BlockValidator(deps);
    this.#next = deps.ledger.height;
    this.#metrics = committerMetrics(deps.meter);
  }

  /** Blocks committed. */
  get height(): number {
    return this.#deps.ledger.height;
  }

  /**
   * Commits `block`, which must be verified and the successor of the block stored before; resolves when it is durable,
   * its state readable and its configuration in force. Several may be stored without waiting.
   * Rejects with `CommitterError`, or with what stopped the ledger: then no further block is taken.
   */
  store(block: Block): Promise<void> {
    const refusal = this.#refusal(block);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#next += 1;
    const verifying = this.#validator.verify(block);
    // A failure of verification is met when its turn comes; until then it must not count as unhandled.
    verifying.catch(() => undefined);
    const earlier = this.#lastCommitted;
    const fail = (error: unknown): never => {
      throw this.#stop(error);
    };
    const judged = this.#lastJudged.then(() => this.#judge(block, verifying, earlier)).catch(fail);
    const stored = judged.then(({ committed }) => committed).catch(fail);
    this.#lastJudged = judged.catch(() => undefined);
    this.#lastCommitted = stored.catch(() => undefined);
    return stored;
  }

  #refusal(block: Block): CommitterError | undefined {
    if (this.#failure !== undefined) return this.#halted();
    const number = block.header?.number;
    if (number !== this.#next) {
      return new CommitterError(
        "out-of-order",
        `block ${number ?? "without number"} is not the next block of channel ${this.#channelId}, store block ${this.#next}`,
        { data: { number, expected: this.#next } },
      );
    }
    if (this.#next - this.height >= BLOCKS_HELD_MAX) {
      return new CommitterError(
        "too-many-blocks",
        `channel ${this.#channelId} already holds ${BLOCKS_HELD_MAX} blocks, wait for one to be committed`,
      );
    }
    return undefined;
  }

  /** Resolves when the next block may be judged. `earlier`: the commit of the one before. */
  async #judge(
    block: Block,
    verifying: Promise<VerifiedBlock>,
    earlier: Promise<void>,
  ): Promise<JudgedBlock> {
    const { clock, privateSets } = this.#deps;
    const verified = await verifying;
    if (this.#failure !== undefined) throw this.#halted();
    const startedMs = clock.monotonicMs();
    const { codes, nextConfig } = await this.#validator.validate(block, verified);
    const validationMs = clock.monotonicMs() - startedMs;
    await privateSets?.gather(block, codes, () => earlier);
    const committed = this.#commit(block, codes, { startedMs, validationMs });
    // Met by whoever stored the block.
    committed.catch(() => undefined);
    if (nextConfig !== undefined) {
      await committed;
      this.#putInForce(nextConfig);
    }
    return { committed };
  }

  async #commit(
    block: Block,
    codes: readonly TxValidationCode[],
    { startedMs, validationMs }: { readonly startedMs: number; readonly validationMs: number },
  ): Promise<void> {
    const { clock, ledger } = this.#deps;
    const gatheredMs = clock.monotonicMs();
    await ledger.commit(block, codes);
    const endMs = clock.monotonicMs();
    const labels = { channel: this.#channelId };
    this.#metrics.validationSeconds.observe(validationMs / 1_000, labels);
    this.#metrics.commitBlockSeconds.observe((endMs - gatheredMs) / 1_000, labels);
    this.#metrics.commitSeconds.observe((endMs - startedMs) / 1_000, labels);
    this.#logCommitted(block, codes, validationMs);
  }

  #putInForce(next: ChannelConfig): void {
    this.#deps.config.replace(next);
    const { sequence } = next;
    this.#deps.logger.info("applied channel configuration", { channel: this.#channelId, sequence });
  }

  #logCommitted(block: Block, codes: readonly TxValidationCode[], validationMs: number): void {
    assert(block.header !== undefined, "a committed block has a header");
    this.#deps.logger.debug("validated and committed block", {
      channel: this.#channelId,
      number: block.header.number,
      transactions: codes.length,
      refused: codes.filter((code) => code !== TxValidationCode.VALID).length,
      validationMs,
    });
  }

  /** What to refuse a block with that failed with `error`: the first one's says what went wrong, the others' that we stopped. */
  #stop(error: unknown): unknown {
    this.#failure ??= error;
    return error === this.#failure ? error : this.#halted();
  }

  #halted(): CommitterError {
    return new CommitterError(
      "halted",
      `channel ${this.#channelId} has stopped because a block could not be committed, restart the peer: ${errorMessage(this.#failure)}`,
      { cause: this.#failure },
    );
  }
}
