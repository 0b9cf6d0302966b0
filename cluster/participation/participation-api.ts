import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { MspCache } from "../../src/msp/index.ts";
import { Block, Envelope, tryDecode } from "../../src/wire/index.ts";
import type { ChannelInfo } from "./channel-info.ts";
import type { ChannelRegistrar } from "./channel-registrar.ts";
import {
  bytesAnswer,
  emptyAnswer,
  errorAnswer,
  jsonAnswer,
  noSuchPageAnswer,
  notAllowedAnswer,
  redirectAnswer,
  type ApiAnswer,
} from "./core/api-answer.ts";
import type { ApiRequest } from "./core/api-request.ts";
import {
  PARTICIPATION_CHANNELS,
  acceptsJson,
  blockChoiceOf,
  channelIdProblem,
  routeOf,
} from "./core/api-route.ts";
import { fileOfForm } from "./core/form.ts";
import { readConfigUpdate, readJoinBlock } from "./core/join-block.ts";
import { parseMediaType } from "./core/media-type.ts";

export interface ParticipationApiDeps {
  readonly registrar: Pick<
    ChannelRegistrar,
    "list" | "info" | "join" | "remove" | "fetch" | "update"
  >;
  /** Orders a configuration update; resolves with the reason when it is refused. */
  readonly orderConfigUpdate: (envelope: Envelope) => Promise<string | undefined>;
  readonly logger: Logger;
  /** Of the organisations that this node knows. Default: each block's are read anew. */
  readonly msps?: MspCache;
}

const NO_STORE = { "Cache-Control": "no-store" } as const;

/**
 * Fabric's channel participation API, as `osnadmin` speaks it: list, join, update, remove and fetch. Whoever gets here was
 * authenticated by the connection.
 */
export class ParticipationApi {
  readonly #deps: ParticipationApiDeps;

  constructor(deps: ParticipationApiDeps) {
    this.#deps = deps;
  }

  /** Never rejects for what a request contains. */
  async answer(request: ApiRequest): Promise<ApiAnswer> {
    const { method, path, contentTypes } = request;
    const route = routeOf(method, path, contentTypes);
    switch (route.kind) {
      case "nowhere":
        return noSuchPageAnswer();
      case "base":
        return redirectAnswer(PARTICIPATION_CHANNELS);
      case "wrong method":
        return notAllowedAnswer(`invalid request method: ${method}`, ...route.allowed);
      case "wrong content type":
        return errorAnswer(400, `unsupported Content-Type: [${contentTypes.join(" ")}]`);
      case "list":
      case "join":
      case "update":
      case "info":
      case "remove":
      case "fetch":
        break;
    }
    if (!acceptsJson(request.accept)) {
      return errorAnswer(406, "response Content-Type is application/json only");
    }
    switch (route.kind) {
      case "list":
        return this.#list();
      case "join":
        return this.#join(request);
      case "update":
        return this.#update(request);
      case "info":
        return withChannelId(route.channelId, () => this.#info(route.channelId));
      case "remove":
        return withChannelId(route.channelId, () => this.#remove(route.channelId));
      case "fetch":
        return withChannelId(route.channelId, () => this.#fetch(route.channelId, route.blockId));
    }
  }

  // Fabric: null, not an empty list.
  #list(): ApiAnswer {
    const channels = this.#deps.registrar.list().map(({ name }) => ({ name, url: urlOf(name) }));
    const content = { systemChannel: null, channels: channels.length === 0 ? null : channels };
    return jsonAnswer(200, content, NO_STORE);
  }

  #info(channelId: string): Promise<ApiAnswer> {
    const info = this.#deps.registrar.info(channelId);
    return Promise.resolve(
      info === undefined
        ? errorAnswer(404, "channel does not exist")
        : jsonAnswer(200, documentOf(info), NO_STORE),
    );
  }

  async #join(request: ApiRequest): Promise<ApiAnswer> {
    const file = await fileIn(request, "config-block");
    if (!file.ok) return errorAnswer(400, file.reason);
    const block = tryDecode(Block, file.content);
    if (block === undefined) {
      return errorAnswer(
        400,
        "cannot unmarshal file part config-block into a block: proto: cannot parse invalid wire-format data",
      );
    }
    const reading = readJoinBlock(block, this.#deps.msps);
    if (!reading.ok) return errorAnswer(400, `invalid join block: ${reading.reason}`);
    const result = await this.#deps.registrar.join(block);
    switch (result.kind) {
      case "joined":
        this.#deps.logger.info("joined a channel", { ...result.info });
        return createdAnswer(result.info);
      case "exists":
        return notAllowedAnswer("cannot join: channel already exists", "GET", "DELETE");
      case "removing":
        return errorAnswer(409, "cannot join: channel pending removal");
      case "removal failed":
        return errorAnswer(500, "cannot join: channel removal failure");
      case "refused":
        return errorAnswer(400, `cannot join: ${result.reason}`);
    }
  }

  async #update(request: ApiRequest): Promise<ApiAnswer> {
    const file = await fileIn(request, "config-update-envelope");
    if (!file.ok) return errorAnswer(400, file.reason);
    const envelope = tryDecode(Envelope, file.content);
    if (envelope === undefined) {
      return errorAnswer(
        400,
        "cannot unmarshal file part config-update-envelope into an envelope: proto: cannot parse invalid wire-format data",
      );
    }
    const reading = readConfigUpdate(envelope);
    if (!reading.ok) return errorAnswer(400, `invalid config update envelope: ${reading.reason}`);
    const { registrar, orderConfigUpdate } = this.#deps;
    const result = await registrar.update(reading.channelId, envelope, orderConfigUpdate);
    switch (result.kind) {
      case "updated":
        return createdAnswer(result.info);
      case "unknown":
        return errorAnswer(405, "cannot update: channel does not exist");
      case "follower":
        return errorAnswer(403, "cannot update: channel is not ready, he is a follower");
      case "removing":
        return errorAnswer(409, "cannot update: channel pending removal");
      case "removal failed":
        return errorAnswer(500, "cannot update: channel removal failure");
      case "refused":
        return errorAnswer(
          400,
          `cannot update: failed update config of channel ${reading.channelId}: ${result.reason}`,
        );
    }
  }

