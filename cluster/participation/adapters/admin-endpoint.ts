/** HTTPS with mutual TLS for administrators: who presents no certificate of theirs does not get past the handshake. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { ApiAnswer } from "../core/api-answer.ts";
import type { ApiRequest } from "../core/api-request.ts";

export interface AdminEndpointOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** What this end presents. */
  readonly certificatePem: Uint8Array;
  readonly keyPem: Uint8Array;
  /** PEM of the CAs, one of which must have issued what a caller presents. At least one. */
  readonly clientRootsPem: readonly Uint8Array[];
  /** A larger body is refused. */
  readonly requestBytesMax: number;
}

/** A request that is not complete by then is dropped. */
const REQUEST_TIMEOUT_MS = 10_000;
/** A caller that has not authenticated itself by then is dropped. */
const HANDSHAKE_TIMEOUT_MS = 5_000;
const CONNECTIONS_MAX = 50;
const REQUEST_ID_LENGTH_MAX = 200;

export class AdminEndpoint {
  readonly #server: Server;
  readonly #options: AdminEndpointOptions;
  readonly #answer: (request: ApiRequest) => Promise<ApiAnswer>;

  /** `answer` may reject for a bug only: the caller is then disconnected. */
  constructor(answer: (request: ApiRequest) => Promise<ApiAnswer>, options: AdminEndpointOptions) {
    this.#answer = answer;
    this.#options = options;
    this.#server = createServer(
      {
        ...tlsOptions(options),
        requestCert: true,
        rejectUnauthorized: true,
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      },
      (request, response) => {
        this.#serve(request, response).catch(() => {
          response.destroy();
        });
      },
    );
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS;
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Resolves with the port; rejects with the system's error. */
  async listen(): Promise<number> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port }, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Presents another certificate to whoever connects from now on. Throws for what is no certificate with its key. */
  renewTls(renewed: Pick<AdminEndpointOptions, "certificatePem" | "keyPem">): void {
    const options = tlsOptions({ ...this.#options, ...renewed });
    createSecureContext(options);
    this.#server.setSecureContext(options);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    const { status, headers, body } =
      path === undefined
        ? { status: 400, headers: {}, body: new Uint8Array(0) }
        : await this.#answer({
            method: request.method ?? "",
            path,
            accept: request.headers.accept,
            contentTypes: request.headersDistinct["content-type"] ?? [],
            body: () => readBody(request, this.#options.requestBytesMax),
          });
    // What was not read would be taken for the next request.
    const isRead = request.complete || request.readableEnded;
    response.writeHead(status, {
      ...headers,
      "X-Request-Id": requestId(request),
      ...(isRead || !hasBody(request) ? {} : { Connection: "close" }),
    });
    response.end(body);
  }
}

function tlsOptions(
  options: Pick<AdminEndpointOptions, "certificatePem" | "keyPem" | "clientRootsPem">,
): SecureContextOptions {
  return {
    cert: Buffer.from(options.certificatePem),
    key: Buffer.from(options.keyPem),
    ca: options.clientRootsPem.map((pem) => Buffer.from(pem)),
    minVersion: "TLSv1.2",
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

function pathOf(request: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent((request.url ?? "").split("?")[0] ?? "");
  } catch {
    return undefined;
  }
}

// Fabric: the caller's, or a new one.
function requestId({ headers }: IncomingMessage): string {
  const given = headers["x-request-id"];
  const isUsable =
    typeof given === "string" && given !== "" && given.length <= REQUEST_ID_LENGTH_MAX;
  return isUsable ? given : randomUUID();
}

async function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  // The connection must outlive a body that is too large, to carry the refusal.
  const chunksOfRequest = request.iterator({ destroyOnReturn: false });
  for await (const chunk of chunksOfRequest as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
