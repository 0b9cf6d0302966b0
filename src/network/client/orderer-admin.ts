/** Speaks the channel participation API of one orderer, as Fabric's `osnadmin` does. */
import { randomUUID } from "node:crypto";
import { request } from "node:https";
import { z } from "zod";
import { utf8 } from "../../kernel/bytes.ts";
import { NetworkError } from "../errors.ts";
import { readOrdererReport, type OrdererReport } from "./orderer-report.ts";

export interface OrdererAdminOptions {
  /** Name of the orderer: its TLS certificate carries it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly rootPem: Uint8Array;
  readonly certificatePem: Uint8Array;
  readonly keyPem: Uint8Array;
}

/** One channel at one orderer, in the words of the API. */
export interface ChannelAtOrderer {
  readonly name: string;
  readonly consensusRelation: string;
  readonly status: string;
  /** Number of blocks. */
  readonly height: number;
  /** What keeps the channel from being served as it should, and what helps. */
  readonly complaint?: string | undefined;
}

const channelSchema: z.ZodType<ChannelAtOrderer> = z.object({
  name: z.string(),
  consensusRelation: z.string(),
  status: z.string(),
  height: z.number(),
  complaint: z.string().optional(),
});
const listSchema = z.object({ channels: z.array(z.object({ name: z.string() })).nullable() });
const errorSchema = z.object({ error: z.string() });

const BASE = "/participation/v1/channels";
const OPERATOR = "/heddle/v1";
/** An orderer answers a configuration update when it is ordered, or after fifteen seconds. */
const TIMEOUT_MS = 20_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly bytes: Buffer;
}

interface Form {
  readonly type: string;
  readonly body: Uint8Array;
}

export class OrdererAdmin {
  readonly #options: OrdererAdminOptions;

  constructor(options: OrdererAdminOptions) {
    this.#options = options;
  }

  async list(): Promise<readonly ChannelAtOrderer[]> {
    const answer = listSchema.parse(this.#content(await this.#call("GET", BASE), 200));
    const channels: ChannelAtOrderer[] = [];
    // One after the other: each has a connection of its own, and an orderer admits few at a time.
    for (const { name } of answer.channels ?? []) channels.push(await this.#info(name));
    return channels;
  }

  /** Throws `NetworkError` ("refused") with what the orderer says. */
  async join(block: Uint8Array): Promise<ChannelAtOrderer> {
    const answer = await this.#call("POST", BASE, formOf("config-block", block));
    return channelSchema.parse(this.#content(answer, 201));
  }

  /** Orders a signed configuration update. Resolves when it is in force; throws as `join`. */
  async update(envelope: Uint8Array): Promise<void> {
    const answer = await this.#call("PUT", BASE, formOf("config-update-envelope", envelope));
    this.#content(answer, 201);
  }

  /** The newest configuration block, marshalled. Throws as `join`. */
  async configBlock(channelId: string): Promise<Uint8Array> {
    const path = `${BASE}/${encodeURIComponent(channelId)}/blocks/config`;
    const answer = await this.#call("GET", path);
    if (answer.status !== 200) this.#content(answer, 200);
    return new Uint8Array(answer.bytes);
  }

  async report(): Promise<OrdererReport> {
    return readOrdererReport(this.#content(await this.#call("GET", `${OPERATOR}/channels`), 200));
  }

  /** Has a leader hand leadership to the member `to`, or to the best. Throws as `join`. */
  async transferLeadership(channelId: string, to?: number): Promise<void> {
    const path = `${OPERATOR}/channels/${encodeURIComponent(channelId)}/transfer-leader`;
    const body = utf8(JSON.stringify(to === undefined ? {} : { to }));
    this.#content(await this.#call("POST", path, { type: "application/json", body }), 200);
  }

  /** Drains the node, or lets it work again; durable when it resolves. Throws as `join`. */
  async drain(isOn: boolean): Promise<OrdererReport> {
    const answer = await this.#call(isOn ? "POST" : "DELETE", `${OPERATOR}/drain`);
    return readOrdererReport(this.#content(answer, 200));
  }

  /** As `join`. */
  async remove(channelId: string): Promise<void> {
    this.#content(await this.#call("DELETE", `${BASE}/${encodeURIComponent(channelId)}`), 204);
  }

  async #info(channelId: string): Promise<ChannelAtOrderer> {
    return channelSchema.parse(
      this.#content(await this.#call("GET", `${BASE}/${encodeURIComponent(channelId)}`), 200),
    );
  }

  #content({ status, bytes }: Answer, expected: number): unknown {
    const content = parseJson(bytes.toString("utf8"));
    if (status === expected) return content;
    const error = errorSchema.safeParse(content);
    const reason = error.success ? error.data.error : `it answered with status ${status}`;
    throw new NetworkError("refused", `${this.#options.name} refused: ${reason}`, {
      data: { orderer: this.#options.name, status },
    });
  }

  #call(method: string, path: string, form?: Form): Promise<Answer> {
    const { name, host, port, rootPem, certificatePem, keyPem } = this.#options;
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host,
          port,
          method,
          path,
          servername: name,
          ca: Buffer.from(rootPem),
          cert: Buffer.from(certificatePem),
          key: Buffer.from(keyPem),
          agent: false,
          timeout: TIMEOUT_MS,
          ...(form === undefined
            ? {}
            : { headers: { "Content-Type": form.type, "Content-Length": form.body.length } }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          let length = 0;
          response.on("data", (chunk: Buffer) => {
            length += chunk.length;
            if (length > ANSWER_BYTES_MAX) response.destroy(new Error("the answer is too long"));
            chunks.push(chunk);
          });
          response.on("error", reject);
          response.on("end", () => {
            resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) });
          });
        },
      );
      call.on("timeout", () => {
        call.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`));
      });
      call.on("error", (cause) => {
        reject(
          new NetworkError(
            "not running",
            `${name} does not answer on its administration port ${port} (${cause.message}); see \`heddle status\``,
            { cause },
          ),
        );
      });
      call.end(form?.body);
    });
  }
}

function formOf(key: string, content: Uint8Array): Form {
  const boundary = `heddle-${randomUUID()}`;
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${key}"; filename="${key}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const body = Buffer.concat([utf8(head), content, utf8(`\r\n--${boundary}--\r\n`)]);
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
