/** Fetches private sets that were missing when their blocks were committed, in the background. */
import { errorMessage } from "../../src/kernel/error.ts";
import type { Meter } from "../../src/kernel/ports/meter.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import type {
  AnnouncedPrivateSet,
  LatePrivateSet,
  PrivateSetPlace,
} from "../../src/ledger/index.ts";
import {
  PRIVATE_GATHER_TIMEOUT_MS,
  RECONCILE_INTERVAL_MS,
  RECONCILE_INTERVAL_MS_MAX,
  RECONCILE_SCAN_MAX,
  RECONCILE_SETS_MAX,
  RECONCILE_STEP_MS,
} from "./limits.ts";
import type { PrivateExchange } from "./private-exchange.ts";
import { fetchPrivateSets, type PrivateFetchDeps } from "./private-fetch.ts";
import { privateMetrics } from "./private-metrics.ts";
import { digestId } from "./private-wire.ts";

export interface PrivateReconcilerDeps extends Omit<PrivateFetchDeps, "metrics"> {
  readonly meter: Meter;
  readonly exchange: Pick<PrivateExchange, "ask" | "membersOf" | "isOwn">;
  readonly ledger: {
    missingPrivateSets(countMax: number, before?: PrivateSetPlace): readonly PrivateSetPlace[];
    announcedPrivateSets(blockNumber: number): Promise<readonly AnnouncedPrivateSet[]>;
    reconcile(sets: readonly LatePrivateSet[]): Promise<number>;
  };
  readonly timers: Timers;
  /** State has changed without a block. */
  readonly onReconciled: () => void;
}

/**
 * Goes through what is missing from the newest to the oldest, a bounded number at a time, and begins again. A pass that found
 * nothing makes the next pause longer.
 */
export class PrivateReconciler {
  readonly #deps: PrivateReconcilerDeps & PrivateFetchDeps;
  readonly #channelId: string;
  readonly #intervalMs: number;
  #timer: Timer | undefined;
  #round: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Where the pass under way has come to. */
  #before: PrivateSetPlace | undefined;
  #storedInPass = 0;
  #pauseMs: number;

  constructor(
    deps: PrivateReconcilerDeps,
    options: { readonly channelId: string; readonly intervalMs?: number },
  ) {
    this.#deps = { ...deps, metrics: privateMetrics(deps.meter) };
    this.#channelId = options.channelId;
    this.#intervalMs = options.intervalMs ?? RECONCILE_INTERVAL_MS;
    this.#pauseMs = this.#intervalMs;
    this.#schedule(this.#intervalMs);
  }

  /** Resolves when no round is under way; none begins afterwards. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#round;
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer = this.#deps.timers.after(delayMs, () => {
      this.#round = this.#runRound();
    });
  }

  async #runRound(): Promise<void> {
    let hasMore = false;
    try {
      hasMore = await this.#reconcileSome();
    } catch (error) {
      this.#deps.logger.warn("reconciling private data failed; it is tried again", {
        reason: errorMessage(error),
      });
    }
    this.#schedule(hasMore ? RECONCILE_STEP_MS : this.#endPass());
  }

  /** The pause until the next pass. */
  #endPass(): number {
    const hasFound = this.#storedInPass > 0;
    this.#before = undefined;
    this.#storedInPass = 0;
    this.#pauseMs = hasFound
      ? this.#intervalMs
      : Math.min(2 * this.#pauseMs, RECONCILE_INTERVAL_MS_MAX);
    return this.#pauseMs;
  }

  /** Whether the pass has not come to its end. */
  async #reconcileSome(): Promise<boolean> {
    const { ledger, exchange, clock, metrics, logger, onReconciled } = this.#deps;
    const startMs = clock.monotonicMs();
    const missing = ledger.missingPrivateSets(RECONCILE_SCAN_MAX, this.#before);
    const own = missing.filter((place) => exchange.isOwn(this.#channelId, place));
    const wanted = own.slice(0, RECONCILE_SETS_MAX);
    this.#before = own.length > wanted.length ? wanted.at(-1) : missing.at(-1);
    if (wanted.length > 0) {
      const stored = await this.#fetch(wanted);
      this.#storedInPass += stored;
      metrics.privateReconciliation.observe((clock.monotonicMs() - startMs) / 1_000, {
        channel: this.#channelId,
      });
      if (stored > 0) {
        logger.info("reconciled private data", { sets: stored });
        onReconciled();
      }
    }
    return missing.length === RECONCILE_SCAN_MAX || own.length > wanted.length;
  }

  async #fetch(wanted: readonly PrivateSetPlace[]): Promise<number> {
    const { ledger } = this.#deps;
    const announced = await this.#announced(wanted);
    const fetched = await fetchPrivateSets(
      this.#deps,
      this.#channelId,
      announced,
      PRIVATE_GATHER_TIMEOUT_MS,
    );
    return ledger.reconcile(fetched.map(({ announced: place, bytes }) => ({ ...place, bytes })));
  }

  // Fabric: a question without a transaction's id is one for what has been committed.
  async #announced(wanted: readonly PrivateSetPlace[]): Promise<readonly AnnouncedPrivateSet[]> {
    const ids = new Set(wanted.map(digestId));
    const announced: AnnouncedPrivateSet[] = [];
    for (const number of new Set(wanted.map(({ blockNumber }) => blockNumber))) {
      for (const set of await this.#deps.ledger.announcedPrivateSets(number)) {
        if (ids.has(digestId(set))) announced.push({ ...set, txId: "" });
      }
    }
    return announced;
  }
}
