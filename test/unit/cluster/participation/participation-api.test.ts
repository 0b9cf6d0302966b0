import { fc, test } from "@fast-check/vitest";
import { beforeAll, describe, expect } from "vitest";
import {
  ParticipationApi,
  type ApiAnswer,
  type ApiRequest,
  type ChannelInfo,
  type FetchResult,
  type JoinResult,
  type RemoveResult,
  type UpdateResult,
} from "../../../../cluster/participation/index.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import {
  Block,
  ConfigUpdate,
  ConfigUpdateEnvelope,
  Envelope,
  HeaderType,
  create,
  decode,
  encode,
} from "../../../../src/wire/index.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../../support/sample-channel.ts";
import { sampleEnvelope } from "../../../support/sample-transactions.ts";
import { cpuTimeMs } from "../../../support/cpu-time.ts";

const CHANNELS = "/participation/v1/channels";
const INFO: ChannelInfo = {
  name: CHANNEL_ID,
  consensusRelation: "consenter",
  status: "active",
  height: 7,
};
const DOCUMENT = `{"name":"sample","url":"${CHANNELS}/sample","consensusRelation":"consenter","status":"active","height":7}\n`;

let sample: SampleChannel;
let genesis: Uint8Array;

beforeAll(async () => {
  sample = await sampleChannel();
  genesis = encode(Block, sample.genesis);
});

interface Outcomes {
  readonly infos: readonly ChannelInfo[];
  readonly join: JoinResult;
  readonly remove: RemoveResult;
  readonly fetch: FetchResult;
  readonly update: UpdateResult;
}

/** An API over a registrar of which only the outcomes matter. */
function api(outcomes: Partial<Outcomes> = {}): ParticipationApi {
  const { infos = [INFO], join, remove, fetch, update } = outcomes;
  return new ParticipationApi({
    registrar: {
      list: () => infos,
      info: (channelId) => infos.find(({ name }) => name === channelId),
      join: () => Promise.resolve(join ?? { kind: "joined", info: INFO }),
      remove: () => Promise.resolve(remove ?? { kind: "removed" }),
      fetch: () => Promise.resolve(fetch ?? { kind: "block", bytes: genesis }),
      update: () => Promise.resolve(update ?? { kind: "updated", info: INFO }),
    },
    orderConfigUpdate: () => Promise.resolve(undefined),
    logger: silentLogger,
  });
}

function get(path: string, accept?: string): ApiRequest {
  return request("GET", path, accept === undefined ? {} : { accept });
}

function request(method: string, path: string, parts: Partial<ApiRequest> = {}): ApiRequest {
  return {
    method,
    path,
    accept: undefined,
    contentTypes: [],
    body: () => Promise.resolve(new Uint8Array(0)),
    ...parts,
  };
}

function part(key: string, content: Uint8Array, isFile = true): Uint8Array {
  const file = isFile ? '; filename="f"' : "";
  return Buffer.concat([
    utf8(`--bb\r\nContent-Disposition: form-data; name="${key}"${file}\r\n\r\n`),
    content,
    utf8("\r\n"),
  ]);
}

function form(method: string, ...parts: readonly Uint8Array[]): ApiRequest {
  return raw(method, Buffer.concat([...parts, utf8("--bb--\r\n")]));
}

function raw(
  method: string,
  body: Uint8Array | undefined,
  type = "multipart/form-data; boundary=bb",
): ApiRequest {
  return request(method, CHANNELS, { contentTypes: [type], body: () => Promise.resolve(body) });
}

function text({ body }: ApiAnswer): string {
  return new TextDecoder().decode(body);
}

function error(answer: ApiAnswer): string {
  expect(answer.headers["Content-Type"]).toBe("application/json");
  return (JSON.parse(text(answer)) as { error: string }).error;
}

