import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Meter } from "../../src/kernel/ports/meter.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import {
  Block,
  Envelope,
  HeaderType,
  encode,
  openEnvelope,
  tryDecode,
  type OpenedEnvelope,
  type SubmitRequest,
} from "../../src/wire/index.ts";
import type { Entry, Leadership, ReplicaApplication, Snapshot } from "../replica/index.ts";
import { isConfigBlock } from "../../src/channel/index.ts";
import type { AcceptedBlock, BlockWriter } from "./block-writer.ts";
import type { ConfigUpdates } from "./config-updates.ts";
import { checkSize, orderedMessage } from "./core/message-rules.ts";
import { OrderedWindow } from "./core/ordered-window.ts";
import { transactionKey } from "./core/transaction-key.ts";
import { Leading } from "./leading.ts";
import {
  EARLY_COUNT_MAX,
  ORDERED_WINDOW_COUNT,
  RETRY_HINT_MS_MAX,
  RETRY_HINT_MS_MIN,
  SUBMIT_RETRY_MS,
  SUBMIT_TIMEOUT_MS,
  SWEEP_INTERVAL_MS,
} from "./limits.ts";
import { orderingMetrics, type OrderingMetrics } from "./metrics.ts";
import type { MessageValidator } from "./message-validator.ts";
import {
  PendingEnvelopes,
  type OrderResult,
  type PendingEnvelope,
  type Submission,
} from "./pending-envelopes.ts";
import { OrderingError } from "./errors.ts";
import type { ChainLog, ConfigInForce, MissingBlocks, SubmitLink } from "./ports.ts";
import { Trouble } from "./trouble.ts";
import type { WindowCheckpoint } from "./window-checkpoint.ts";

export interface OrderingChainDeps {
  readonly log: ChainLog;
  readonly link: SubmitLink;
  readonly writer: BlockWriter;
  readonly config: ConfigInForce;
  readonly validator: Pick<MessageValidator, "validate">;
  readonly configUpdates: Pick<ConfigUpdates, "reprocess" | "judge">;
  readonly missing: MissingBlocks;
  /** The transactions up to the newest block. Default: none. */
  readonly ordered?: OrderedWindow;
  /** Told of every block that they get. */
  readonly checkpoint?: Pick<WindowCheckpoint, "noted">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly meter: Meter;
}

export interface OrderingChainOptions {
  readonly channelId: string;
  readonly raftId: number;
  /** Newest block of the newest snapshot that the log held at the start. Default 0: there was none. */
  readonly snapshotBlockNumber?: number;
  /** Default `SUBMIT_TIMEOUT_MS`. */
  readonly submitTimeoutMs?: number;
}

/**
 * One channel's order, at one orderer. An envelope is acknowledged once its block is committed by Raft and durable here,
 * whoever leads: a follower hands it to the leader and watches for it in the blocks, and hands it over again when the
 * leader changes. Until its deadline the client waits; after it nobody pretends to know.
 */
export class OrderingChain implements ReplicaApplication {
  readonly #deps: OrderingChainDeps;
  readonly #options: OrderingChainOptions;
  readonly #labels: { readonly channel: string };
  readonly #metrics: OrderingMetrics;
  readonly #pending = new PendingEnvelopes();
  readonly #ordered: OrderedWindow;
  readonly #trouble: Trouble;
  readonly #closing = new AbortController();
  #leading: Leading | undefined;
  #early: Submission[] = [];
  // Term of the newest leader's empty entry that was applied.
  #openedTerm = 0;
  #sweeper: Timer | undefined;
  #stopped: OrderResult | undefined;
  #failure: string | undefined;

  /** Envelopes that clients wait for. */
  get pendingCount(): number {
    return this.#pending.count;
  }

