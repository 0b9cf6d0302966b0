/** Everything that listens for calls, at a real orderer and a real peer: no input may hang it, break it or cost it much. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GrpcServer } from "../../../src/kernel/adapters/grpc-server.ts";
import { RpcError, serveStream, serveUnary } from "../../../src/kernel/ports/rpc.ts";
import { Caller, HANG_MS, type Outcome } from "./caller.ts";
import { blindBytes, insideBytes, largeBytes, spoilt, type NamedBytes } from "./hostile-bytes.ts";
import { methods, type MethodName } from "./methods.ts";
import { startNodes, type Endpoint, type Nodes } from "./nodes.ts";
import { recipes, type NodeName, type Recipe } from "./recipes.ts";

const SEED = 20_240_229;
const WORK_MS_MAX = 50;
const TRIES_MAX = 12;
const SIDE_BY_SIDE = 8;

/** Wire methods that nodes leave out; they answer UNIMPLEMENTED. */
const LEFT_OUT = ["/protos.Deliver/DeliverWithPrivateData"];

let nodes: Nodes;
let idle: IdleService;
const callers = new Map<Recipe, Caller>();

beforeAll(async () => {
  nodes = await startNodes();
  idle = await IdleService.start(nodes);
  for (const recipe of recipes) {
    callers.set(recipe, new Caller(endpointOf(recipe.node), recipe.tls?.(nodes)));
  }
  // A leader first: until then nothing is ordered.
  const [broadcast] = recipes;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (broadcast!.isTaken(await send(broadcast!, await broadcast!.good(nodes)))) return;
  }
  throw new Error("the orderer took nothing");
});

afterAll(async () => {
  for (const caller of callers.values()) caller.close();
  await idle.close();
  await nodes.close();
});

test("every method that a node serves is attacked here, and services are served whole", async () => {
  for (const node of ["orderer", "peer", "chaincode"] as const) {
    const served = await servedBy(endpointOf(node));
    const attacked = new Set(
      recipes.filter((recipe) => recipe.node === node).map(({ path }) => path),
    );
    expect(served.toSorted()).toEqual([...attacked].toSorted());
    const services = new Set(served.map((path) => path.split("/")[1]));
    const expected = methods.filter(({ service }) => services.has(service)).map(({ path }) => path);
    expect(expected.filter((path) => !served.includes(path) && !LEFT_OUT.includes(path))).toEqual(
      [],
    );
  }
});

const titled = recipes.map((recipe): [string, Recipe] => [
  [recipe.path, recipe.when, "at the", recipe.node].filter(Boolean).join(" "),
  recipe,
]);

describe.each(titled)("%s", (_title, recipe) => {
  test("takes what is right", async () => {
    await expectServing(recipe);
  });

  test("refuses what is well formed and wrong", async () => {
    for (const [name, make] of Object.entries(recipe.wrong(nodes))) {
      const message = await make();
      const outcome = await send(recipe, message, HANG_MS);
      expect([name, complaint(recipe, outcome)]).toEqual([name, undefined]);
      expect([name, recipe.isTaken(outcome)]).toEqual([name, false]);
      expect([name, await excess(recipe, message, outcome)]).toEqual([name, WITHIN]);
    }
    await expectServing(recipe);
  });

  test("answers bytes that are no message, cut, changed and large ones with a clear status", async () => {
    const good = await recipe.good(nodes);
    await expectHarmless(recipe, [...blindBytes(SEED), ...spoilt(good, SEED)]);
    for (const large of largeBytes(SEED)) await expectHarmless(recipe, [large]);
    await expectServing(recipe);
  });

  test("answers hostile bytes in the right caller's hands", async () => {
    for (const bytes of insideBytes(SEED)) {
      const messages = await Promise.all(recipe.inside(nodes, bytes));
      await expectHarmless(
        recipe,
        messages.map((message, index) => [`${bytes.length} bytes in place ${index}`, message]),
      );
    }
    await expectServing(recipe);
  });
});

const WITHIN = "within the bound";

/** Sends all, some side by side; the time of each that was refused is then looked at alone, unless it was short anyhow. */
async function expectHarmless(recipe: Recipe, inputs: readonly NamedBytes[]): Promise<void> {
  const outcomes: { readonly input: NamedBytes; readonly outcome: Outcome }[] = [];
  for (let at = 0; at < inputs.length; at += SIDE_BY_SIDE) {
    const some = inputs.slice(at, at + SIDE_BY_SIDE);
    outcomes.push(
      ...(await Promise.all(
        some.map(async (input) => ({ input, outcome: await send(recipe, input[1]) })),
      )),
    );
  }
  for (const { input, outcome } of outcomes) {
    const [name, message] = input;
    expect([name, complaint(recipe, outcome)]).toEqual([name, undefined]);
    if (recipe.isTaken(outcome)) continue;
    expect([name, await excess(recipe, message, outcome)]).toEqual([name, WITHIN]);
  }
}

