import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import { Block, encode } from "../../src/wire/index.ts";
import type { ChainTip } from "./core/block-assembly.ts";
import type { OrderedWindow } from "./core/ordered-window.ts";
import { LeaderPipeline } from "./core/leader-pipeline.ts";
import {
  GATHER_COUNT_MIN,
  GATHER_MS_MAX,
  PROPOSE_RETRY_MS,
  WAITING_BYTES_MAX,
  WAITING_COUNT_MAX,
} from "./limits.ts";
import type { OrderingMetrics } from "./metrics.ts";
import type { Submission } from "./pending-envelopes.ts";
import type { ChainLog, ConfigInForce } from "./ports.ts";

export interface LeadingDeps {
  readonly log: ChainLog;
  readonly config: ConfigInForce;
  /** The transactions of the applied blocks. */
  readonly ordered: Pick<OrderedWindow, "blockOf">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: OrderingMetrics;
  readonly labels: { readonly channel: string };
}

/**
 * One term of leadership: drives the pipeline from envelopes to proposals.
 *
 * No transaction is proposed that stands in a block before: at the start every entry of the log is applied (Raft §5.4:
 * the leader has all committed entries, and its empty entry is the last), what was applied since is in `ordered`, and
 * what is not applied yet was proposed by this very object and is in `#keys`. See docs/decisions/0006.
 */
export class Leading {
  readonly #deps: LeadingDeps;
  readonly #pipeline: LeaderPipeline;
  // Of the transactions in the pipeline and in flight.
  readonly #keys = new Set<string>();
  // The configuration that is on its way.
  #configKey: string | undefined;
  #fillTimer: Timer | undefined;
  #retryTimer: Timer | undefined;
  #gatherTimer: Timer | undefined;
  #gatherUntilMs: number | undefined;
  #isProposing = false;
  #isStopped = false;

  /** `tip` is the newest applied block, and every entry of the log is applied. */
  constructor(deps: LeadingDeps, tip: ChainTip) {
    this.#deps = deps;
    this.#pipeline = new LeaderPipeline(tip, {
      // A configuration may change it.
      get blocksInFlightMax(): number {
        return deps.config.current().orderer.raftOptions?.inflightBlocksMax ?? 1;
      },
      waitingCountMax: WAITING_COUNT_MAX,
      waitingBytesMax: WAITING_BYTES_MAX,
      gatherMsMax: GATHER_MS_MAX,
      gatherCountMin: GATHER_COUNT_MIN,
    });
  }

  /** True while a configuration is on its way: what comes after it must be judged by it, so nothing may be added. */
  get isReconfiguring(): boolean {
    return this.#configKey !== undefined;
  }

  /** Takes an envelope unless its transaction is ordered or about to be; false when too much waits. */
  add({ key, message }: Submission): boolean {
    if (this.#keys.has(key) || this.#deps.ordered.blockOf(key) !== undefined) return true;
    const { batchSize } = this.#deps.config.current().orderer;
    if (!this.#pipeline.add(message, batchSize, this.#nowMs())) return false;
    this.#keys.add(key);
    const { metrics, labels } = this.#deps;
    if (message.isConfig) this.#configKey = key;
    (message.isConfig ? metrics.configProposals : metrics.normalProposals).add(1, labels);
    this.#advance();
    return true;
  }

  /** A block of this term is written; `keys` are its envelopes. */
  applied(number: number, keys: readonly string[]): void {
    for (const key of keys) {
      this.#keys.delete(key);
      if (key === this.#configKey) this.#configKey = undefined;
    }
    this.#pipeline.applied(number, this.#nowMs());
    this.#advance();
  }

  /** What is not in the log is dropped: those who sent it hand it to the next leader. */
  stop(): void {
    this.#isStopped = true;
    this.#fillTimer?.cancel();
    this.#retryTimer?.cancel();
    this.#gatherTimer?.cancel();
  }

  // Proposing may end this leadership at once, and may be answered at once.
  #advance(): void {
    if (this.#isProposing) return;
    this.#isProposing = true;
    try {
      while (!this.#isStopped && this.#proposeNext());
    } finally {
      this.#isProposing = false;
    }
    this.#watchFill();
    this.#watchGathering();
  }

  #proposeNext(): boolean {
    const block = this.#pipeline.due(this.#nowMs());
    if (block === undefined) return false;
    const result = this.#deps.log.propose([encode(Block, block)]);
    if (!result.accepted) {
      this.#retryLater();
      return false;
    }
    this.#retryTimer?.cancel();
    this.#retryTimer = undefined;
    const filledMs = this.#pipeline.proposed(this.#nowMs());
    this.#deps.metrics.blockFillSeconds.observe(filledMs / 1000, this.#deps.labels);
    return true;
  }

  #retryLater(): void {
    this.#retryTimer?.cancel();
    this.#retryTimer = this.#deps.timers.after(PROPOSE_RETRY_MS, () => {
      this.#retryTimer = undefined;
      this.#advance();
    });
  }

  // Each arrival may move the moment: the timer is let run, and looks again.
  #watchGathering(): void {
    // What is due already waits for the log, which is asked again after a pause.
    const isIdle = this.#isStopped || this.#retryTimer !== undefined;
    const untilMs = isIdle ? undefined : this.#pipeline.cutAtMs();
    const isEarlier = untilMs !== undefined && untilMs < (this.#gatherUntilMs ?? Infinity);
    if (!isEarlier) return;
    this.#gatherTimer?.cancel();
    this.#gatherUntilMs = untilMs;
    this.#gatherTimer = this.#deps.timers.after(Math.max(0, untilMs - this.#nowMs()), () => {
      this.#gatherUntilMs = undefined;
      this.#advance();
    });
  }

  // Fabric: a batch's time runs from its first message and is not extended by later ones.
  #watchFill(): void {
    const { isFilling } = this.#pipeline;
    if (this.#isStopped || isFilling === (this.#fillTimer !== undefined)) return;
    if (!isFilling) {
      this.#fillTimer?.cancel();
      this.#fillTimer = undefined;
      return;
    }
    const { batchTimeoutMs } = this.#deps.config.current().orderer;
    this.#fillTimer = this.#deps.timers.after(batchTimeoutMs, () => {
      this.#pipeline.timeUp();
      this.#advance();
    });
  }

  #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}
