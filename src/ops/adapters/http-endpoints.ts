/** `/healthz`, `/metrics`, `/version` and `/logspec`, with Fabric's answers, and what hosts add. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Inquiry, Order } from "../endpoint.ts";
import type { Health } from "../health.ts";
import type { LogSpecResult } from "../log-spec.ts";

export interface OpsEndpointsDeps {
  readonly health: Health;
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  readonly log: { spec(): string; setSpec(text: string): LogSpecResult };
  readonly version: { readonly version: string; readonly commit: string };
}

export interface OpsEndpointsOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
}

/** A larger request body is refused. */
const BODY_BYTES_MAX = 65_536;
/** A request that is not complete by then is dropped. */
const REQUEST_TIMEOUT_MS = 5_000;
const CONNECTIONS_MAX = 100;

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export class OpsEndpoints {
  readonly #server: Server;
  readonly #options: OpsEndpointsOptions;
  readonly #deps: OpsEndpointsDeps;
  readonly #routes: Map<string, ReadonlyMap<string, Handler>>;

  constructor(deps: OpsEndpointsDeps, options: OpsEndpointsOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#routes = new Map<string, ReadonlyMap<string, Handler>>([
      ["/healthz", new Map([["GET", this.#healthz]])],
      ["/metrics", new Map([["GET", this.#metrics]])],
      ["/version", new Map([["GET", this.#version]])],
      [
        "/logspec",
        new Map([
          ["GET", this.#readSpec],
          ["PUT", this.#writeSpec],
        ]),
      ],
    ]);
    this.#server = createServer((request, response) => {
      this.#route(request, response).catch(() => {
        response.destroy();
      });
    });
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS;
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Offers one more endpoint, to be read only. To be called before `listen`. */
  offer(path: string, inquiry: Inquiry): void {
    const get: Handler = (request, response) => {
      const query = new URLSearchParams((request.url ?? "").split("?")[1] ?? "");
      const { status, body } = inquiry(query);
      sendJson(response, status, body);
      return Promise.resolve();
    };
    this.#routes.set(path, new Map(this.#routes.get(path)).set("GET", get));
  }

  /** Offers an endpoint that changes something. To be called before `listen`. */
  accept(path: string, order: Order): void {
    const post: Handler = async (request, response) => {
      // A page in a browser on this machine cannot send this type unasked.
      if (request.headers["content-type"] !== "application/json") {
        sendJson(response, 415, { error: "send the content type application/json" });
        return;
      }
      const body = await bodyOf(request);
      const { status, body: answer } =
        body === undefined
          ? { status: 413, body: { error: `the body has more than ${BODY_BYTES_MAX} bytes` } }
          : order(body);
      sendJson(response, status, answer);
    };
    this.#routes.set(path, new Map(this.#routes.get(path)).set("POST", post));
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

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const methods = this.#routes.get(path);
    if (methods === undefined) {
      sendJson(response, 404, { error: `no such endpoint: ${path.slice(0, 100)}` });
      return;
    }
    const handler = methods.get(request.method ?? "");
    if (handler === undefined) {
      response.setHeader("Allow", [...methods.keys()].join(", "));
      sendJson(response, 405, { error: `invalid request method: ${request.method ?? ""}` });
      return;
    }
    await handler(request, response);
  }

  readonly #healthz: Handler = async (_request, response) => {
    const report = await this.#deps.health.report();
    sendJson(response, report.status === "OK" ? 200 : 503, report);
  };

  readonly #metrics: Handler = async (_request, response) => {
    const { text, contentType } = await this.#deps.metrics();
    response.writeHead(200, { "Content-Type": contentType });
    response.end(text);
  };

  readonly #version: Handler = (_request, response) => {
    const { version, commit } = this.#deps.version;
    sendJson(response, 200, { CommitSHA: commit, Version: version });
    return Promise.resolve();
  };

  readonly #readSpec: Handler = (_request, response) => {
    sendJson(response, 200, { spec: this.#deps.log.spec() });
    return Promise.resolve();
  };

  readonly #writeSpec: Handler = async (request, response) => {
    const spec = specOf(await bodyOf(request));
    if (spec === undefined) {
      sendJson(response, 400, { error: 'expected a body such as {"spec":"info:gossip=debug"}' });
      return;
    }
    const result = this.#deps.log.setSpec(spec);
    if (!result.ok) {
      sendJson(response, 400, { error: result.reason });
      return;
    }
    response.writeHead(204);
    response.end();
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function specOf(body: string | undefined): string | undefined {
  if (body === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(body);
    const spec =
      typeof parsed === "object" && parsed !== null && "spec" in parsed ? parsed.spec : undefined;
    return typeof spec === "string" ? spec : undefined;
  } catch {
    return undefined;
  }
}
