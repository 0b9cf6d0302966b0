/** What the program says of a mistake: one clear line, a code that is not 0, and nothing damaged, running or half made. */
import { createServer, type Server } from "node:net";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { planTopology, portsOf, type Topology } from "../../../src/network/topology.ts";
import { freeOffset, heddle, root, type CliResult } from "../network/harness.ts";

const SIZE = { ordererCount: 1, peerCountPerOrganization: 1 };
const SIZE_OPTIONS = ["--orderers", "1", "--peers-per-org", "1"];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-cli-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** One line that says what is wrong; `cure` is what it must suggest. */
function expectLine(result: CliResult, cause: RegExp, cure?: RegExp): void {
  const lines = result.stderr.split("\n").filter((line) => line.startsWith("error: "));
  expect([result.code, lines.length, result.stderr]).toEqual([1, 1, result.stderr]);
  expect(lines[0]).toMatch(cause);
  if (cure !== undefined) expect(lines[0]).toMatch(cure);
  expect(result.stderr).not.toMatch(/\n {4}at |Node\.js v/);
}

describe("usage", () => {
  test("help has code 0, bad usage code 2 and a line that says what is wrong", async () => {
    expect(await heddle(["up", "--help"], folder)).toMatchObject({ code: 0, stderr: "" });
    const { code, stderr } = await heddle(["up", "--orderers", "0"], folder);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: .+/)]);
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});

describe("a folder that cannot be used", () => {
  test("absent: every command but up says how to make a network", async () => {
    const commands = [["status"], ["down"], ["reset"], ["query", "a", "b"], ["block", "0"]];
    await inParallel(commands, async (args) => {
      const result = await heddle([...args, "--dir", join(folder, "none")]);
      expectLine(result, /there is no network/, /heddle up/);
    });
  });

  test("with --json the error is a document", async () => {
    const { code, stderr } = await heddle(["status", "--json", "--dir", join(folder, "none")]);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "unusable folder" } });
  });

  test("somebody else's: refused by up and by reset, and not touched", async () => {
    await writeFile(join(folder, "thesis.txt"), "mine");
    await inParallel(["up", "reset", "down", "status"], async (command) => {
      expectLine(await heddle([command, "--dir", folder]), /holds no network/, /--dir/);
    });
    expect(await readdir(folder)).toEqual(["thesis.txt"]);
  });

  test("a file: refused, and nothing is left beside it", async () => {
    const file = join(folder, "file");
    await writeFile(file, "mine");
    expectLine(await heddle(["up", "--dir", file]), /cannot be read as a folder/, /--dir/);
    expectLine(await heddle(["up", "--dir", join(file, "below")]), /cannot be read/, /--dir/);
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test.each([
    ["half a document", '{"formatVersion"', /it is not JSON/],
    ["another version", '{"formatVersion":99}', /formatVersion/],
    [
      "impossible numbers",
      '{"formatVersion":1,"ordererCount":1e9,"peerCountPerOrganization":-1,"portOffset":"x"}',
      /ordererCount: .*; peerCountPerOrganization: .*; portOffset: /,
    ],
  ])("network.json with %s: refused, and not removed", async (_what, text, cause) => {
    await writeFile(join(folder, "network.json"), text);
    await inParallel(["up", "reset"], async (command) => {
      expectLine(await heddle([command, "--dir", folder]), cause, /restore it, or remove/);
    });
    expect(await readFile(join(folder, "network.json"), "utf8")).toBe(text);
  });
});

describe("a node by itself", () => {
  test("names a configuration that cannot be read, and every problem of one that can", async () => {
    const absent = await heddle(["orderer", "start", "--config", join(folder, "none.yaml")]);
    expectLine(absent, /cannot read the configuration .*ENOENT/);
    await writeFile(join(folder, "c.yaml"), "kind: orderer\nlisten: { port: 70000 }\nsurplus: 1\n");
    const invalid = await heddle(["orderer", "start", "--config", join(folder, "c.yaml")]);
    expectLine(invalid, /is not valid/);
    for (const problem of [/listen\.port: /, /surplus/, /dataDirectory: /]) {
      expect(invalid.stderr).toMatch(problem);
    }
  });
});

