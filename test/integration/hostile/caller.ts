/** A client that sends any bytes as a message and reports what became of the call. */
import * as grpc from "@grpc/grpc-js";
import type { MethodName } from "./methods.ts";
import type { Endpoint, TlsMaterial } from "./nodes.ts";

export interface Outcome {
  /** gRPC's status by name. */
  readonly status: string;
  readonly details: string;
  /** Messages received, at most `RESPONSES_KEPT`. */
  readonly responses: readonly Uint8Array[];
  readonly elapsedMs: number;
}

/** Nothing that is refused may take as long, on whatever machine. */
export const HANG_MS = 60_000;
/** Time to listen on after the first answer of a stream that stays open. */
const LISTEN_ON_MS = 5;
const RESPONSES_KEPT = 8;

export class Caller {
  readonly #client: grpc.Client;

  constructor(endpoint: Endpoint, tls?: TlsMaterial) {
    const credentials = grpc.credentials.createSsl(
      Buffer.from(endpoint.rootPem),
      tls && Buffer.from(tls.keyPem),
      tls && Buffer.from(tls.certificatePem),
    );
    this.#client = new grpc.Client(`127.0.0.1:${endpoint.port}`, credentials, {
      "grpc.ssl_target_name_override": endpoint.name,
      "grpc.max_send_message_length": -1,
      "grpc.max_receive_message_length": -1,
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_retries": 0,
    });
  }

  /**
   * One message, on a stream after those of `before`, then no more. `openMs`: the stream stays open when its message is
   * taken, and is cut off after its first answer or this time.
   */
  call(
    method: MethodName,
    message: Uint8Array,
    options: { readonly openMs?: number; readonly before?: readonly Uint8Array[] } = {},
  ): Promise<Outcome> {
    return method.isStream
      ? this.#stream(method.path, [...(options.before ?? []), message], options.openMs)
      : this.#unary(method.path, message, options.openMs ?? HANG_MS);
  }

  close(): void {
    this.#client.close();
  }

  #unary(path: string, message: Uint8Array, patienceMs: number): Promise<Outcome> {
    const startMs = performance.now();
    return new Promise((resolve) => {
      const options = { deadline: Date.now() + patienceMs };
      const asIs = (bytes: Buffer): Buffer => bytes;
      this.#client.makeUnaryRequest(
        path,
        asIs,
        asIs,
        Buffer.from(message),
        options,
        (error, response) => {
          const elapsedMs = performance.now() - startMs;
          const responses = response === undefined ? [] : [new Uint8Array(response)];
          resolve({ ...statusOf(error), responses, elapsedMs });
        },
      );
    });
  }

  #stream(path: string, messages: readonly Uint8Array[], openMs?: number): Promise<Outcome> {
    const startMs = performance.now();
    const responses: Uint8Array[] = [];
    return new Promise((resolve) => {
      const asIs = (bytes: Buffer): Buffer => bytes;
      const call = this.#client.makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs);
      const cancel = (): void => {
        call.cancel();
      };
      let cutOff = setTimeout(cancel, openMs ?? HANG_MS);
      call.on("data", (bytes: Buffer) => {
        if (responses.length < RESPONSES_KEPT) responses.push(new Uint8Array(bytes));
        if (openMs === undefined) return;
        clearTimeout(cutOff);
        cutOff = setTimeout(cancel, LISTEN_ON_MS);
      });
      call.on("error", () => undefined);
      call.on("status", (status: grpc.StatusObject) => {
        clearTimeout(cutOff);
        const elapsedMs = performance.now() - startMs;
        resolve({ ...statusOf(status), responses, elapsedMs });
      });
      for (const message of messages) call.write(Buffer.from(message));
      call.end();
    });
  }
}

function statusOf(status: { code: grpc.status; details: string } | null): {
  status: string;
  details: string;
} {
  if (status === null) return { status: "OK", details: "" };
  return { status: grpc.status[status.code], details: status.details };
}
