import type { Logger } from "../../src/kernel/ports/logger.ts";
import {
  groupReport,
  handOver,
  type GroupReport,
  type GroupReportSource,
  type TransferOutcome,
} from "../ordering/index.ts";
import type { ChannelInfo } from "./channel-info.ts";
import {
  errorAnswer,
  jsonAnswer,
  noSuchPageAnswer,
  notAllowedAnswer,
  type ApiAnswer,
} from "./core/api-answer.ts";
import type { ApiRequest } from "./core/api-request.ts";
import { channelIdProblem } from "./core/api-route.ts";
import { operatorRouteOf, readTransferRequest } from "./core/operator-route.ts";
import type { Drain } from "./drain.ts";
import { OPERATOR_BODY_BYTES_MAX } from "./limits.ts";

export interface OperatorApiDeps {
  readonly registrar: {
    list(): readonly ChannelInfo[];
    info(channelId: string): ChannelInfo | undefined;
    orderer(channelId: string): GroupReportSource | undefined;
  };
  readonly drain: Pick<Drain, "isOn" | "begin" | "end">;
  readonly logger: Logger;
}

/** One channel at this orderer. */
export interface ChannelReport extends ChannelInfo {
  /** Null where it does not order the channel. */
  readonly group: GroupReport | null;
}

const NO_STORE = { "Cache-Control": "no-store" } as const;

/**
 * What operators of a cluster ask of one orderer beyond Fabric's participation API: how each group stands, to hand
 * leadership over, and to drain the node. Whoever gets here was authenticated by the connection.
 */
export class OperatorApi {
  readonly #deps: OperatorApiDeps;

  constructor(deps: OperatorApiDeps) {
    this.#deps = deps;
  }

  /** Never rejects for what a request contains. */
  async answer(request: ApiRequest): Promise<ApiAnswer> {
    const route = operatorRouteOf(request.method, request.path);
    switch (route.kind) {
      case "nowhere":
        return noSuchPageAnswer();
      case "wrong method":
        return notAllowedAnswer(
          `invalid request method: ${request.method.slice(0, 20)}`,
          ...route.allowed,
        );
      case "channels":
        return jsonAnswer(200, this.#overview(), NO_STORE);
      case "channel":
        return this.#channel(route.channelId);
      case "transfer":
        return this.#transfer(route.channelId, request);
      case "drain":
        await this.#deps.drain.begin();
        return jsonAnswer(200, this.#overview(), NO_STORE);
      case "undrain":
        await this.#deps.drain.end();
        return jsonAnswer(200, this.#overview(), NO_STORE);
    }
  }

  #overview(): { readonly drained: boolean; readonly channels: readonly ChannelReport[] } {
    const channels = this.#deps.registrar.list().map((info) => this.#report(info));
    return { drained: this.#deps.drain.isOn, channels };
  }

  #report(info: ChannelInfo): ChannelReport {
    const orderer = this.#deps.registrar.orderer(info.name);
    return { ...info, group: orderer === undefined ? null : groupReport(orderer) };
  }

  #channel(channelId: string): ApiAnswer {
    const problem = channelIdProblem(channelId);
    if (problem !== undefined) return errorAnswer(400, `invalid channel ID: ${problem}`);
    const info = this.#deps.registrar.info(channelId);
    return info === undefined
      ? errorAnswer(404, "channel does not exist")
      : jsonAnswer(200, this.#report(info), NO_STORE);
  }

  async #transfer(channelId: string, request: ApiRequest): Promise<ApiAnswer> {
    const problem = channelIdProblem(channelId);
    if (problem !== undefined) return errorAnswer(400, `invalid channel ID: ${problem}`);
    const orderer = this.#deps.registrar.orderer(channelId);
    if (orderer === undefined) return errorAnswer(404, "this node does not order the channel");
    const body = await request.body();
    if (body === undefined || body.length > OPERATOR_BODY_BYTES_MAX) {
      return errorAnswer(413, `the request is larger than ${OPERATOR_BODY_BYTES_MAX} bytes`);
    }
    const reading = readTransferRequest(body);
    if (!reading.ok) {
      return errorAnswer(400, 'expected no body, or one such as {"to": 3} with a raft id');
    }
    const outcome = await handOver(orderer, reading.to);
    this.#deps.logger.info("was asked to hand leadership over", {
      channel: channelId,
      to: reading.to,
      outcome: outcome.kind,
    });
    return transferAnswer(outcome);
  }
}

function transferAnswer(outcome: TransferOutcome): ApiAnswer {
  switch (outcome.kind) {
    case "transferred":
      return jsonAnswer(200, { leaderId: outcome.leaderId });
    case "not leader":
      return errorAnswer(
        409,
        outcome.leaderId === undefined
          ? "the channel has no leader"
          : `this node does not lead: member ${outcome.leaderId} does`,
      );
    case "refused":
      return errorAnswer(409, `leadership cannot be handed over: ${outcome.reason}`);
    case "failed":
      return errorAnswer(503, "the transfer did not come to its end in time: try again");
  }
}