describe("listing", () => {
  test("all channels, with their places", async () => {
    const answer = await api().answer(get(CHANNELS));
    expect(answer.status).toBe(200);
    expect(answer.headers).toEqual({
      "Cache-Control": "no-store",
      "Content-Type": "application/json",
    });
    expect(text(answer)).toBe(
      `{"systemChannel":null,"channels":[{"name":"sample","url":"${CHANNELS}/sample"}]}\n`,
    );
  });

  test("no channels is null, as Fabric has it", async () => {
    const answer = await api({ infos: [] }).answer(get(CHANNELS));
    expect(text(answer)).toBe('{"systemChannel":null,"channels":null}\n');
  });

  test("one channel, an unknown one and one that no channel can be named", async () => {
    const one = await api().answer(get(`${CHANNELS}/sample`));
    expect([one.status, text(one)]).toEqual([200, DOCUMENT]);
    const unknown = await api().answer(get(`${CHANNELS}/other`));
    expect([unknown.status, error(unknown)]).toEqual([404, "channel does not exist"]);
    const illegal = await api().answer(get(`${CHANNELS}/Nope`));
    expect([illegal.status, error(illegal)]).toEqual([
      400,
      "invalid channel ID: 'Nope' contains illegal characters",
    ]);
  });

  test("a caller who wants no JSON is told that there is nothing else", async () => {
    const answer = await api().answer(get(CHANNELS, "text/html"));
    expect([answer.status, error(answer)]).toEqual([
      406,
      "response Content-Type is application/json only",
    ]);
    for (const accept of ["*/*", "text/html, application/*;q=0.8", "application/json"]) {
      expect((await api().answer(get(CHANNELS, accept))).status).toBe(200);
    }
  });
});

describe("paths and methods", () => {
  test("the base leads to the list", async () => {
    const answer = await api().answer(get("/participation/v1/"));
    expect([answer.status, answer.headers["Location"]]).toEqual([302, CHANNELS]);
  });

  test.each([
    ["PATCH", CHANNELS, "GET, POST, PUT"],
    ["POST", `${CHANNELS}/sample`, "GET, DELETE"],
    ["DELETE", `${CHANNELS}/sample/blocks/newest`, "GET"],
  ])("%s %s is not allowed, and the answer says what is", async (method, path, allowed) => {
    const answer = await api().answer(request(method, path));
    expect([answer.status, answer.headers["Allow"], error(answer)]).toEqual([
      405,
      allowed,
      `invalid request method: ${method}`,
    ]);
  });

  test.each([
    "/",
    "/participation/v1",
    "/participation/v1/channels/",
    "/participation/v1/channels/sample/",
    "/participation/v1/channels/sample/blocks",
    "/participation/v1/channels/sample/blocks/1/2",
    "/participation/v2/channels",
  ])("nothing is at %s", async (path) => {
    const answer = await api().answer(get(path));
    expect([answer.status, text(answer)]).toEqual([404, "404 page not found\n"]);
  });
});

