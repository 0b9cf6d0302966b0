/** Speaks the channel participation API of one orderer, as Fabric's `osnadmin` does. */
import { z } from "zod";
import { sha256 } from "../../crypto/index.ts";
import { concatBytes, toHex, utf8, utf8Decode } from "../../kernel/bytes.ts";
import { NetworkError } from "../errors.ts";
import { readOrdererReport, type OrdererReport } from "./orderer-report.ts";

export interface AdminRequest {
  readonly method: string;
  /** As a URL has it. */
  readonly path: string;
  readonly form: AdminForm | undefined;
}

/** The body of a request, and its `Content-Type`. */
export interface AdminForm {
  readonly type: string;
  readonly body: Uint8Array;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Takes a request to one orderer. Rejects with `NetworkError` ("not running") when it does not answer. */
export type AdminCall = (request: AdminRequest) => Promise<AdminAnswer>;

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
export class OrdererAdmin {
  /** Of the orderer. */
  readonly name: string;
  readonly #send: AdminCall;

  constructor(name: string, send: AdminCall) {
    this.name = name;
    this.#send = send;
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
    return answer.body;
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

  #content({ status, body }: AdminAnswer, expected: number): unknown {
    const content = parseJson(utf8Decode(body));
    if (status === expected) return content;
    const error = errorSchema.safeParse(content);
    const reason = error.success ? error.data.error : `it answered with status ${status}`;
    throw new NetworkError("refused", `${this.name} refused: ${reason}`, {
      data: { orderer: this.name, status },
    });
  }

  #call(method: string, path: string, form?: AdminForm): Promise<AdminAnswer> {
    return this.#send({ method, path, form });
  }
}

// The boundary is a hash of the content, which therefore cannot hold it.
function formOf(key: string, content: Uint8Array): AdminForm {
  const boundary = `heddle-${toHex(sha256(content)).slice(0, 32)}`;
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${key}"; filename="${key}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const body = concatBytes(utf8(head), content, utf8(`\r\n--${boundary}--\r\n`));
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
