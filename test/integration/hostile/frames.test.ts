/** Below the messages: frames, HTTP/2 and TLS that no honest client sends, at a real orderer and a real peer. */
import { connect, constants, type ClientHttp2Session, type OutgoingHttpHeaders } from "node:http2";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Caller } from "./caller.ts";
import { methods } from "./methods.ts";
import { startNodes, type Endpoint, type Nodes } from "./nodes.ts";

const MEBIBYTE = 1024 * 1024;
const SILENCE_MS = 4_000;
const UNARY = "/grpc.health.v1.Health/Check";
const RESOURCE_EXHAUSTED = "8";
const UNIMPLEMENTED = "12";

let nodes: Nodes;

beforeAll(async () => {
  nodes = await startNodes();
});

afterAll(async () => {
  await nodes.close();
});

/** The methods that every frame is sent to: one call and one stream at each listener. */
const targets = [
  ["orderer", UNARY],
  ["orderer", "/orderer.AtomicBroadcast/Broadcast"],
  ["orderer", "/orderer.Cluster/Step"],
  ["peer", "/protos.Endorser/ProcessProposal"],
  ["peer", "/gateway.Gateway/Submit"],
  ["peer", "/gossip.Gossip/GossipStream"],
  ["chaincode", "/protos.ChaincodeSupport/Register"],
] as const;

describe.each(targets)("%s %s", (node, path) => {
  test.each([
    ["101 MiB", 101 * MEBIBYTE],
    ["4 GiB", 0xffff_ffff],
  ])("an announced message of %s is refused before it is sent", async (_size, length) => {
    const answer = await send(nodes[node], path, [frame(0, length)], { isOpen: true });
    expect(answer).toMatchObject({ status: RESOURCE_EXHAUSTED });
    await expectServing(nodes[node]);
  });

  test("a message that comes byte by byte and never ends is given up with its connection", async () => {
    const session = await open(nodes[node]);
    const stream = session.request(headersOf(path));
    stream.on("error", () => undefined);
    stream.write(frame(0, 1_000));
    for (let index = 0; index < 20; index += 1) stream.write(Buffer.from([0x0a]));
    session.destroy();
    await expectServing(nodes[node]);
  });

  test("compression that is none, or of an unknown kind, has a status", async () => {
    const junk = Buffer.from("no gzip at all");
    for (const encoding of [undefined, "identity", "gzip", "deflate", "zstd"]) {
      const more = encoding === undefined ? {} : { "grpc-encoding": encoding };
      const answer = await send(nodes[node], path, [frame(1, junk.length), junk], { more });
      expect([encoding, answer.status]).not.toEqual([encoding, undefined]);
      expect([encoding, answer.status]).not.toEqual([encoding, "0"]);
    }
    await expectServing(nodes[node]);
  });

  test("headers that make no sense have a status, or end the call", async () => {
    const odd: OutgoingHttpHeaders[] = [
      { "grpc-timeout": "soon" },
      { "grpc-timeout": "99999999999999999999H" },
      { "grpc-timeout": "0n" },
      { "content-type": "text/html" },
      { "x-padding": "x".repeat(12_000) },
      { "x-data-bin": "%%% no base64 %%%" },
    ];
    for (const headers of odd) {
      const answer = await send(nodes[node], path, [frame(0, 1), Buffer.from([0xff])], {
        more: headers,
      });
      expect([headers, answer.isEnded]).toEqual([headers, true]);
    }
    await expectServing(nodes[node]);
  });
});

