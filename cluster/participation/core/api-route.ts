/** Where the channel participation API is. */
export const PARTICIPATION_BASE = "/participation/v1/";
export const PARTICIPATION_CHANNELS = "/participation/v1/channels";

/** What a request asks for, by method and path alone. */
export type ApiRoute =
  | { readonly kind: "base" | "list" | "join" | "update" | "nowhere" }
  | { readonly kind: "info" | "remove"; readonly channelId: string }
  | { readonly kind: "fetch"; readonly channelId: string; readonly blockId: string }
  | { readonly kind: "wrong method"; readonly allowed: readonly string[] }
  | { readonly kind: "wrong content type" };

// Fabric's pattern, which is found anywhere in the header.
const FORM = /multipart\/form-data*/;

/** Fabric's routes. `contentTypes`: all headers of that name. */
export function routeOf(method: string, path: string, contentTypes: readonly string[]): ApiRoute {
  if (path === PARTICIPATION_BASE) return { kind: method === "GET" ? "base" : "nowhere" };
  if (path === PARTICIPATION_CHANNELS) return channelsRoute(method, contentTypes);
  if (!path.startsWith(`${PARTICIPATION_CHANNELS}/`)) return { kind: "nowhere" };
  const [channelId = "", blocks, blockId, ...rest] = path
    .slice(PARTICIPATION_CHANNELS.length + 1)
    .split("/");
  if (channelId === "" || rest.length > 0) return { kind: "nowhere" };
  if (blocks === undefined) return channelRoute(method, channelId);
  if (blocks !== "blocks" || blockId === undefined || blockId === "") return { kind: "nowhere" };
  return method === "GET"
    ? { kind: "fetch", channelId, blockId }
    : { kind: "wrong method", allowed: ["GET"] };
}

function channelsRoute(method: string, contentTypes: readonly string[]): ApiRoute {
  const isForm = contentTypes.some((type) => FORM.test(type));
  switch (method) {
    case "GET":
      return { kind: "list" };
    case "POST":
      return { kind: isForm ? "join" : "wrong content type" };
    case "PUT":
      return { kind: isForm ? "update" : "wrong content type" };
    default:
      return { kind: "wrong method", allowed: ["GET", "POST", "PUT"] };
  }
}

function channelRoute(method: string, channelId: string): ApiRoute {
  switch (method) {
    case "GET":
      return { kind: "info", channelId };
    case "DELETE":
      return { kind: "remove", channelId };
    default:
      return { kind: "wrong method", allowed: ["GET", "DELETE"] };
  }
}

/** Fabric: every answer is JSON, and a caller that wants none is told so. */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === "") return true;
  return ["application/json", "application/*", "*/*"].some((type) => accept.includes(type));
}

const NAME_LENGTH_MAX = 249;

/** What is wrong with a channel id, in Fabric's words; undefined for a good one. */
export function channelIdProblem(channelId: string): string | undefined {
  if (channelId.length === 0) return "channel ID illegal, cannot be empty";
  if (channelId.length > NAME_LENGTH_MAX) {
    return `channel ID illegal, cannot be longer than ${NAME_LENGTH_MAX}`;
  }
  if (!/^[a-z][a-z0-9.-]*$/.test(channelId)) return `'${channelId}' contains illegal characters`;
  return undefined;
}

/** Which block of a channel is asked for. */
export type BlockChoice = "newest" | "oldest" | "config" | number;

/** Fabric's block ids; undefined for anything else. A number that no block can have is -1. */
export function blockChoiceOf(blockId: string): BlockChoice | undefined {
  if (blockId === "newest" || blockId === "oldest" || blockId === "config") return blockId;
  if (!/^[+-]?\d{1,18}$/.test(blockId)) return undefined;
  const number = Number(blockId);
  return Number.isSafeInteger(number) && number >= 0 ? number : -1;
}
