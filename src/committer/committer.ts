import { assert } from "../kernel/assert.ts";
import { errorMessage } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Meter } from "../kernel/ports/meter.ts";
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
  /** Absent: private write sets that are not at hand are marked missing. */
  readonly privateSets?: PrivateSetGatherer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: Meter;
}

export interface CommitterOptions {
  readonly channelId: string;
}

/**
 * Validates and commits the blocks of one channel, one after another. The signatures of a block are verified
 * while those before it are being committed.
 *
 * Invariant: `#next` is the ledger's height plus the number of blocks held.
 */
export class Committer {
  readonly #deps: CommitterDeps;
  readonly #channelId: string;
  readonly #validator: BlockValidator;
  readonly #metrics: CommitterMetrics;
  #last: Promise<void> = Promise.resolve();
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
    const stored = this.#last.then(() => this.#commit(block, verifying));
    this.#last = stored.catch((error: unknown) => {
      this.#failure ??= error;
    });
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

  async #commit(block: Block, verifying: Promise<VerifiedBlock>): Promise<void> {
    if (this.#failure !== undefined) throw this.#halted();
    const { ledger, config, clock, logger, privateSets } = this.#deps;
    const startedMs = clock.monotonicMs();
    const { codes, nextConfig } = await this.#validator.validate(block, await verifying);
    const validationMs = clock.monotonicMs() - startedMs;
    await privateSets?.gather(block, codes);
    const gatheredMs = clock.monotonicMs();
    await ledger.commit(block, codes);
    const endMs = clock.monotonicMs();
    const labels = { channel: this.#channelId };
    this.#metrics.validationSeconds.observe(validationMs / 1_000, labels);
    this.#metrics.commitBlockSeconds.observe((endMs - gatheredMs) / 1_000, labels);
    this.#metrics.commitSeconds.observe((endMs - startedMs) / 1_000, labels);
    if (nextConfig !== undefined) {
      config.replace(nextConfig);
      const { sequence } = nextConfig;
      logger.info("applied channel configuration", { channel: this.#channelId, sequence });
    }
    this.#logCommitted(block, codes, validationMs);
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

  #halted(): CommitterError {
    return new CommitterError(
      "halted",
      `channel ${this.#channelId} has stopped because a block could not be committed, restart the peer: ${errorMessage(this.#failure)}`,
      { cause: this.#failure },
    );
  }
}
