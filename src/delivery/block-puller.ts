import { type ChannelConfig, isConfigBlock } from "../channel/index.ts";
import { assert } from "../kernel/assert.ts";
import { errorMessage } from "../kernel/error.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { RpcTarget } from "../kernel/ports/rpc.ts";
import { sleep } from "../kernel/sleep.ts";
import type { BlockLayers } from "../ledger/index.ts";
import { Status, blockHeaderHash, type Block } from "../wire/index.ts";
import type { BlockTrust } from "./block-trust.ts";
import { BlockVerifier } from "./block-verifier.ts";
import type { ExpectedBlock } from "./core/block-form.ts";
import { PullRotation, pullBackoffMs } from "./core/pull-rotation.ts";
import { PullPatience } from "./core/pull-patience.ts";
import { PullSetbacks, type PullFailure } from "./core/pull-setbacks.ts";
import {
  PULL_ANSWER_MS,
  PULL_IDLE_MS_MAX,
  PULL_SILENCE_MS_MAX,
  PULL_SILENCE_MS_MIN,
  PULL_STEADY_MS,
} from "./limits.ts";
import { OrdererStream, type OrdererAnswer, type OrdererStreamDeps } from "./orderer-stream.ts";
import type { BlockSink, CurrentConfig, PullReport } from "./ports.ts";

export interface BlockPullerDeps extends OrdererStreamDeps {
  readonly config: CurrentConfig;
  readonly sink: BlockSink;
  /** Of the blocks that it brings, where others look at them too. */
  readonly layers?: BlockLayers;
  /** Default: the endpoints of the newest verified configuration, and its orderers' signatures. */
  readonly trust?: BlockTrust;
  readonly logger: Logger;
  /** Told of every block and of every failed attempt; for the election of who pulls. */
  readonly report: (report: PullReport) => void;
}

export interface BlockPullerOptions {
  readonly channelId: string;
  /** Without TLS the orderers are dialled in plain text. */
  readonly isTlsEnabled: boolean;
  /** Longest silence after which another orderer is asked. Default 30,000; 10,000 when there may be nothing to send. */
  readonly silenceMsMax?: number;
  /** Endpoints that are never asked. */
  readonly isExcluded?: (address: string) => boolean;
  /**
   * Takes what there is of an orderer that cannot vouch for more, having no leader itself. Fabric: so do orderers among
   * themselves. Default false: it is left.
   */
  readonly takesBestEffort?: boolean;
}

/** How a connection to one orderer ended. */
type PullEnd =
  | { readonly kind: "aborted" }
  | { readonly kind: "moved-on"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string; readonly isUnavailable?: boolean };

interface PullAttempt {
  readonly startMs: number;
  /** The orderer has answered: trouble begins when it fails, not when it was asked. */
  isHeard: boolean;
}

type Endpoint = ReturnType<ChannelConfig["ordererEndpoints"]>[number];

/**
 * Pulls the blocks of one channel from its orderers for as long as it runs: one orderer at a time, another
 * after a failure, after silence and when the channel's endpoints change. Every block is verified before it is
 * handed on; an orderer that sends a bad one is left.
 */
export class BlockPuller {
  readonly #deps: BlockPullerDeps;
  readonly #options: BlockPullerOptions;
  readonly #rotation: PullRotation;
  readonly #setbacks = new PullSetbacks();
  readonly #patience: PullPatience;
  // The configuration of the newest block that was verified, which the sink may not have committed yet.
  #verified: ChannelConfig | undefined;