  constructor(deps: OrderingChainDeps, options: OrderingChainOptions) {
    this.#deps = deps;
    this.#ordered = deps.ordered ?? new OrderedWindow(ORDERED_WINDOW_COUNT);
    this.#options = options;
    this.#labels = { channel: options.channelId };
    this.#metrics = orderingMetrics(deps.meter);
    this.#trouble = new Trouble(deps.writer.membership.consenterIds.length);
    this.#metrics.committedBlockNumber.set(deps.writer.tip.number, this.#labels);
    this.#metrics.snapshotBlockNumber.set(options.snapshotBlockNumber ?? 0, this.#labels);
  }

  /** Aborted while there is no leader, and for good once the chain has stopped. A new one follows when one is found. */
  trouble(): AbortSignal {
    return this.#trouble.signal;
  }

  /** Why it has stopped for good, if not because it was closed. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /**
   * Takes note of a stored block that does not come through `apply`, with the `transactionKey` of each envelope: from
   * before the start, or fetched from others. Its transactions are not ordered again, and who waits for one is answered.
   * In order, without a gap.
   */
  remember(number: number, keys: readonly string[]): void {
    this.#metrics.committedBlockNumber.set(number, this.#labels);
    this.#ordered.append(number, keys);
    this.#deps.checkpoint?.noted(this.#ordered, keys.length);
    for (const key of keys) this.#pending.settle(key, { kind: "ordered", blockNumber: number });
  }

