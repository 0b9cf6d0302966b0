import type { ChannelConfig } from "../channel/index.ts";
import { errorMessage } from "../kernel/error.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Counter, Meter } from "../kernel/ports/meter.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { EndorserDefinition, methodOf, type SignedProposal } from "../wire/index.ts";
import type { Connections } from "./connections.ts";
import type { Candidate } from "./core/candidates.ts";
import { judgeReply, type EndorserReply, type ReplyVerdict } from "./core/endorser-reply.ts";
import type { LocalEndorser } from "./ports.ts";
import { withinTime } from "./within-call.ts";

export interface EndorserPoolDeps {
  readonly local: LocalEndorser;
  readonly connections: Connections;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly meter: Meter;
}

const processProposal = methodOf(EndorserDefinition, "processProposal");

/** Sends proposals to endorsers: to this peer's own in process, to the others over the network. */
export class EndorserPool {
  readonly #deps: EndorserPoolDeps;
  readonly #timeoutMs: number;
  readonly #calls: Counter;

  constructor(deps: EndorserPoolDeps, options: { readonly timeoutMs: number }) {
    this.#deps = deps;
    this.#timeoutMs = options.timeoutMs;
    this.#calls = deps.meter.counter({
      name: "gateway_endorser_calls_total",
      help: "Proposals sent to endorsers, by organisation and what came of it.",
      labels: ["msp_id", "outcome"],
    });
  }

  /** Never rejects. */
  async propose(
    candidate: Candidate,
    config: ChannelConfig,
    signed: SignedProposal,
    signal: AbortSignal,
  ): Promise<ReplyVerdict> {
    const reply = await withinTime<EndorserReply>(
      this.#deps.timers,
      this.#timeoutMs,
      signal,
      (own) => this.#send(candidate, config, signed, own),
      (reason) => ({
        kind: "failed",
        message: reason === "timeout" ? "context deadline exceeded" : "context canceled",
      }),
    );
    const verdict = judgeReply(reply);
    const { mspId, address } = candidate;
    this.#calls.add(1, { msp_id: mspId, outcome: verdict.ok ? "OK" : verdict.code });
    if (!verdict.ok) {
      const { message } = verdict;
      this.#deps.logger.debug("endorser call failed", { mspId, address, reason: message });
    }
    return verdict;
  }

  async #send(
    { mspId, address, isLocal }: Candidate,
    config: ChannelConfig,
    signed: SignedProposal,
    signal: AbortSignal,
  ): Promise<EndorserReply> {
    try {
      if (isLocal) {
        const answer = await this.#deps.local.processProposal(signed, { signal });
        return answer.kind === "rejected" ? { kind: "rejected", message: answer.message } : answer;
      }
      const roots = config.mspManager.msp(mspId)?.tlsRootsPem ?? [];
      const channel = this.#deps.connections.to(address, roots);
      return {
        kind: "response",
        response: await channel.unary(processProposal, signed, { signal }),
      };
    } catch (error) {
      return { kind: "failed", message: errorMessage(error) };
    }
  }
}
