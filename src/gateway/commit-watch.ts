import type { CommittedBlock, TransactionRecord } from "../ledger/index.ts";
import type { GatewayLedger } from "./ports.ts";

type Wake = () => void;

/** Waits for transactions to be committed, with one subscription to each ledger however many wait. */
export class CommitWatches {
  readonly #watches = new Map<GatewayLedger, CommitWatch>();

  /** Where the transaction was committed. Pending until it is; rejects with the signal's reason when that is aborted. */
  committed(
    ledger: GatewayLedger,
    transactionId: string,
    signal: AbortSignal,
  ): Promise<TransactionRecord> {
    const known = this.#watches.get(ledger);
    const watch = known ?? new CommitWatch(ledger);
    if (known === undefined) this.#watches.set(ledger, watch);
    return watch.committed(transactionId, signal);
  }

  /** Ends the subscriptions. Whoever waits goes on waiting. */
  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }
}

class CommitWatch {
  readonly #ledger: GatewayLedger;
  readonly #waiting = new Map<string, Set<Wake>>();
  readonly #unsubscribe: () => void;

  constructor(ledger: GatewayLedger) {
    this.#ledger = ledger;
    this.#unsubscribe = ledger.subscribe((committed) => {
      this.#wake(committed);
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  async committed(transactionId: string, signal: AbortSignal): Promise<TransactionRecord> {
    for (;;) {
      // Waiting starts before looking, so that no commit falls between the two.
      const { promise, stop } = this.#wait(transactionId, signal);
      const record = this.#ledger.transaction(transactionId);
      if (record !== undefined) {
        stop();
        return record;
      }
      await promise;
      signal.throwIfAborted();
    }
  }

  #wait(transactionId: string, signal: AbortSignal): { promise: Promise<void>; stop: () => void } {
    let stop: Wake = () => undefined;
    const promise = new Promise<void>((resolve) => {
      const wake = (): void => {
        stop();
        resolve();
      };
      stop = (): void => {
        signal.removeEventListener("abort", wake);
        this.#remove(transactionId, wake);
      };
      this.#add(transactionId, wake);
      signal.addEventListener("abort", wake, { once: true });
    });
    return { promise, stop };
  }

  #add(transactionId: string, wake: Wake): void {
    const wakes = this.#waiting.get(transactionId);
    if (wakes === undefined) this.#waiting.set(transactionId, new Set([wake]));
    else wakes.add(wake);
  }

  #remove(transactionId: string, wake: Wake): void {
    const wakes = this.#waiting.get(transactionId);
    wakes?.delete(wake);
    if (wakes?.size === 0) this.#waiting.delete(transactionId);
  }

  #wake({ transactions }: CommittedBlock): void {
    if (this.#waiting.size === 0) return;
    for (const { txId } of transactions) {
      for (const wake of [...(this.#waiting.get(txId) ?? [])]) wake();
    }
  }
}
