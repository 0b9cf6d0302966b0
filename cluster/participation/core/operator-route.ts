import { utf8Decode } from "../../../src/kernel/bytes.ts";

/** Where the operators' API is: beside Fabric's, and this program's own. */
export const OPERATOR_BASE = "/heddle/v1/";

/** What a request of an operator asks for. */
export type OperatorRoute =
  | { readonly kind: "channels" | "drain" | "undrain" | "nowhere" }
  | { readonly kind: "channel" | "transfer"; readonly channelId: string }
  | { readonly kind: "wrong method"; readonly allowed: readonly string[] };

/** `path`: decoded, without the query. */
export function operatorRouteOf(method: string, path: string): OperatorRoute {
  const [first, channelId, action, ...rest] = path.slice(OPERATOR_BASE.length).split("/");
  if (!path.startsWith(OPERATOR_BASE) || rest.length > 0) return { kind: "nowhere" };
  if (first === "drain" && channelId === undefined) return drainRoute(method);
  if (first !== "channels" || channelId === "") return { kind: "nowhere" };
  if (channelId === undefined) return only("GET", method, { kind: "channels" });
  if (action === undefined) return only("GET", method, { kind: "channel", channelId });
  return action === "transfer-leader"
    ? only("POST", method, { kind: "transfer", channelId })
    : { kind: "nowhere" };
}

function drainRoute(method: string): OperatorRoute {
  if (method === "POST") return { kind: "drain" };
  if (method === "DELETE") return { kind: "undrain" };
  return { kind: "wrong method", allowed: ["POST", "DELETE"] };
}

function only(allowed: string, method: string, route: OperatorRoute): OperatorRoute {
  return method === allowed ? route : { kind: "wrong method", allowed: [allowed] };
}

/** What a transfer is asked for; `to` absent: whoever is most advanced. */
export type TransferRequestReading =
  { readonly ok: true; readonly to: number | undefined } | { readonly ok: false };

/** Reads `{}`, `{"to": 3}` or nothing at all; anything else is refused. */
export function readTransferRequest(body: Uint8Array): TransferRequestReading {
  if (body.length === 0) return { ok: true, to: undefined };
  let content: unknown;
  try {
    content = JSON.parse(utf8Decode(body));
  } catch {
    return { ok: false };
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    return { ok: false };
  }
  const keys = Object.keys(content);
  if (keys.length === 0) return { ok: true, to: undefined };
  const to: unknown = "to" in content ? content.to : undefined;
  const isId = typeof to === "number" && Number.isSafeInteger(to) && to > 0;
  return isId && keys.length === 1 ? { ok: true, to } : { ok: false };
}