describe.each(["orderer", "peer", "chaincode"] as const)("the listener of the %s", (node) => {
  test("a small message that unpacks to 200 MiB is refused unopened", async () => {
    const bomb = gzipSync(Buffer.alloc(200 * MEBIBYTE));
    const path = targets.find(([name]) => name === node)![1];
    const answer = await send(nodes[node], path, [frame(1, bomb.length), bomb], {
      more: { "grpc-encoding": "gzip" },
    });
    expect(answer).toMatchObject({ status: UNIMPLEMENTED });
    await expectServing(nodes[node]);
  });

  test("a thousand calls that are cancelled at once cost the next caller nothing", async () => {
    const session = await open(nodes[node]);
    for (let index = 0; index < 1_000; index += 1) {
      const stream = session.request(headersOf(UNARY));
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await expectServing(nodes[node]);
    session.destroy();
  });

  test("bytes that are no TLS, and TLS with bytes that are no HTTP/2, end their connection only", async () => {
    const plain = connectTcp({ host: "127.0.0.1", port: nodes[node].port });
    plain.on("error", () => undefined);
    plain.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await closeOf(plain);
    for (const bytes of [
      Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.alloc(10_000, 0xff)]),
    ]) {
      const socket = await openTls(nodes[node]);
      socket.write(bytes);
      await closeOf(socket);
    }
    await expectServing(nodes[node]);
  });

  test("a caller who vanishes in the middle of a stream leaves nothing behind that hurts", async () => {
    const path = targets.findLast(([name]) => name === node)![1];
    for (let index = 0; index < 20; index += 1) {
      const session = await open(nodes[node]);
      const stream = session.request(headersOf(path));
      stream.on("error", () => undefined);
      stream.write(frame(0, 0));
      await new Promise((resolve) => setImmediate(resolve));
      session.destroy();
    }
    await expectServing(nodes[node]);
  });
});

interface Answer {
  /** `grpc-status`; undefined when the call ended without one. */
  readonly status: string | undefined;
  readonly isEnded: boolean;
}

/** Sends raw bytes as the body of a call, to its end unless it `isOpen`. Resolves with the call's end, or after a silence. */
async function send(
  endpoint: Endpoint,
  path: string,
  body: readonly Buffer[],
  { more = {}, isOpen = false }: { more?: OutgoingHttpHeaders; isOpen?: boolean } = {},
): Promise<Answer> {
  const session = await open(endpoint);
  try {
    return await new Promise<Answer>((resolve) => {
      const stream = session.request({ ...headersOf(path), ...more });
      let status: string | undefined;
      const silence = setTimeout(() => {
        resolve({ status, isEnded: false });
      }, SILENCE_MS);
      const read = (headers: Record<string, unknown>): void => {
        const value = headers["grpc-status"];
        if (typeof value === "string") status = value;
      };
      const end = (): void => {
        clearTimeout(silence);
        resolve({ status, isEnded: true });
      };
      stream.on("response", read);
      stream.on("trailers", read);
      stream.on("error", () => undefined);
      stream.on("end", end);
      stream.on("close", end);
      stream.resume();
      for (const bytes of body) stream.write(bytes);
      if (!isOpen) stream.end();
    });
  } finally {
    session.destroy();
  }
}

function headersOf(path: string): OutgoingHttpHeaders {
  return { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
}

/** The five bytes before a message. */
function frame(compressed: number, length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(compressed, 0);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

async function open(endpoint: Endpoint): Promise<ClientHttp2Session> {
  const socket = await openTls(endpoint);
  const session = connect(`https://${endpoint.name}`, { createConnection: () => socket });
  session.on("error", () => undefined);
  return session;
}

function openTls({ port, name, rootPem }: Endpoint): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      {
        host: "127.0.0.1",
        port,
        servername: name,
        ca: Buffer.from(rootPem),
        ALPNProtocols: ["h2"],
      },
      () => {
        resolve(socket);
      },
    );
    socket.once("error", reject);
    socket.on("error", () => undefined);
  });
}

function closeOf(socket: {
  once(event: "close", listener: () => void): unknown;
  resume(): unknown;
}): Promise<void> {
  socket.resume();
  return new Promise((resolve) => {
    socket.once("close", () => {
      resolve();
    });
  });
}

/** The next honest caller is answered. */
async function expectServing(endpoint: Endpoint): Promise<void> {
  const caller = new Caller(endpoint);
  const isChaincode = endpoint === nodes.chaincode;
  const path = isChaincode ? "/protos.ChaincodeSupport/Register" : UNARY;
  const outcome = await caller.call(
    methods.find((method) => method.path === path)!,
    new Uint8Array(0),
  );
  caller.close();
  expect(outcome.status).toBe(isChaincode ? "UNKNOWN" : "OK");
}
