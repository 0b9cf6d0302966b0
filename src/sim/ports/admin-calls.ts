/** What administrators ask of an orderer, over the simulated network: in place of HTTPS with mutual TLS. */
import type { ApiAnswer, ApiRequest } from "../../../cluster/participation/index.ts";
import { concatBytes, EMPTY_BYTES, utf8, utf8Decode } from "../../kernel/bytes.ts";
import { errorMessage } from "../../kernel/error.ts";
import {
  serveUnary,
  type RpcBinding,
  type RpcChannel,
  type RpcCodec,
  type RpcMethod,
} from "../../kernel/ports/rpc.ts";
import {
  NetworkError,
  type AdminAnswer,
  type AdminCall,
  type AdminRequest,
} from "../../network/client/index.ts";

/** As long as an administrator's client waits. */
const TIMEOUT_MS = 20_000;

const NEWLINE = 10;

const method: RpcMethod<AdminRequest, AdminAnswer> = {
  path: "/simulation.Administration/Ask",
  request: framed(
    ({ method: verb, path, form }: AdminRequest) => [
      { method: verb, path, type: form?.type },
      form?.body,
    ],
    (head, body) => {
      const { method: verb = "", path = "", type } = head;
      return { method: verb, path, form: type === undefined ? undefined : { type, body } };
    },
  ),
  response: framed(
    ({ status, body }: AdminAnswer) => [{ status: String(status) }, body],
    ({ status }, body) => ({ status: Number(status), body }),
  ),
  requestStream: false,
  responseStream: false,
};

/** Serves an orderer's API. */
export function adminBinding(answer: (request: ApiRequest) => Promise<ApiAnswer>): RpcBinding {
  return serveUnary(method, ({ method: verb, path, form }) => {
    return answer({
      method: verb,
      path: decodeURIComponent(path),
      accept: undefined,
      contentTypes: form === undefined ? [] : [form.type],
      body: () => Promise.resolve(form?.body ?? EMPTY_BYTES),
    });
  });
}

/** Asks the orderer called `name` at the other end of `channel`. */
export function adminCall(name: string, channel: RpcChannel): AdminCall {
  return async (request) => {
    try {
      return await channel.unary(method, request, { timeoutMs: TIMEOUT_MS });
    } catch (cause) {
      const text = `${name} does not answer on its administration port (${errorMessage(cause)})`;
      throw new NetworkError("not running", text, { cause });
    }
  };
}

type Head = Readonly<Record<string, string | undefined>>;

/** A line of JSON, and bytes behind it. */
function framed<T>(
  split: (message: T) => readonly [Head, Uint8Array | undefined],
  join: (head: Head, body: Uint8Array) => T,
): RpcCodec<T> {
  return {
    encode: (message) => {
      const [head, body = EMPTY_BYTES] = split(message);
      return concatBytes(utf8(`${JSON.stringify(head)}\n`), body);
    },
    decode: (bytes) => {
      const end = bytes.indexOf(NEWLINE);
      const head = JSON.parse(utf8Decode(bytes.subarray(0, end))) as Head;
      return join(head, bytes.slice(end + 1));
    },
  };
}
