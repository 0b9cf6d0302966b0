/** The HTTP endpoints for operators, at a real orderer and a real peer. */
import { connect } from "node:net";
import { fc, test } from "@fast-check/vitest";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { startNodes, type Nodes } from "./nodes.ts";

const SEED = 20_240_229;
const SILENCE_MS = 8_000;

let nodes: Nodes;

beforeAll(async () => {
  nodes = await startNodes();
});

afterAll(async () => {
  await nodes.close();
});

/** Sends raw bytes and resolves with what came back until the end of the connection; rejects after a silence. */
function exchange(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    let received = "";
    const silence = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end within ${SILENCE_MS} ms, after: ${received.slice(0, 200)}`));
    }, SILENCE_MS);
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(silence);
      resolve(received);
    });
    socket.end(bytes);
  });
}

function request(method: string, path: string, body = ""): string {
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

async function expectServing(): Promise<void> {
  for (const port of nodes.operationsPorts) {
    expect(await exchange(port, request("GET", "/healthz"))).toMatch(/^HTTP\/1\.1 200 /);
  }
}

describe("the operations endpoints", () => {
  test.prop([fc.uint8Array({ maxLength: 300 })], { seed: SEED, numRuns: 40 })(
    "end connections that speak no HTTP, with 400 at most",
    async (bytes) => {
      for (const port of nodes.operationsPorts) {
        const answer = await exchange(port, bytes);
        expect(answer).toMatch(/^(|HTTP\/1\.1 4\d\d .*)/);
        expect(answer).not.toMatch(/^HTTP\/1\.1 [25]/);
      }
    },
  );

  test.prop([fc.string({ unit: "binary", maxLength: 200 })], { seed: SEED, numRuns: 40 })(
    "refuse any body but a logging specification",
    async (body) => {
      const answer = await exchange(nodes.operationsPorts[1]!, request("PUT", "/logspec", body));
      expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*"error"/);
    },
  );

  test("answer odd paths, methods, lengths and headers with a 4xx", async () => {
    const oversize = "x".repeat(100_000);
    const requests = [
      request("GET", `/${oversize}`),
      request("GET", "/metrics/../../etc/passwd"),
      request("GET", "//%2e%2e/%00"),
      request("DELETE", "/logspec"),
      request("BREW", "/healthz"),
      request("PUT", "/logspec", oversize),
      request("PUT", "/logspec", `{"spec":${"[".repeat(4_000)}}`),
      request("PUT", "/logspec", '{"__proto__":{"spec":"info"}}'),
      request("PUT", "/logspec", JSON.stringify({ spec: "a=".repeat(2_000) })),
      "GET /healthz HTTP/9.9\r\n\r\n",
      `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${oversize}\r\n\r\n`,
      "PUT /logspec HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
      "PUT /logspec HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ];
    for (const [index, bytes] of requests.entries()) {
      const answer = await exchange(nodes.operationsPorts[0]!, bytes);
      expect([index, answer.slice(0, 12)]).toEqual([index, expect.stringMatching(/^HTTP\/1\.1 4/)]);
    }
    await expectServing();
  });

  test("hang up on a request that never comes to its end", async () => {
    const socket = connect({ host: "127.0.0.1", port: nodes.operationsPorts[0]! });
    socket.on("error", () => undefined);
    socket.write("PUT /logspec HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    await expectServing();
    socket.destroy();
  });
});
