import { type ChannelConfig, isConfigBlock } from "../channel/index.ts";
import { assert } from "../kernel/assert.ts";
import { errorMessage } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { RpcDialer, RpcStream, RpcTarget } from "../kernel/ports/rpc.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { sleep } from "../kernel/sleep.ts";
import {
  AtomicBroadcastDefinition,
  SeekInfo_SeekBehavior,
  SeekInfo_SeekContentType,
  SeekInfo_SeekErrorResponse,
  blockHeaderHash,
  methodOf,
  type Block,
  type DeliverResponse,
  type Envelope,
  type SeekInfo,
} from "../wire/index.ts";
import type { BlockTrust } from "./block-trust.ts";
import { BlockVerifier } from "./block-verifier.ts";
import type { ExpectedBlock } from "./core/block-form.ts";
import { PullRotation, pullBackoffMs } from "./core/pull-rotation.ts";
import { PullPatience } from "./core/pull-patience.ts";
import { PullSetbacks } from "./core/pull-setbacks.ts";
import { PULL_SILENCE_MS_MAX, PULL_SILENCE_MS_MIN, PULL_STEADY_MS } from "./limits.ts";
import type { BlockSink, CurrentConfig, PullReport } from "./ports.ts";
import { seekEnvelope } from "./seek-envelope.ts";

export interface BlockPullerDeps {
  readonly dialer: RpcDialer;
  readonly signer: Signer;
  readonly config: CurrentConfig;
  readonly sink: BlockSink;
  /** Default: the endpoints of the newest verified configuration, and its orderers' signatures. */
  readonly trust?: BlockTrust;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  /** Told of every block and of every failed attempt; for the election of who pulls. */
  readonly report: (report: PullReport) => void;
}