  async #remove(channelId: string): Promise<ApiAnswer> {
    const result = await this.#deps.registrar.remove(channelId);
    switch (result.kind) {
      case "removed":
        this.#deps.logger.info("removed a channel", { channel: channelId });
        return emptyAnswer(204);
      case "unknown":
        return errorAnswer(404, "cannot remove: channel does not exist");
      case "removing":
        return errorAnswer(409, "cannot remove: channel pending removal");
      case "failed":
        return errorAnswer(400, `cannot remove: ${result.reason}`);
    }
  }

  async #fetch(channelId: string, blockId: string): Promise<ApiAnswer> {
    const choice = blockChoiceOf(blockId);
    if (choice === undefined) {
      return errorAnswer(
        400,
        `invalid block ID: '${blockId.slice(0, 100)}' not equal <newest|oldest|config|(number)>`,
      );
    }
    const result = await this.#deps.registrar.fetch(channelId, choice);
    switch (result.kind) {
      case "block":
        return bytesAnswer(result.bytes, NO_STORE);
      case "unknown":
        return errorAnswer(404, "channel does not exist");
      case "follower":
        return errorAnswer(404, "channel is not ready, he is a follower");
      case "removing":
        return errorAnswer(404, "channel pending removal");
      case "removal failed":
        return errorAnswer(404, "channel removal failure");
      case "no block":
        return errorAnswer(404, `no such block: ${choice}`);
    }
  }
}

async function withChannelId(
  channelId: string,
  answer: () => Promise<ApiAnswer>,
): Promise<ApiAnswer> {
  const problem = channelIdProblem(channelId);
  return problem === undefined ? answer() : errorAnswer(400, `invalid channel ID: ${problem}`);
}

async function fileIn(request: ApiRequest, key: string): Promise<ReturnType<typeof fileOfForm>> {
  const mediaType = parseMediaType(request.contentTypes[0] ?? "");
  if (!mediaType.ok) {
    return { ok: false, reason: `cannot parse Mime media type: ${mediaType.reason}` };
  }
  const body = await request.body();
  if (body !== undefined) return fileOfForm(body, mediaType.parameters.get("boundary") ?? "", key);
  return {
    ok: false,
    reason: "cannot read form from request body: multipart: NextPart: http: request body too large",
  };
}

function createdAnswer(info: ChannelInfo): ApiAnswer {
  return jsonAnswer(201, documentOf(info), { Location: urlOf(info.name) });
}

// The order of Fabric's fields. The complaint is one of our own.
function documentOf({ name, consensusRelation, status, height, ...rest }: ChannelInfo): unknown {
  return { name, url: urlOf(name), consensusRelation, status, height, ...rest };
}

function urlOf(channelId: string): string {
  return `${PARTICIPATION_CHANNELS}/${channelId}`;
}