describe("joining", () => {
  test("answers with the channel and its place", async () => {
    const answer = await api().answer(form("POST", part("config-block", genesis)));
    expect([answer.status, answer.headers["Location"], text(answer)]).toEqual([
      201,
      `${CHANNELS}/sample`,
      DOCUMENT,
    ]);
  });

  test.each<readonly [JoinResult, number, string]>([
    [{ kind: "exists" }, 405, "cannot join: channel already exists"],
    [{ kind: "removing" }, 409, "cannot join: channel pending removal"],
    [{ kind: "removal failed" }, 500, "cannot join: channel removal failure"],
    [{ kind: "refused", reason: "disk full" }, 400, "cannot join: disk full"],
  ])("%o is answered as Fabric does", async (join, status, message) => {
    const answer = await api({ join }).answer(form("POST", part("config-block", genesis)));
    expect([answer.status, error(answer)]).toEqual([status, message]);
    expect(answer.headers["Allow"]).toBe(status === 405 ? "GET, DELETE" : undefined);
  });

  test.each<readonly [string, () => ApiRequest, string]>([
    ["no content type", () => request("POST", CHANNELS), "unsupported Content-Type: []"],
    [
      "another content type",
      () => raw("POST", new Uint8Array(0), "text/plain"),
      "unsupported Content-Type: [text/plain]",
    ],
    [
      "a parameter without a value",
      () => raw("POST", new Uint8Array(0), "multipart/form-data; boundary"),
      "cannot parse Mime media type: mime: invalid media parameter",
    ],
    [
      "no boundary",
      () => raw("POST", new Uint8Array(0), "multipart/form-data"),
      "cannot read form from request body: multipart: boundary is empty",
    ],
    [
      "no form",
      () => raw("POST", utf8("junk")),
      "cannot read form from request body: multipart: NextPart: EOF",
    ],
    [
      "too large a body",
      () => raw("POST", undefined),
      "cannot read form from request body: multipart: NextPart: http: request body too large",
    ],
    [
      "another part",
      () => form("POST", part("other", genesis)),
      "form does not contains part key: config-block",
    ],
    [
      "a part that is no file",
      () => form("POST", part("config-block", genesis, false)),
      "form does not contains part key: config-block",
    ],
    [
      "a second part",
      () => form("POST", part("config-block", genesis), part("x", genesis)),
      "form contains too many parts",
    ],
    [
      "junk for a block",
      () => form("POST", part("config-block", new Uint8Array([1, 2, 3]))),
      "cannot unmarshal file part config-block into a block: proto: cannot parse invalid wire-format data",
    ],
    [
      "an empty block",
      () => form("POST", part("config-block", new Uint8Array(0))),
      "invalid join block: block is not a config block",
    ],
    [
      "a block without metadata",
      () =>
        form(
          "POST",
          part("config-block", encode(Block, { ...sample.genesis, metadata: undefined })),
        ),
      "invalid join block: invalid block: does not have metadata",
    ],
    [
      "a block with another's data",
      () => {
        const header = { ...sample.genesis.header!, dataHash: new Uint8Array(32) };
        return form("POST", part("config-block", encode(Block, { ...sample.genesis, header })));
      },
      "invalid join block: invalid block: Header.DataHash is different from Hash(block.Data)",
    ],
  ])("%s is refused", async (_name, make, message) => {
    const answer = await api().answer(make());
    expect([answer.status, error(answer)]).toEqual([400, message]);
  });

  test("the file is taken whole, whatever bytes it has", async () => {
    const block = decode(Block, genesis);
    const tricky = utf8("\r\n--b\r\n--bbb\r\n\r\n");
    block.metadata!.metadata[0] = tricky;
    const joined: Block[] = [];
    const tapped = new ParticipationApi({
      registrar: {
        list: () => [],
        info: () => undefined,
        join: (each) => {
          joined.push(each);
          return Promise.resolve({ kind: "joined", info: INFO });
        },
        remove: () => Promise.resolve({ kind: "unknown" }),
        fetch: () => Promise.resolve({ kind: "unknown" }),
        update: () => Promise.resolve({ kind: "unknown" }),
      },
      orderConfigUpdate: () => Promise.resolve(undefined),
      logger: silentLogger,
    });
    const type = 'multipart/form-data; boundary="bbbb"';
    const body = Buffer.from(
      Buffer.concat([part("config-block", encode(Block, block)), utf8("--bb--\r\n")])
        .toString("latin1")
        .replace(/^--bb\r\n/, "--bbbb\r\n")
        .replace(/--bb--\r\n$/, "--bbbb--\r\n"),
      "latin1",
    );
    expect((await tapped.answer(raw("POST", body, type))).status).toBe(201);
    expect(joined[0]!.metadata!.metadata[0]).toEqual(tricky);
  });
});

describe("removing", () => {
  test.each<readonly [RemoveResult, number, string]>([
    [{ kind: "unknown" }, 404, "cannot remove: channel does not exist"],
    [{ kind: "removing" }, 409, "cannot remove: channel pending removal"],
    [{ kind: "failed", reason: "EIO" }, 400, "cannot remove: EIO"],
  ])("%o is answered as Fabric does", async (remove, status, message) => {
    const answer = await api({ remove }).answer(request("DELETE", `${CHANNELS}/sample`));
    expect([answer.status, error(answer)]).toEqual([status, message]);
  });

  test("success has nothing to say", async () => {
    const answer = await api().answer(request("DELETE", `${CHANNELS}/sample`));
    expect([answer.status, answer.body.length]).toEqual([204, 0]);
  });
});