export interface BlockPullerOptions {
  readonly channelId: string;
  /** Without TLS the orderers are dialled in plain text. */
  readonly isTlsEnabled: boolean;
  /** Longest silence after which another orderer is asked. Default 30,000. */
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
  | { readonly kind: "failed"; readonly reason: string };

type Endpoint = ReturnType<ChannelConfig["ordererEndpoints"]>[number];
type DeliverStream = RpcStream<Envelope, DeliverResponse>;

const STOP_NEVER = (2n ** 64n - 1n).toString();

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
    this.#patience = new PullPatience(Math.min(PULL_SILENCE_MS_MIN, silenceMsMax), silenceMsMax);
  }

  /** Resolves once `signal` is aborted. Rejects when the sink does. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const endpoints = this.#endpoints();
      const address = this.#rotation.next(endpoints.map((endpoint) => endpoint.address));
      const endpoint = endpoints.find((candidate) => candidate.address === address);
      const end: PullEnd =
        endpoint === undefined
          ? { kind: "failed", reason: "the channel's configuration names no orderer endpoints" }
          : await this.#pull(endpoint, signal);
      await this.#pause(endpoint?.address ?? "", end, signal);
    }
  }

  async #pause(address: string, end: PullEnd, signal: AbortSignal): Promise<void> {
    const { clock, logger, timers, report } = this.#deps;
    const fields = { channel: this.#options.channelId, address };
    switch (end.kind) {
      case "aborted":
        return;
      case "moved-on":
        logger.debug("leaving orderer", { ...fields, reason: end.reason });
        return;
      case "failed": {
        const { failures, forMs } = this.#setbacks.failed(clock.monotonicMs());
        logger.warn("cannot pull blocks from orderer", { ...fields, reason: end.reason, failures });
        report({ kind: "trouble", address, failures, forMs, reason: end.reason });
        // As long as there is another to ask it is asked at once.
        if (!this.#rotation.isRoundOver) return;
        await sleep(timers, pullBackoffMs(this.#setbacks.roundFailed()), signal);
      }
    }
  }

  async #pull(endpoint: Endpoint, signal: AbortSignal): Promise<PullEnd> {
    const channel = this.#deps.dialer.dial(this.#target(endpoint));
    const connection = new AbortController();
    const abort = (): void => {
      connection.abort();
    };
    signal.addEventListener("abort", abort);
    const silence = new Silence(this.#deps.timers, this.#patience, abort);
    const startMs = this.#deps.clock.monotonicMs();
    let stream: DeliverStream | undefined;
    try {
      stream = channel.stream(methodOf(AtomicBroadcastDefinition, "deliver"), {
        signal: connection.signal,
      });
      return await this.#follow(stream, endpoint, silence);
    } catch (error) {
      if (error instanceof SinkFailure) throw error.failure;
      if (signal.aborted) return { kind: "aborted" };
      if (silence.isTooLong) {
        this.#patience.wasSilent();
        return { kind: "moved-on", reason: "it was silent" };
      }
      return { kind: "failed", reason: errorMessage(error) };
    } finally {
      const lastedMs = this.#deps.clock.monotonicMs() - startMs;
      if (lastedMs >= PULL_STEADY_MS && stream?.peerCertificate() !== undefined)
        this.#setbacks.clear();
      silence.stop();
      signal.removeEventListener("abort", abort);
      connection.abort();
      channel.close();
    }
  }

  async #follow(stream: DeliverStream, endpoint: Endpoint, silence: Silence): Promise<PullEnd> {
    const { sink } = this.#deps;
    const config = this.#config();
    let expected: ExpectedBlock = { number: sink.height, previousHash: sink.lastHash };
    await stream.send(await this.#request(expected.number));
    for await (const response of stream.responses) {
      if (response.type?.$case !== "block") {
        return { kind: "failed", reason: `it answered with status ${response.type?.value ?? 0}` };
      }
      silence.pause();
      const block = response.type.value;
      const refusal = await this.#verify(block, expected);
      if (refusal !== undefined) return { kind: "failed", reason: refusal };
      await this.#handOn(block);
      this.#setbacks.clear();
      this.#patience.cameBlock();
      this.#deps.report({ kind: "progress", address: endpoint.address, number: expected.number });
      expected = successor(block);
      if (!this.#isStill(endpoint, config))
        return { kind: "moved-on", reason: "its endpoint has changed" };
      silence.resume();
    }
    return { kind: "failed", reason: "it ended the stream" };
  }

  async #verify(block: Block, expected: ExpectedBlock): Promise<string | undefined> {
    if (this.#deps.trust !== undefined) {
      const trusted = await this.#deps.trust.verify(block, expected);
      return trusted.ok ? undefined : trusted.reason;
    }
    const verifier = new BlockVerifier({ current: () => this.#config() });
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

  #request(from: number): Promise<Envelope> {
    const { signer, random, clock, dialer } = this.#deps;
    return seekEnvelope(signer, random, {
      channelId: this.#options.channelId,
      seek: seekFrom(from, this.#options.takesBestEffort === true),
      nowMs: clock.wallMs(),
      tlsCertificate: dialer.localCertificate,
    });
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

/** Aborts a connection on which nothing has come for too long. Time spent on a block that has come does not count. */
class Silence {
  readonly #timers: Timers;
  readonly #patience: PullPatience;
  readonly #tooLong: () => void;
  #timer: ReturnType<Timers["after"]> | undefined;
  isTooLong = false;

  constructor(timers: Timers, patience: PullPatience, tooLong: () => void) {
    this.#timers = timers;
    this.#patience = patience;
    this.#tooLong = tooLong;
    this.resume();
  }

  resume(): void {
    assert(this.#timer === undefined, "silence is measured once at a time");
    this.#timer = this.#timers.after(this.#patience.ms, () => {
      this.isTooLong = true;
      this.#tooLong();
    });
  }

  pause(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  stop(): void {
    this.pause();
  }
}

function successor(block: Block): ExpectedBlock {
  assert(block.header !== undefined, "a verified block has a header");
  return { number: block.header.number + 1, previousHash: blockHeaderHash(block.header) };
}

function seekFrom(number: number, takesBestEffort: boolean): SeekInfo {
  const { BEST_EFFORT, STRICT } = SeekInfo_SeekErrorResponse;
  return {
    start: { type: { $case: "specified", value: { number: number.toString() } } },
    stop: { type: { $case: "specified", value: { number: STOP_NEVER } } },
    behavior: SeekInfo_SeekBehavior.BLOCK_UNTIL_READY,
    errorResponse: takesBestEffort ? BEST_EFFORT : STRICT,
    contentType: SeekInfo_SeekContentType.BLOCK,
  };
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && rootsText(a) === rootsText(b);
}

const decoder = new TextDecoder();

function rootsText(endpoint: Endpoint): string {
  return endpoint.tlsRootsPem.map((pem) => decoder.decode(pem)).join("\n");
}
