import { toHex } from "../kernel/bytes.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Meter } from "../kernel/ports/meter.ts";
import type { Block } from "../wire/index.ts";
import type { CommittedTransaction } from "./commit-plan.ts";
import type { PlannedBlock } from "./ledger-tip.ts";
import { type CommitTimes, LedgerMetrics } from "./metrics.ts";

/** A block whose writes can be read. */
export interface CommittedBlock {
  /** With verdicts and commit hash in its metadata. */
  readonly block: Block;
  readonly number: number;
  readonly transactions: readonly CommittedTransaction[];
  /** Empty for block 0. */
  readonly commitHash: Uint8Array;
}

/** The block as it will be once it is written. */
export function committedBlock({ stored, plan, savepoint }: PlannedBlock): CommittedBlock {
  return {
    block: stored,
    number: savepoint.height - 1,
    transactions: plan.transactions,
    commitHash: savepoint.commitHash,
  };
}

/** Tells of commits: metrics, log, and whoever listens. */
export class CommitReports {
  readonly #channel: string;
  readonly #logger: Logger;
  readonly #metrics: LedgerMetrics;
  readonly #listeners = new Set<(committed: CommittedBlock) => void>();

  constructor(deps: { readonly logger: Logger; readonly meter: Meter }, channelId: string) {
    this.#channel = channelId;
    this.#logger = deps.logger;
    this.#metrics = new LedgerMetrics(deps.meter, channelId);
  }

  waitsForSpace(isFull: boolean): void {
    this.#metrics.waitsForSpace(isFull);
  }

  opened(height: number): void {
    this.#metrics.opened(height);
  }

  committed(committed: CommittedBlock, times: CommitTimes): void {
    const { number, transactions, commitHash } = committed;
    this.#metrics.committed(number + 1, times, transactions);
    this.#logger.info("committed a block", {
      channel: this.#channel,
      block: number,
      transactions: transactions.length,
      commitHash: toHex(commitHash),
      ...times,
    });
    for (const listener of this.#listeners) listener(committed);
  }

  subscribe(listener: (committed: CommittedBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(): void {
    this.#listeners.clear();
  }
}