  constructor(deps: BlockPullerDeps, options: BlockPullerOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#rotation = new PullRotation(deps.random);
    const silenceMsMax = options.silenceMsMax ?? PULL_SILENCE_MS_MAX;
    this.#patience = new PullPatience({
      minMs: Math.min(PULL_SILENCE_MS_MIN, silenceMsMax),
      idleMaxMs: Math.min(PULL_IDLE_MS_MAX, silenceMsMax),
      owedMaxMs: silenceMsMax,
    });
  }

  /** Resolves once `signal` is aborted. Rejects when the sink does. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      const endpoints = this.#endpoints();
      const addresses = endpoints.map(({ address }) => address);
      const address = this.#rotation.next(addresses) ?? "";
      const endpoint = endpoints.find((candidate) => candidate.address === address);
      const attempt: PullAttempt = { startMs: clock.monotonicMs(), isHeard: false };
      const end: PullEnd =
        endpoint === undefined
          ? { kind: "failed", reason: "the channel's configuration names no orderer endpoints" }
          : await this.#pull(endpoint, attempt, signal);
      switch (end.kind) {
        case "aborted":
          return;
        case "moved-on":
          this.#leave(address, end.reason);
          break;
        case "failed": {
          const { reason, isUnavailable = false } = end;
          const startMs = attempt.isHeard ? clock.monotonicMs() : attempt.startMs;
          this.#reportTrouble({ address, startMs, isUnavailable }, addresses, reason);
          await this.#pause(signal);
        }
      }
    }
  }

  #leave(address: string, reason: string): void {
    const channel = this.#options.channelId;
    this.#deps.logger.debug("leaving orderer", { channel, address, reason });
  }

  #reportTrouble(failure: PullFailure, addresses: readonly string[], reason: string): void {
    const { clock, logger, report } = this.#deps;
    const { address } = failure;
    const setback = this.#setbacks.failed(failure, addresses, clock.monotonicMs());
    const fields = { channel: this.#options.channelId, address, reason };
    logger.warn("cannot pull blocks from orderer", { ...fields, failures: setback.failures });
    report({ kind: "trouble", address, reason, ...setback });
  }

  /** As long as there is another to ask it is asked at once. */
  async #pause(signal: AbortSignal): Promise<void> {
    if (!this.#rotation.isRoundOver) return;
    await sleep(this.#deps.timers, pullBackoffMs(this.#setbacks.roundFailed()), signal);
  }

  async #pull(endpoint: Endpoint, attempt: PullAttempt, signal: AbortSignal): Promise<PullEnd> {
    const { channelId } = this.#options;
    const stream = new OrdererStream(this.#deps, channelId, this.#target(endpoint), signal);
    try {
      const newest = await stream.newest();
      if (typeof newest !== "number") return failureOf(newest);
      attempt.isHeard = true;
      return await this.#follow(stream, endpoint, newest);
    } catch (error) {
      if (error instanceof SinkFailure) throw error.failure;
      if (signal.aborted) return { kind: "aborted" };
      return { kind: "failed", reason: errorMessage(error) };
    } finally {
      stream.close();
    }
  }

  /** `newest`: the block that is the orderer's newest, as it says. */
  async #follow(stream: OrdererStream, endpoint: Endpoint, newest: number): Promise<PullEnd> {
    const { clock } = this.#deps;
    const startMs = clock.monotonicMs();
    try {
      return await this.#takeAll(stream, endpoint, newest);
    } finally {
      if (clock.monotonicMs() - startMs >= PULL_STEADY_MS) this.#setbacks.clear();
    }
  }

  async #takeAll(stream: OrdererStream, endpoint: Endpoint, newest: number): Promise<PullEnd> {
    const { sink } = this.#deps;
    const config = this.#config();
    let expected: ExpectedBlock = { number: sink.height, previousHash: sink.lastHash };
    await stream.follow(expected.number, this.#options.takesBestEffort === true);
    for (;;) {
      const isOwed = newest >= expected.number;
      const answer = await stream.next(this.#patience.ms(isOwed));
      if (answer.kind === "silent") {
        this.#patience.wasSilent(isOwed);
        return { kind: "moved-on", reason: "it was silent" };
      }
      if (answer.kind !== "block") return failureOf(answer);
      const refusal = await this.#take(answer.block, expected, endpoint);
      if (refusal !== undefined) return { kind: "failed", reason: refusal };
      expected = successor(answer.block);
      if (!this.#isStill(endpoint, config))
        return { kind: "moved-on", reason: "its endpoint has changed" };
    }
  }

  /** Answers why the block is not to be believed. */
  async #take(
    block: Block,
    expected: ExpectedBlock,
    { address }: Endpoint,
  ): Promise<string | undefined> {
    const refusal = await this.#verify(block, expected);
    if (refusal !== undefined) return refusal;
    await this.#handOn(block);
    this.#setbacks.clear();
    this.#patience.cameBlock();
    this.#deps.report({ kind: "progress", address, number: expected.number });
    return undefined;
  }

  async #verify(block: Block, expected: ExpectedBlock): Promise<string | undefined> {
    if (this.#deps.trust !== undefined) {
      const trusted = await this.#deps.trust.verify(block, expected);
      return trusted.ok ? undefined : trusted.reason;
    }
    const verifier = new BlockVerifier({ current: () => this.#config() }, this.#deps.layers);
    const verdict = await verifier.verify(block, expected);
    if (!verdict.ok) return verdict.reason;
    if (isConfigBlock(block)) return this.#adopt(block);
    return undefined;
  }

  // What the orderers have signed as configuration decides over the blocks that follow, committed or not.
  #adopt(block: Block): string | undefined {
    try {
      this.#verified = this.#config().successorIn(block);
      return undefined;
    } catch (error) {
      return `the configuration in block ${block.header?.number ?? 0} is unusable: ${errorMessage(error)}`;
    }
  }

  async #handOn(block: Block): Promise<void> {
    try {
      await this.#deps.sink.offer(block);
    } catch (error) {
      throw new SinkFailure(error);
    }
  }

  #endpoints(): readonly Endpoint[] {
    const { isExcluded } = this.#options;
    const all = this.#deps.trust?.endpoints() ?? this.#config().ordererEndpoints();
    return isExcluded === undefined ? all : all.filter(({ address }) => !isExcluded(address));
  }

  #config(): ChannelConfig {
    const committed = this.#deps.config.current();
    const verified = this.#verified;
    return verified !== undefined && verified.sequence > committed.sequence ? verified : committed;
  }

  #isStill(endpoint: Endpoint, before: ChannelConfig): boolean {
    const now = this.#config();
    return now === before || this.#endpoints().some((candidate) => isSame(candidate, endpoint));
  }

  #target(endpoint: Endpoint): RpcTarget {
    return this.#options.isTlsEnabled
      ? { address: endpoint.address, tls: { rootsPem: endpoint.tlsRootsPem } }
      : { address: endpoint.address };
  }
}

/** Carries what the sink rejected with past the handling of what orderers do. */
class SinkFailure extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super("the sink takes no more blocks");
    this.failure = failure;
  }
}

function failureOf(answer: Exclude<OrdererAnswer, { kind: "block" }>): PullEnd {
  switch (answer.kind) {
    case "ended":
      return { kind: "failed", reason: "it ended the stream" };
    case "silent":
      return { kind: "failed", reason: `it did not answer within ${PULL_ANSWER_MS} ms` };
    case "status": {
      const { status } = answer;
      const isUnavailable = status === Status.SERVICE_UNAVAILABLE;
      return { kind: "failed", reason: `it answered with status ${status}`, isUnavailable };
    }
  }
}

function successor(block: Block): ExpectedBlock {
  assert(block.header !== undefined, "a verified block has a header");
  return { number: block.header.number + 1, previousHash: blockHeaderHash(block.header) };
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && rootsText(a) === rootsText(b);
}

const decoder = new TextDecoder();

function rootsText(endpoint: Endpoint): string {
  return endpoint.tlsRootsPem.map((pem) => decoder.decode(pem)).join("\n");
}
