import type { Clock } from "../kernel/ports/clock.ts";
import { verifySignatures } from "../msp/index.ts";
import {
  SeekInfo,
  SeekInfo_SeekBehavior,
  SeekInfo_SeekContentType,
  SeekInfo_SeekErrorResponse,
  Status,
  tryDecodeRequest,
  type Block,
} from "../wire/index.ts";
import { isConfigBlock, type ChannelConfig } from "../channel/index.ts";
import { seekRange, type SeekRange } from "./core/seek-range.ts";
import type { SeekRequest } from "./core/seek-request.ts";
import { SessionAccess } from "./core/session-access.ts";
import type { DeliverChannel } from "./ports.ts";

/** How a request ended. `reason` is for logs. */
export interface SessionEnd {
  readonly status: Status;
  readonly reason: string;
}

/** One request for blocks of one channel. */
export interface SessionDeps {
  readonly channel: DeliverChannel;
  readonly request: SeekRequest;
  readonly clock: Clock;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  readonly policyPath: (config: ChannelConfig) => string;
  /** Resolves when the transport wants more. Rejects when the caller has gone. */
  readonly send: (block: Block) => Promise<void>;
}

/** Answers one request: checks it, sends the blocks, and says with which status to close it. */
export class DeliverSession {
  readonly #deps: SessionDeps;
  readonly #access: SessionAccess;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    const signer = deps.channel.config.current().mspManager.identity(deps.request.creator);
    this.#access = new SessionAccess(signer.ok ? signer.identity.notAfterMs : Infinity);
  }

  /** Runs to its end. Rejects only with what `send` or the block source rejects with. */
  async run(): Promise<SessionEnd> {
    const { channel, request } = this.#deps;
    const seek = tryDecodeRequest(SeekInfo, request.data);
    if (seek === undefined) return end(Status.BAD_REQUEST, "the SeekInfo is malformed");
    const isStrict = seek.errorResponse !== SeekInfo_SeekErrorResponse.BEST_EFFORT;
    const trouble = isStrict ? channel.trouble?.() : undefined;
    if (trouble?.aborted === true) return unavailable();
    const refusal = await this.#refusal();
    if (refusal !== undefined) return end(Status.FORBIDDEN, refusal);
    const answer = seekRange(seek, channel.blocks.height);
    if (answer.kind === "refused") return end(answer.status, answer.reason);
    return this.#deliver(seek, answer.range, trouble);
  }

  async #deliver(
    seek: SeekInfo,
    range: SeekRange,
    trouble: AbortSignal | undefined,
  ): Promise<SessionEnd> {
    const { signal } = this.#deps;
    const either = trouble === undefined ? signal : AbortSignal.any([signal, trouble]);
    for (let number = range.first; ; number += 1) {
      const waited = await this.#waitFor(number, seek.behavior, either);
      if (waited !== undefined) return waited;
      const block = await this.#deps.channel.blocks.read(number);
      if (block === undefined) return end(Status.NOT_FOUND, `block ${number} is not kept here`);
      const refusal = await this.#refusal();
      if (refusal !== undefined) return end(Status.FORBIDDEN, refusal);
      await this.#deps.send(contentOf(block, seek.contentType));
      if (number === range.last) return end(Status.SUCCESS, "done");
    }
  }

  /** Resolves with undefined once there is block `number`. `either`: the caller has gone, or there is trouble. */
  async #waitFor(
    number: number,
    behavior: SeekInfo_SeekBehavior,
    either: AbortSignal,
  ): Promise<SessionEnd | undefined> {
    const { channel, signal } = this.#deps;
    if (number < channel.blocks.height) return undefined;
    if (behavior === SeekInfo_SeekBehavior.FAIL_IF_NOT_READY) {
      return end(Status.NOT_FOUND, `block ${number} does not exist yet`);
    }
    if (await channel.blocks.waitForHeight(number + 1, either)) return undefined;
    if (signal.aborted) return end(Status.INTERNAL_SERVER_ERROR, "the caller has gone");
    // In trouble, or the channel is being closed here.
    return unavailable();
  }

  /** Why the requester may not have another block. */
  async #refusal(): Promise<string | undefined> {
    const { channel, clock } = this.#deps;
    const config = channel.config.current();
    switch (this.#access.next(clock.wallMs(), config.sequence)) {
      case "granted":
        return undefined;
      case "expired":
        return "the requester's certificate has expired";
      case "check-policy":
        return this.#checkPolicy(config);
    }
  }

  async #checkPolicy(config: ChannelConfig): Promise<string | undefined> {
    const { request, policyPath } = this.#deps;
    const path = policyPath(config);
    const policy = config.policy(path);
    if (policy === undefined) return `no such policy: '${path}'`;
    const { payload, creator, signature } = request;
    const identities = await verifySignatures(config.mspManager, [
      { data: payload, identity: creator, signature },
    ]);
    const verdict = policy.evaluate(identities);
    if (!verdict.satisfied) return `the requester does not satisfy ${path}: ${verdict.reason}`;
    this.#access.checked(config.sequence);
    return undefined;
  }
}

// Block attestations carry no data, except that configuration must always be readable.
function contentOf(block: Block, contentType: SeekInfo_SeekContentType): Block {
  if (contentType !== SeekInfo_SeekContentType.HEADER_WITH_SIG || isConfigBlock(block))
    return block;
  return { header: block.header, data: undefined, metadata: block.metadata };
}

function unavailable(): SessionEnd {
  return end(Status.SERVICE_UNAVAILABLE, "the ordering service is not available");
}

function end(status: Status, reason: string): SessionEnd {
  return { status, reason };
}