describe("a network", () => {
  let scratch: string;
  let directory: string;
  let topology: Topology;
  let offset: string;

  const run = (...args: readonly string[]): Promise<CliResult> =>
    heddle([...args, "--dir", directory]);
  const up = (): Promise<CliResult> =>
    run("up", "--detach", "--port-offset", offset, ...SIZE_OPTIONS);
  const stateOf = async (): Promise<readonly (number | undefined)[]> => {
    const { nodes } = JSON.parse((await run("status", "--json")).stdout) as {
      nodes: { pid?: number }[];
    };
    return nodes.map(({ pid }) => pid);
  };

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "heddle-cli-"));
    directory = join(scratch, "network");
    const portOffset = await freeOffset(SIZE);
    offset = String(portOffset);
    topology = planTopology({ ...SIZE, portOffset });
  });

  afterAll(async () => {
    await run("down");
    await rm(scratch, { recursive: true, force: true });
  });

  test("is not begun while one of its ports is taken", async () => {
    const ports = portsOf(topology);
    const last = ports.at(-1)!;
    const occupant = await occupy(last.port);
    expectLine(
      await up(),
      new RegExp(`port ${last.port}, which ${escaped(last.use)} needs`),
      /stop/,
    );
    expect(await readdir(scratch)).toEqual([]);
    await close(occupant);
  });

  test("is made anew over what a killed up has left half made", async () => {
    await mkdir(join(`${directory}.partial`, "organizations"), { recursive: true });
    await writeFile(join(`${directory}.partial`, "network.json"), "{");
    const result = await up();
    expect([result.code, result.stderr]).toEqual([0, expect.not.stringContaining("error")]);
    expect(await readdir(scratch)).toEqual(["network"]);
    expect(await stateOf()).not.toContain(undefined);
  });

  test("goes on when it is started twice", async () => {
    const before = await stateOf();
    expectLine(await up(), /already running/, /heddle down/);
    expect(await stateOf()).toEqual(before);
  });

  test("knows its organisations, users, blocks and transactions", async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["query", "a", "b", "--org", "nope"], /no organisation nope.*org1, org2/],
      [["query", "a", "b", "--user", "Eve"], /no user Eve of org1.*Admin, User1/],
      [["query", "a", "b", "--user", "../User1"], /no user .*Admin, User1/],
      [["block", "999999"], /no such block/],
      [["tx", "0".repeat(64)], /no transaction 0+ on mychannel/],
    ];
    await inParallel(cases, async ([args, cause]) => {
      expectLine(await run(...args), cause);
    });
  });

  test("says of an unknown contract how to deploy it", async () => {
    expectLine(await run("query", "ghost", "x"), /chaincode ghost/, /heddle deploy/);
    expectLine(await run("invoke", "ghost", "x"), /chaincode ghost/, /heddle deploy/);
  });

  test("deploys nothing that is missing, empty, junk, or under a policy that is none", async () => {
    const empty = join(folder, "empty");
    await mkdir(empty);
    await writeFile(join(folder, "junk.tar.gz"), "junk");
    await writeFile(join(folder, "nameless.json"), `[{"policy":"OR('Org1MSP.member')"}]`);
    const sample = `${root}/config/samples/asset-transfer`;
    const withCollections = [sample, "--collections-config"];
    const cases: readonly (readonly [readonly string[], RegExp, RegExp])[] = [
      [[join(folder, "none")], /does not exist/, /name a contract's folder/],
      [[empty], /holds no package\.json/, /name the folder/],
      [[join(folder, "junk.tar.gz")], /InstallChaincode/, /gzip/],
      [[sample, "--policy", "OR('Org1MSP.peer'"], /end at character 18/, /write "\)"/],
      [[sample, "--policy", "ANY('Org1MSP.peer')"], /"ANY" at character 1/, /begin a policy/],
      [[...withCollections, join(folder, "none.json")], /cannot read the collections in/, /none/],
      [[...withCollections, join(folder, "nameless.json")], /is not a list of collections/, /name/],
    ];
    await inParallel(cases, async ([args, cause, cure]) => {
      expectLine(await run("deploy", ...args, "--name", "basic"), cause, cure);
    });
  });

  test("deploys a contract with a private collection, and hands on what is for endorsers alone", async () => {
    const collection = { name: "prices", policy: "OR('Org1MSP.member')" };
    const endorsementPolicy = { signaturePolicy: "OR('Org1MSP.peer')" };
    const file = join(folder, "collections.json");
    await writeFile(file, JSON.stringify([{ ...collection, endorsementPolicy, blockToLive: 9 }]));
    const probe = `${root}/test/fixtures/contracts/probe`;
    const deployed = await run("deploy", probe, "--name", "probe", "--collections-config", file);
    expect([deployed.code, deployed.stderr]).toEqual([0, expect.stringContaining("blockToLive")]);
    expect(await run("invoke", "probe", "putSecret", "prices", "car", "7")).toMatchObject({
      code: 0,
    });
    const read = ["query", "probe", "getSecret", "prices", "car"];
    expect((await run(...read)).stdout).toBe("7\n");
    expectLine(await run(...read, "--org", "org2"), /private data matching public hash version/);
    const described = await run("query", "probe", "describe", "--transient", '{"price":"MTAw"}');
    expect(JSON.parse(described.stdout)).toMatchObject({ transient: { price: "100" } });
  });

  test("answers every command with one JSON document", async () => {
    await inParallel([["status"], ["block", "newest"]], async (args) => {
      const { code, stdout } = await run(...args, "--json");
      expect([args, code]).toEqual([args, 0]);
      expect(typeof JSON.parse(stdout)).toBe("object");
    });
    await inParallel([["query", "ghost", "x"], ["tx", "0".repeat(64)], ["up"]], async (args) => {
      const { stderr } = await run(...args, "--json");
      expect(JSON.parse(stderr)).toMatchObject({
        error: { message: expect.any(String) as string },
      });
    });
  });

  test("stops, and says so when nothing runs", async () => {
    const stopped = await run("down", "--json");
    expect((JSON.parse(stopped.stdout) as { stopped: string[] }).stopped).toHaveLength(3);
    expect(await run("down")).toMatchObject({ code: 0, stdout: "nothing was running\n" });
    expect(JSON.parse((await run("down", "--json")).stdout)).toEqual({ stopped: [] });
    expect((await run("status")).code).toBe(1);
    for (const args of [
      ["query", "a", "b"],
      ["invoke", "a", "b"],
      ["block", "0"],
    ]) {
      expectLine(await run(...args), /nothing answers at 127\.0\.0\.1:\d+/, /heddle up/);
    }
  });

  test("does not start without a node's key, and nothing is left running", async () => {
    const { domain, peers } = topology.organizations[1]!;
    const base = join(directory, "organizations/peerOrganizations", domain);
    const file = join(base, "peers", peers[0]!.name, "tls", "server.key");
    await rename(file, `${file}.away`);
    const result = await up();
    await rename(`${file}.away`, file);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(new RegExp(`${escaped(peers[0]!.name)} ended at its start`));
    expect(result.stderr).toContain(`cannot read ${file}`);
    expect(await stateOf()).toEqual([undefined, undefined, undefined]);
  });

  test("a node whose port is taken ends by itself", async () => {
    for (const [role, site, port] of [
      ["orderer", topology.orderers[0]!, topology.orderers[0]!.operationsPort],
      ["peer", topology.organizations[0]!.peers[0]!, topology.organizations[0]!.peers[0]!.port],
    ] as const) {
      const occupant = await occupy(port);
      const config = join(directory, "nodes", site.name, "config.yaml");
      const result = await heddle([role, "start", "--config", config]);
      await close(occupant);
      expectLine(result, new RegExp(`EADDRINUSE.*:${port}`), /choose another port/);
    }
  });
});

/** Four programs at a time: most of what one does is starting. */
async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 4) await Promise.all(items.slice(at, at + 4).map(run));
}

function occupy(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, () => {
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

function escaped(text: string): string {
  return text.replace(/[.()]/g, "\\$&");
}