  /**
   * Orders an envelope, read already or not, that was valid under the configuration of `configSequence`. Soon after `signal` is aborted it
   * answers that nobody knows. Never rejects.
   */
  order(
    envelope: Envelope | OpenedEnvelope,
    configSequence: number,
    signal?: AbortSignal,
  ): Promise<OrderResult> {
    const submission = submissionOf(envelope, configSequence);
    const blockNumber = this.#ordered.blockOf(submission.key);
    if (blockNumber !== undefined) return Promise.resolve({ kind: "ordered", blockNumber });
    if (this.#stopped !== undefined) return Promise.resolve(this.#stopped);
    const { readOnly } = this.#deps.log;
    if (readOnly !== undefined) return Promise.resolve(unavailable(readOnly));
    return new Promise((resolve) => {
      const timeoutMs = this.#options.submitTimeoutMs ?? SUBMIT_TIMEOUT_MS;
      const deadlineMs = this.#deps.clock.monotonicMs() + timeoutMs;
      const pending = this.#pending.add(submission, deadlineMs, { resolve, signal });
      if (pending === undefined) {
        const retryMs = this.#retryHintMs(deadlineMs);
        const info = `too many transactions are waiting to be ordered: retry in ${retryMs} ms`;
        resolve(unavailable(info));
        return;
      }
      this.#watchDeadlines();
      if (pending.sentMs === undefined) this.#handOver(pending);
    });
  }

  /** Takes an envelope that another member of the group hands over. */
  submit(from: number, request: SubmitRequest): void {
    const { payload: envelope, lastValidationSeq } = request;
    const { absoluteBytesMax } = this.#deps.config.current().orderer.batchSize;
    if (envelope === undefined || checkSize(envelope, absoluteBytesMax) !== undefined) {
      this.#drop("it is empty or too large", from);
      return;
    }
    const submission = submissionOf(envelope, lastValidationSeq, "from another");
    if (this.#ordered.blockOf(submission.key) !== undefined) return;
    const { role, leaderId } = this.#deps.log.leadership;
    if (this.#deps.log.readOnly !== undefined) this.#drop(this.#deps.log.readOnly, from);
    else if (role === "leader") this.#take(submission, from);
    else if (
      leaderId === undefined ||
      leaderId === from ||
      !this.#deps.link.submit(leaderId, request)
    ) {
      this.#drop("there is no leader to take it", from);
    }
  }

  /** What was handed to `raftId` may be lost. */
  submitBroken(raftId: number): void {
    if (raftId === this.#deps.log.leadership.leaderId) this.#pending.recall(Infinity);
  }

  async apply(entries: readonly Entry[]): Promise<void> {
    let run: CommittedEntry[] = [];
    for (const entry of entries) {
      if (hasData(entry) && this.#deps.writer.holds(entry.index)) continue;
      const committed = { entry, block: blockIn(entry) };
      if (committed.block === undefined || !isConfigBlock(committed.block)) {
        run.push(committed);
        continue;
      }
      await this.#applyRun(run);
      run = [];
      await this.#applyConfig(entry, committed.block);
    }
    await this.#applyRun(run);
  }

  get isFull(): boolean {
    return this.#deps.writer.isFull;
  }

  snapshotIntervalBytes(): number {
    return this.#deps.config.current().orderer.raftOptions?.snapshotIntervalBytes ?? Infinity;
  }

  /** Fabric: the newest block stands for all before it, which can be had from any orderer. */
  snapshotData(): Promise<Uint8Array | undefined> {
    this.#metrics.snapshotBlockNumber.set(this.#deps.writer.tip.number, this.#labels);
    return this.#deps.writer.newestLogged();
  }

  /** Fetches the blocks up to the snapshot's, for as long as it takes. */
  async restore({ index, data }: Snapshot): Promise<void> {
    const target = tryDecode(Block, data);
    if (target?.header === undefined) {
      throw new OrderingError("log_mismatch", `snapshot ${index} of the Raft log holds no block`);
    }
    const number = target.header.number;
    this.#deps.logger.info("catching up with a snapshot", { ...this.#labels, index, number });
    while (!this.#closing.signal.aborted && !(await this.#pullTo(target)));
    if (this.#closing.signal.aborted) return;
    await this.#deps.writer.advance();
    this.#countMembers();
    this.#metrics.snapshotBlockNumber.set(number, this.#labels);
  }

  leadershipChanged({ leaderId }: Leadership): void {
    this.#leading?.stop();
    this.#leading = undefined;
    this.#early = [];
    if (leaderId === undefined) this.#trouble.begin();
    else this.#trouble.end();
    this.#pending.recall(Infinity);
    this.#maybeLead();
    this.#handOverAll();
  }

  failed({ message }: Error): void {
    if (this.#stopped === undefined) this.#failure = message;
    this.close();
  }

  /** Answers everyone who waits that the chain is stopped, and takes no more. Idempotent. */
  close(): void {
    this.#closing.abort();
    this.#stopped ??= unavailable("chain is stopped");
    this.#leading?.stop();
    this.#leading = undefined;
    this.#sweeper?.cancel();
    this.#trouble.stay();
    this.#pending.settleAll(this.#stopped);
  }

  // False: to be tried again.
  async #pullTo(target: Block): Promise<boolean> {
    try {
      await this.#deps.missing.pullTo(target, this.#closing.signal);
      return true;
    } catch (error) {
      if (!(error instanceof OrderingError) || error.code !== "catch_up_failed") throw error;
      const fields = { ...this.#labels, reason: error.message };
      if (!this.#closing.signal.aborted) this.#deps.logger.error("cannot catch up yet", fields);
      return false;
    }
  }

  // Entries under one configuration.
  async #applyRun(run: readonly CommittedEntry[]): Promise<void> {
    const accepted = new Map<number, AcceptedBlock>();
    for (const { entry, block } of run) {
      const outcome = block && this.#accept(entry, this.#deps.writer.accept(block, entry.index));
      if (outcome !== undefined) accepted.set(entry.index, outcome);
      else if (block === undefined && hasData(entry)) this.#passOver(entry, "it is malformed");
    }
    await this.#deps.writer.write([...accepted.values()]);
    for (const { entry } of run) {
      const block = accepted.get(entry.index);
      if (block !== undefined) this.#written(block);
      else if (isOpening(entry)) this.#opened(entry.term);
    }
  }

  // Judged by the configuration before it, so after every block before it; by this and itself alone, so alike everywhere.
  async #applyConfig(entry: Entry, block: Block): Promise<void> {
    const bytes = block.data?.data[0];
    const envelope = bytes && tryDecode(Envelope, bytes);
    if (envelope === undefined) return;
    const { writer, configUpdates } = this.#deps;
    const judgement = await configUpdates.judge(envelope);
    const accepted = this.#accept(
      entry,
      judgement.ok
        ? writer.accept(block, entry.index, judgement.next)
        : { misfit: judgement.reason },
    );
    if (accepted === undefined) return;
    await writer.write([accepted]);
    this.#countMembers();
    this.#written(accepted);
    for (const submission of this.#early.splice(0)) this.#take(submission, this.#options.raftId);
    this.#handOverAll();
  }

  #countMembers(): void {
    this.#trouble.resize(this.#deps.writer.membership.consenterIds.length);
  }

  #accept(
    entry: Entry,
    outcome: AcceptedBlock | { readonly misfit: string },
  ): AcceptedBlock | undefined {
    if ("block" in outcome) return outcome;
    this.#passOver(entry, outcome.misfit);
    return undefined;
  }

  #passOver({ index }: Entry, reason: string): void {
    const fields = { ...this.#labels, raftIndex: index, reason };
    this.#deps.logger.error(
      "passed over a block of the log that does not continue the chain",
      fields,
    );
  }

  #written({ block }: AcceptedBlock): void {
    const { number } = block.header;
    const keys = block.data.data.map((bytes) => transactionKey(bytes));
    this.remember(number, keys);
    this.#leading?.applied(number, keys);
    this.#deps.logger.debug("wrote a block", { ...this.#labels, number, count: keys.length });
  }

  #opened(term: number): void {
    this.#openedTerm = term;
    this.#maybeLead();
    this.#handOverAll();
  }

  // Fabric: a leader orders once it has applied everything from before its term, which its empty entry marks. Then
  // nothing in the log follows the newest accepted block.
  #maybeLead(): void {
    const { role, term } = this.#deps.log.leadership;
    if (role !== "leader" || term !== this.#openedTerm || this.#stopped !== undefined) return;
    const { log, config, clock, timers } = this.#deps;
    const shared = { metrics: this.#metrics, labels: this.#labels, ordered: this.#ordered };
    const deps = { log, config, clock, timers, ...shared };
    this.#leading = new Leading(deps, this.#deps.writer.tip);
    for (const submission of this.#early.splice(0)) this.#take(submission, this.#options.raftId);
  }

  #take(submission: Submission, from: number): void {
    const isTaken =
      this.#leading === undefined ? this.#keep(submission) : this.#lead(this.#leading, submission);
    if (!isTaken) this.#drop("too much waits to be ordered", from);
  }

  // Between its election and its first order a leader keeps what arrives, and while a configuration is on its way.
  #keep(submission: Submission): boolean {
    if (this.#early.length >= EARLY_COUNT_MAX) return false;
    this.#early.push(submission);
    return true;
  }

  // False when too much waits already.
  #lead(leading: Leading, submission: Submission): boolean {
    if (leading.isReconfiguring) return this.#keep(submission);
    if (submission.configSequence >= this.#deps.config.current().sequence) {
      return leading.add(submission);
    }
    void this.#revalidate(submission);
    return true;
  }

  // Fabric: what was checked against an older configuration is checked again before it is ordered. A configuration is
  // made again of its update.
  async #revalidate(submission: Submission): Promise<void> {
    const { envelope, isConfig } = submission.message;
    const verdict = isConfig
      ? await this.#deps.configUpdates.reprocess(envelope)
      : await this.#deps.validator.validate(envelope);
    if (this.#leading === undefined) return;
    if (verdict.kind === "refused") {
      this.#refuse(submission, verdict.refusal.info);
      return;
    }
    const remade = verdict.kind === "made" ? verdict.envelope : envelope;
    this.#take(submissionOf(remade, verdict.configSequence), this.#options.raftId);
  }

  // What is ordered meanwhile is not refused.
  #refuse({ key, message }: Submission, reason: string): void {
    if (this.#ordered.blockOf(key) !== undefined) return;
    this.#drop(reason, this.#options.raftId);
    if (message.isConfig) this.#pending.settle(key, unavailable(reason));
  }

  #handOver(pending: PendingEnvelope): boolean {
    const { submission } = pending;
    const isTaken =
      this.#leading === undefined
        ? this.#forward(submission)
        : this.#lead(this.#leading, submission);
    if (isTaken) pending.sentMs = this.#deps.clock.monotonicMs();
    return isTaken;
  }

  #forward({ message, configSequence }: Submission): boolean {
    const { leaderId } = this.#deps.log.leadership;
    if (leaderId === undefined || leaderId === this.#options.raftId) return false;
    return this.#deps.link.submit(leaderId, {
      channel: this.#options.channelId,
      lastValidationSeq: configSequence,
      payload: message.envelope,
    });
  }

  // Stops at the first that is not taken: the next sweep goes on.
  #handOverAll(): void {
    for (const pending of this.#pending.unsent()) if (!this.#handOver(pending)) return;
  }

  // What waits longest has waited about as long as a newcomer would have to.
  #retryHintMs(newDeadlineMs: number): number {
    const waitedMs = newDeadlineMs - (this.#pending.firstDeadlineMs ?? newDeadlineMs);
    return Math.round(Math.min(RETRY_HINT_MS_MAX, Math.max(RETRY_HINT_MS_MIN, waitedMs)));
  }

  #watchDeadlines(): void {
    this.#sweeper ??= this.#deps.timers.every(SWEEP_INTERVAL_MS, () => {
      this.#sweep();
    });
  }

  #sweep(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const { leaderId } = this.#deps.log.leadership;
    const info =
      leaderId === undefined
        ? "no Raft leader"
        : "timed out waiting for the transaction to be ordered";
    this.#pending.release(unavailable("the client has gone"));
    this.#pending.expire(nowMs, unavailable(info));
    // What still waits to be sent is not lost: sending it twice would only make it wait longer.
    const isSubmitting = leaderId !== undefined && this.#deps.link.isSubmitting(leaderId);
    if (!isSubmitting) this.#pending.recall(nowMs - SUBMIT_RETRY_MS);
    this.#handOverAll();
    if (this.#pending.count > 0) return;
    this.#sweeper?.cancel();
    this.#sweeper = undefined;
  }

  #drop(reason: string, from: number): void {
    this.#metrics.proposalFailures.add(1, this.#labels);
    this.#deps.logger.debug("dropped a transaction", { ...this.#labels, from, reason });
  }
}

