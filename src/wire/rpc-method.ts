import type { RpcCodec, RpcMethod } from "../kernel/ports/rpc.ts";
import { decodeRequest, encode, type MessageType } from "./codec.ts";

/** A service as ts-proto describes it. */
interface ServiceDefinition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition<never, never>>>;
}

interface MethodDefinition<Request, Response> {
  readonly name: string;
  readonly requestType: MessageType<Request>;
  readonly requestStream: boolean;
  readonly responseType: MessageType<Response>;
  readonly responseStream: boolean;
}

type RequestOf<Method> = Method extends { readonly requestType: MessageType<infer Request> }
  ? Request
  : never;
type ResponseOf<Method> = Method extends { readonly responseType: MessageType<infer Response> }
  ? Response
  : never;

/** The method of a service, as servers and callers need it. */
export function methodOf<
  Service extends { readonly fullName: string; readonly methods: object },
  Name extends keyof Service["methods"],
>(
  service: Service,
  name: Name,
): RpcMethod<RequestOf<Service["methods"][Name]>, ResponseOf<Service["methods"][Name]>> {
  const { fullName, methods } = service as unknown as ServiceDefinition;
  const method = methods[name as string] as MethodDefinition<never, never>;
  return {
    path: `/${fullName}/${method.name}`,
    request: codecOf(method.requestType),
    response: codecOf(method.responseType),
    requestStream: method.requestStream,
    responseStream: method.responseStream,
  };
}

function codecOf<T>(type: MessageType<T>): RpcCodec<T> {
  return {
    encode: (message) => encode(type, message),
    decode: (bytes) => decodeRequest(type, bytes),
  };
}
