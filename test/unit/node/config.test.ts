import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fc, test } from "@fast-check/vitest";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { stringify } from "yaml";
import { ConfigError, loadOrdererConfig, loadPeerConfig } from "../../../src/node/config.ts";

const ORDERER = {
  kind: "orderer",
  name: "orderer.example.com",
  listen: { port: 7050 },
  operations: { host: "0.0.0.0", port: 0 },
  dataDirectory: "data",
  msp: { id: "OrdererMSP", directory: "../msp" },
  tls: { certificateFile: "tls/server.crt", keyFile: "/etc/server.key" },
  channels: [{ genesisBlockFile: "genesis.block" }],
};
const PEER = {
  ...ORDERER,
  kind: "peer",
  chaincode: { listen: { port: 7052 } },
  gossip: { externalEndpoint: "peer0.org1.example.com:7051" },
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-config-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function write(text: string): Promise<string> {
  const path = join(folder, "config.yaml");
  await writeFile(path, text);
  return path;
}

/** Problems that loading reports; undefined when there are none. */
async function problemsOf(
  text: string,
  load: (path: string) => Promise<unknown> = loadPeerConfig,
): Promise<readonly string[] | undefined> {
  const error: unknown = await load(await write(text)).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(ConfigError);
  const { code, data, message } = error as ConfigError;
  expect(code).toBe("invalid configuration");
  const problems = data["problems"] as readonly string[];
  for (const problem of problems) expect(message).toContain(`\n  - ${problem}`);
  return problems;
}

describe("an orderer's rate limits", () => {
  const load = async (rateLimits: unknown): Promise<unknown> =>
    (await loadOrdererConfig(await write(stringify({ ...ORDERER, rateLimits })))).rateLimits;

  test("are absent unless they are set, and let a second's worth through at once", async () => {
    const plain = await loadOrdererConfig(await write(stringify(ORDERER)));
    expect(plain).not.toHaveProperty("rateLimits");
    const organization = { perSecond: 5, burst: 100 };
    expect(await load({ client: { perSecond: 0.5 }, organization })).toEqual({
      client: { perSecond: 0.5, burst: 1 },
      organization,
    });
    expect(await load({ client: { perSecond: 20 } })).toEqual({
      client: { perSecond: 20, burst: 20 },
    });
  });

  test("are refused when they would let nothing through", async () => {
    for (const rate of [{ perSecond: 0 }, { perSecond: 1, burst: 0 }, {}, { perSecond: "many" }]) {
      const text = stringify({ ...ORDERER, rateLimits: { client: rate } });
      expect(await problemsOf(text, loadOrdererConfig)).toHaveLength(1);
    }
  });
});

describe("a valid configuration", () => {
  test("has absolute paths, relative ones being taken from the file's folder", async () => {
    const config = await loadOrdererConfig(await write(stringify(ORDERER)));
    expect(config.dataDirectory).toBe(join(folder, "data"));
    expect(config.msp.directory).toBe(join(folder, "..", "msp"));
    expect(config.tls).toEqual({
      certificateFile: join(folder, "tls/server.crt"),
      keyFile: "/etc/server.key",
    });
    expect(config.channels).toEqual([{ genesisBlockFile: join(folder, "genesis.block") }]);
  });

  test("has defaults for what is left out", async () => {
    const config = await loadPeerConfig(await write(stringify(PEER)));
    expect(config).toMatchObject({
      listen: { host: "127.0.0.1", port: 7050 },
      hostAddresses: {},
      log: { spec: "info" },
      chaincode: { executeTimeoutMs: 30_000 },
      gossip: { bootstrap: [], timing: "heddle" },
    });
    expect(Object.isFrozen(config)).toBe(true);
  });
});

describe("the administration of an orderer", () => {
  const admin = { listen: { port: 7053 }, clientRootFiles: ["tls/ca.crt"] };

  test("has paths relative to the file, and a bound on what it takes", async () => {
    const path = await write(stringify({ ...ORDERER, admin }));
    expect((await loadOrdererConfig(path)).admin).toEqual({
      listen: { host: "127.0.0.1", port: 7053 },
      clientRootFiles: [join(folder, "tls/ca.crt")],
      requestBytesMax: 1_048_576,
    });
  });

  test("is absent unless it is asked for", async () => {
    expect(await loadOrdererConfig(await write(stringify(ORDERER)))).not.toHaveProperty("admin");
  });

  test("without a root for its callers is refused", async () => {
    const text = stringify({ ...ORDERER, admin: { ...admin, clientRootFiles: [] } });
    expect(await problemsOf(text, loadOrdererConfig)).toEqual([
      expect.stringMatching(/^admin\.clientRootFiles: /),
    ]);
  });
});

describe("an invalid configuration", () => {
  test("is reported with all of its problems, each with its path", async () => {
    const text = stringify({
      ...PEER,
      listen: { port: 65_536, hots: "x" },
      msp: { id: "", directory: "msp" },
      channels: [{}],
      log: { spec: "nonsense=" },
      gossip: { externalEndpoint: "no port", bootstrap: ["a:1", "b"], timing: "quick" },
      surplus: 1,
    });
    const problems = await problemsOf(text);
    for (const path of [
      "listen.port: ",
      "listen: ",
      "msp.id: ",
      "channels.0.genesisBlockFile: ",
      "log.spec: ",
      "gossip.externalEndpoint: ",
      "gossip.bootstrap.1: ",
      "gossip.timing: ",
    ]) {
      expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^${path}`)));
    }
    expect(problems).toContainEqual(expect.stringContaining("hots"));
    expect(problems).toContainEqual(expect.stringContaining("surplus"));
  });

  test("that takes faults from other machines is refused, with the cure", async () => {
    const withFaults = (host: string): string =>
      stringify({ ...PEER, operations: { host, port: 0 }, development: { faults: true } });
    expect(await problemsOf(withFaults("0.0.0.0"))).toEqual([
      "development.faults: anybody who reaches 0.0.0.0 could stop this node; listen on 127.0.0.1, or remove the key",
    ]);
    expect(await problemsOf(withFaults("127.0.0.1"))).toBeUndefined();
  });

  test("of the other kind of node is refused", async () => {
    expect(await problemsOf(stringify(PEER), loadOrdererConfig)).toContainEqual(
      expect.stringMatching(/^kind: /),
    );
  });

  const required = Object.keys(PEER).filter((key) => key !== "channels");

  test.each(required)("without %s is refused by that name", async (key) => {
    const rest = Object.fromEntries(Object.entries(PEER).filter(([name]) => name !== key));
    expect(await problemsOf(stringify(rest))).toEqual([
      expect.stringMatching(new RegExp(`^${key}: `)),
    ]);
  });

  test("without channels means none yet, for orderers and peers", async () => {
    const without = (config: object): string =>
      stringify(Object.fromEntries(Object.entries(config).filter(([key]) => key !== "channels")));
    const orderer = await loadOrdererConfig(await write(without(ORDERER)));
    expect(orderer.channels).toEqual([]);
    const config = await loadPeerConfig(await write(without(PEER)));
    expect(config.channels).toEqual([]);
  });

  test("that cannot be read names the file and the reason", async () => {
    const error = await loadPeerConfig(join(folder, "none")).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "unreadable configuration" });
    expect((error as Error).message).toMatch(/none: ENOENT/);
  });
});

describe("text that is no configuration", () => {
  test.each([
    ["nothing", ""],
    ["a list", "- a\n- b\n"],
    ["bad syntax", "name: [a, b\nlisten: {"],
    ["a key that comes twice", `${stringify(ORDERER)}name: again\n`],
    ["an unknown alias", "name: *nobody\n"],
    ["aliases that multiply", bomb()],
    ["a tag of a language", "name: !!js/function 'function () {}'\n"],
    ["several documents", "a: 1\n---\nb: 2\n"],
    ["a prototype", "__proto__: { kind: peer }\n"],
  ])("%s is refused with a problem", async (_what, text) => {
    expect((await problemsOf(text))?.length).toBeGreaterThan(0);
  });

  test.prop([fc.string({ unit: "binary", maxLength: 300 })], { seed: 5, numRuns: 200 })(
    "never causes anything but a report",
    async (text) => {
      expect((await problemsOf(text))?.length).toBeGreaterThan(0);
    },
  );

  test.prop([fc.jsonValue(), fc.constantFrom(...Object.keys(PEER))], { seed: 6, numRuns: 200 })(
    "in the place of any key is reported, or was valid",
    async (value, key) => {
      const problems = await problemsOf(stringify({ ...PEER, [key]: value }));
      expect(problems === undefined || problems.length > 0).toBe(true);
    },
  );

  test.prop([fc.string({ minLength: 1, unit: "grapheme-ascii" })], { seed: 7, numRuns: 100 })(
    "as a further key is an error, whatever its name",
    async (key) => {
      fc.pre(!Object.hasOwn(PEER, key) && !["hostAddresses", "log"].includes(key));
      expect((await problemsOf(stringify({ ...PEER, [key]: 1 })))?.length).toBeGreaterThan(0);
    },
  );
});

/** Ten levels of aliases, each naming the one before it ten times. */
function bomb(): string {
  const levels = Array.from({ length: 10 }, (_, level) => {
    const items = Array.from({ length: 10 }, () => (level === 0 ? "x" : `*l${level - 1}`));
    return `l${level}: &l${level} [${items.join(", ")}]`;
  });
  return `${levels.join("\n")}\n`;
}