async function expectServing(recipe: Recipe): Promise<void> {
  const outcome = await send(recipe, await recipe.good(nodes));
  expect(complaint(recipe, outcome)).toBeUndefined();
  expect([recipe.isTaken(outcome), outcome]).toEqual([recipe.node !== "chaincode", outcome]);
}

/** `patienceMs`: how long to wait for the refusal of what a stream must not take. */
async function send(recipe: Recipe, message: Uint8Array, patienceMs?: number): Promise<Outcome> {
  const { before } = recipe;
  const openMs = recipe.openMs === undefined ? undefined : (patienceMs ?? recipe.openMs);
  return callers.get(recipe)!.call(methodOfPath(recipe.path), message, {
    ...(openMs === undefined ? {} : { openMs }),
    ...(before === undefined ? {} : { before: [await before(nodes)] }),
  });
}

/** What is wrong with an answer, whatever was asked. */
function complaint(recipe: Recipe, outcome: Outcome): string | undefined {
  const { status, details, elapsedMs } = outcome;
  if (recipe.openMs === undefined && elapsedMs >= HANG_MS) return "no answer";
  if (status === "INTERNAL") return `INTERNAL: ${details}`;
  if (status !== "OK" && details === "") return `${status} without a text`;
  if (/ECONN|dropped|transport|No connection|RST_STREAM/i.test(details)) {
    return `the connection broke: ${details}`;
  }
  if (/\bat .*\.[tj]s\b|Cannot read|not a function|not iterable|call stack/.test(details)) {
    return `a bug's text: ${details}`;
  }
  return undefined;
}

/**
 * The work to refuse, above that of a service which reads the message and looks at nothing: processor time, since how long
 * it takes depends on what else the machine does. All of it is done in this process. The least of a few tries counts.
 */
async function excess(recipe: Recipe, message: Uint8Array, first: Outcome): Promise<string> {
  if (first.elapsedMs <= WORK_MS_MAX) return WITHIN;
  let least = Number.POSITIVE_INFINITY;
  let baseline = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const method = methodOfPath(recipe.path);
    baseline = Math.min(baseline, await workMs(() => idle.call(method, message)));
    least = Math.min(least, await workMs(() => send(recipe, message, HANG_MS)));
    if (least - baseline <= WORK_MS_MAX) return WITHIN;
  }
  return `${Math.round(least - baseline)} ms`;
}

async function workMs(perform: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await perform();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}

function endpointOf(node: NodeName): Endpoint {
  return nodes[node];
}

function methodOfPath(path: string): MethodName {
  return methods.find((method) => method.path === path)!;
}

async function servedBy(endpoint: Endpoint): Promise<readonly string[]> {
  const caller = new Caller(endpoint);
  const outcomes = await Promise.all(
    methods.map(async (method) => ({
      path: method.path,
      outcome: await caller.call(method, new Uint8Array([0xff]), {
        openMs: HANG_MS,
      }),
    })),
  );
  caller.close();
  return outcomes
    .filter(({ outcome }) => !outcome.details.startsWith("The server does not implement"))
    .map(({ path }) => path);
}

/** Reads messages over the same transport and refuses them unseen. */
class IdleService {
  readonly #server: GrpcServer;
  readonly #caller: Caller;

  private constructor(server: GrpcServer, caller: Caller) {
    this.#server = server;
    this.#caller = caller;
  }

  static async start({ otherPeer, otherPeerTls: tls }: Nodes): Promise<IdleService> {
    const asIs = {
      encode: (bytes: Uint8Array): Uint8Array => bytes,
      decode: (bytes: Uint8Array): Uint8Array => bytes,
    };
    const codecs = { request: asIs, response: asIs };
    const refusal = (): RpcError => new RpcError("INVALID_ARGUMENT", "idle");
    const unary = { ...codecs, path: "/idle/unary", requestStream: false, responseStream: false };
    const stream = { ...codecs, path: "/idle/stream", requestStream: true, responseStream: true };
    const server = new GrpcServer(
      [
        serveUnary(unary, () => Promise.reject(refusal())),
        serveStream(stream, async (requests) => {
          for await (const request of requests) if (request.length >= 0) throw refusal();
        }),
      ],
      { host: "127.0.0.1", port: 0, tls },
    );
    const port = await server.listen();
    return new IdleService(server, new Caller({ ...otherPeer, port }));
  }

  async call({ isStream }: MethodName, message: Uint8Array): Promise<void> {
    const path = isStream ? "/idle/stream" : "/idle/unary";
    await this.#caller.call({ path, service: "idle", isStream }, message);
  }

  async close(): Promise<void> {
    this.#caller.close();
    await this.#server.close();
  }
}