function isOpening(entry: Entry): boolean {
  return entry.type === "normal" && entry.data.length === 0;
}

interface CommittedEntry {
  readonly entry: Entry;
  readonly block: Block | undefined;
}

function blockIn(entry: Entry): Block | undefined {
  return hasData(entry) ? tryDecode(Block, entry.data) : undefined;
}

function hasData(entry: Entry): boolean {
  return entry.type === "normal" && entry.data.length > 0;
}

// Checked against no configuration at all.
const UNCHECKED = -1;

// Fabric's leader believes another orderer's configuration. This one makes it again of its update.
function submissionOf(
  source: Envelope | OpenedEnvelope,
  configSequence: number,
  origin: "own" | "from another" = "own",
): Submission {
  const opened = "envelope" in source ? source : openedOf(source);
  const envelope = "envelope" in source ? source.envelope : source;
  const isConfig = opened?.channelHeader.type === HeaderType.CONFIG;
  const message = orderedMessage(envelope, isConfig);
  const key = transactionKey(opened ?? encode(Envelope, envelope));
  const sequence = isConfig && origin === "from another" ? UNCHECKED : configSequence;
  return { key, message, configSequence: sequence };
}

function openedOf(envelope: Envelope): OpenedEnvelope | undefined {
  const reading = openEnvelope(envelope);
  return reading.kind === "opened" ? reading.opened : undefined;
}

function unavailable(info: string): OrderResult {
  return { kind: "unavailable", info };
}
