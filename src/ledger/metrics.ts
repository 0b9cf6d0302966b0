import type { Meter } from "../kernel/ports/meter.ts";
import { HeaderType, TxValidationCode } from "../wire/index.ts";

/** A committed transaction, as far as its metric tells. */
export interface CountedTransaction {
  readonly type: number;
  readonly code: TxValidationCode;
  /** `name:version`, empty where there is none. */
  readonly chaincode: string;
}

/** Durations of one commit. */
export interface CommitTimes {
  readonly processingMs: number;
  readonly blockStorageMs: number;
  readonly stateMs: number;
}

/** The ledger's metrics under Fabric's names; durations in seconds. */
export class LedgerMetrics {
  readonly #channel: string;
  readonly #observe: (times: CommitTimes) => void;
  readonly #setHeight: (height: number) => void;
  readonly #setFull: (isFull: boolean) => void;
  readonly #count: (transaction: CountedTransaction) => void;

  constructor(meter: Meter, channel: string) {
    this.#channel = channel;
    const seconds = (name: string, help: string): ((ms: number) => void) => {
      const histogram = meter.histogram({ name, help, labels: ["channel"] });
      return (ms) => {
        histogram.observe(ms / 1_000, { channel });
      };
    };
    const processing = seconds(
      "ledger_block_processing_time",
      "Seconds from a block's arrival at the ledger to its writes being settled.",
    );
    const storage = seconds(
      "ledger_blockstorage_and_pvtdata_commit_time",
      "Seconds taken to make a block durable.",
    );
    const state = seconds(
      "ledger_statedb_commit_time",
      "Seconds taken to make a block's writes durable in the state database.",
    );
    this.#observe = (times): void => {
      processing(times.processingMs);
      storage(times.blockStorageMs);
      state(times.stateMs);
    };
    const height = meter.gauge({
      name: "ledger_blockchain_height",
      help: "Number of blocks in the ledger.",
      labels: ["channel"],
    });
    this.#setHeight = (value): void => {
      height.set(value, { channel });
    };
    const full = meter.gauge({
      name: "heddle_ledger_disk_full",
      help: "1 while commits wait because the disk is full, 0 otherwise.",
      labels: ["channel"],
    });
    this.#setFull = (isFull): void => {
      full.set(isFull ? 1 : 0, { channel });
    };
    this.#setFull(false);
    this.#count = this.#transactionCounter(meter);
  }

  committed(height: number, times: CommitTimes, transactions: readonly CountedTransaction[]): void {
    this.#observe(times);
    this.#setHeight(height);
    transactions.forEach(this.#count);
  }

  waitsForSpace(isFull: boolean): void {
    this.#setFull(isFull);
  }

  opened(height: number): void {
    this.#setHeight(height);
  }

  #transactionCounter(meter: Meter): (transaction: CountedTransaction) => void {
    const counter = meter.counter({
      name: "ledger_transaction_count",
      help: "Number of transactions in committed blocks.",
      labels: ["channel", "transaction_type", "chaincode", "validation_code"],
    });
    return ({ type, code, chaincode }) => {
      counter.add(1, {
        channel: this.#channel,
        transaction_type: nameOf(HeaderType, type),
        chaincode: chaincode === "" ? "unknown" : chaincode,
        validation_code: nameOf(TxValidationCode, code),
      });
    };
  }
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  const named = Object.entries(names).find(([, number]) => number === value);
  return named?.[0] ?? "unknown";
}