describe("fetching a block", () => {
  test.each(["newest", "oldest", "config", "0", "7"])(
    "%s is answered with its bytes",
    async (id) => {
      const answer = await api().answer(get(`${CHANNELS}/sample/blocks/${id}`));
      expect([answer.status, answer.headers["Content-Type"], answer.body]).toEqual([
        200,
        "application/octet-stream",
        genesis,
      ]);
    },
  );

  test("what is no block id is refused, and what is not there not found", async () => {
    const odd = await api().answer(get(`${CHANNELS}/sample/blocks/latest`));
    expect([odd.status, error(odd)]).toEqual([
      400,
      "invalid block ID: 'latest' not equal <newest|oldest|config|(number)>",
    ]);
    for (const kind of ["unknown", "removing", "removal failed", "follower", "no block"] as const) {
      const answer = await api({ fetch: { kind } }).answer(get(`${CHANNELS}/sample/blocks/9`));
      expect(answer.status).toBe(404);
    }
  });
});

describe("updating", () => {
  async function update(type: HeaderType = HeaderType.CONFIG_UPDATE): Promise<Uint8Array> {
    const configUpdate = encode(ConfigUpdate, create(ConfigUpdate, { channelId: CHANNEL_ID }));
    return sampleEnvelope(
      {
        creator: sample.org1.admin,
        nonce: "update",
        channelHeader: (header) => ({ ...header, type }),
      },
      encode(ConfigUpdateEnvelope, { configUpdate, signatures: [] }),
    );
  }

  test.each<readonly [UpdateResult, number, string | undefined]>([
    [{ kind: "updated", info: INFO }, 201, undefined],
    [{ kind: "unknown" }, 405, "cannot update: channel does not exist"],
    [{ kind: "follower" }, 403, "cannot update: channel is not ready, he is a follower"],
    [{ kind: "removing" }, 409, "cannot update: channel pending removal"],
    [{ kind: "removal failed" }, 500, "cannot update: channel removal failure"],
    [
      { kind: "refused", reason: "no" },
      400,
      "cannot update: failed update config of channel sample: no",
    ],
  ])("%o is answered as Fabric does", async (result, status, message) => {
    const body = form("PUT", part("config-update-envelope", await update()));
    const answer = await api({ update: result }).answer(body);
    expect(answer.status).toBe(status);
    if (message !== undefined) expect(error(answer)).toBe(message);
  });

  test("an envelope that is no update is refused", async () => {
    const other = await update(HeaderType.ENDORSER_TRANSACTION);
    const answer = await api().answer(form("PUT", part("config-update-envelope", other)));
    expect([answer.status, error(answer)]).toEqual([
      400,
      "invalid config update envelope: bad type",
    ]);
    const empty = encode(Envelope, { payload: new Uint8Array(0), signature: new Uint8Array(0) });
    const bare = await api().answer(form("PUT", part("config-update-envelope", empty)));
    expect(bare.status).toBe(400);
  });
});

describe("hostile requests", () => {
  test.prop([
    fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "FOO"),
    fc.oneof(fc.string(), fc.webPath(), fc.constant(CHANNELS), fc.constant(`${CHANNELS}/x`)),
    fc.oneof(fc.string(), fc.constant("multipart/form-data; boundary=bb")),
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string().map((each) => utf8(`--bb\r\n${each}\r\n\r\n\r\n--bb`)),
    ),
  ])("whatever comes is answered", async (method, path, type, body) => {
    const answer = await api().answer(
      request(method, path, { contentTypes: [type], body: () => Promise.resolve(body) }),
    );
    expect(answer.status).toBeGreaterThanOrEqual(200);
    expect(answer.status).toBeLessThan(500);
  });

  test("a truncated form is refused at every length", async () => {
    const whole = Buffer.concat([part("config-block", genesis), utf8("--bb--")]);
    for (let length = 0; length < whole.length; length += 37) {
      const answer = await api().answer(raw("POST", whole.subarray(0, length)));
      expect(answer.status).toBe(400);
    }
  });

  test("a megabyte of boundaries is refused in no time", async () => {
    const body = Buffer.from("\r\n--bb".repeat(180_000));
    const startMs = cpuTimeMs();
    const answer = await api().answer(raw("POST", body));
    expect(answer.status).toBe(400);
    expect(cpuTimeMs() - startMs).toBeLessThan(500);
  });

  test("a megabyte of almost boundaries is read in no time", async () => {
    const body = Buffer.concat([utf8("--bb\r\n"), Buffer.from("\r\n--b".repeat(200_000))]);
    const startMs = cpuTimeMs();
    const answer = await api().answer(raw("POST", body));
    expect(answer.status).toBe(400);
    expect(cpuTimeMs() - startMs).toBeLessThan(500);
  });
});
