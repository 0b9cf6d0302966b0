import { connect } from "node:http2";
import { connect as connectTcp } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { utf8, utf8Decode } from "../../../../src/kernel/bytes.ts";
import { GrpcDialer } from "../../../../src/kernel/adapters/grpc-dialer.ts";
import { GrpcServer } from "../../../../src/kernel/adapters/grpc-server.ts";
import {
  RpcError,
  serveStream,
  serveUnary,
  type RpcBinding,
  type RpcChannel,
  type RpcCodec,
  type RpcMethod,
} from "../../../../src/kernel/ports/rpc.ts";
import { sampleChannel } from "../../../support/sample-channel.ts";

const text: RpcCodec<string> = { encode: utf8, decode: utf8Decode };

function method(name: string, streams: boolean): RpcMethod<string, string> {
  return {
    path: `/test.Echo/${name}`,
    request: text,
    response: text,
    requestStream: streams,
    responseStream: streams,
  };
}

const unary = method("Unary", false);
const duplex = method("Duplex", true);

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(...bindings: RpcBinding[]): Promise<RpcChannel> {
  const server = new GrpcServer(bindings, { host: "127.0.0.1", port: 0 });
  const port = await server.listen();
  closers.push(() => server.close());
  const channel = new GrpcDialer({}).dial({ address: `127.0.0.1:${port}` });
  closers.push(() => {
    channel.close();
  });
  return channel;
}

describe("unary calls", () => {
  test("carry a request there and an answer back", async () => {
    const channel = await serve(serveUnary(unary, (request) => Promise.resolve(`echo ${request}`)));
    expect(await channel.unary(unary, "hello")).toBe("echo hello");
  });

  test("carry status, message and details of a refusal", async () => {
    const statusDetails = new Uint8Array([1, 2, 3]);
    const refuse = (): Promise<string> =>
      Promise.reject(new RpcError("ABORTED", "not now", { statusDetails }));
    const channel = await serve(serveUnary(unary, refuse));
    const error = await channel.unary(unary, "x").catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: "ABORTED", message: "not now", statusDetails });
  });

  test("refuse bytes that are no message without calling the handler", async () => {
    let calls = 0;
    const bytesMethod = {
      ...unary,
      request: { encode: (b: Uint8Array) => b, decode: (b: Uint8Array) => b },
    };
    const channel = await serve(
      serveUnary(unary, () => {
        calls += 1;
        return Promise.resolve("");
      }),
    );
    await expect(channel.unary(bytesMethod, new Uint8Array([0xff, 0xfe]))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(calls).toBe(0);
  });

  test("end with DEADLINE_EXCEEDED, and the handler is told", async () => {
    const told = new Promise<boolean>((resolve) => {
      closers.push(() => undefined);
      void serve(
        serveUnary(unary, (_request, call) => {
          call.signal.addEventListener("abort", () => {
            resolve(call.isDeadlineExceeded());
          });
          return new Promise(() => undefined);
        }),
      ).then(async (channel) => {
        await expect(channel.unary(unary, "x", { timeoutMs: 100 })).rejects.toMatchObject({
          code: "DEADLINE_EXCEEDED",
        });
      });
    });
    expect(await told).toBe(true);
  });

  test("are cancelled by their signal", async () => {
    const channel = await serve(serveUnary(unary, () => new Promise(() => undefined)));
    const abort = new AbortController();
    const call = channel.unary(unary, "x", { signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("fail with UNAVAILABLE where nobody listens", async () => {
    const channel = new GrpcDialer({}).dial({ address: "127.0.0.1:1" });
    closers.push(() => {
      channel.close();
    });
    await expect(channel.unary(unary, "x")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("to an unknown method answer UNIMPLEMENTED", async () => {
    const channel = await serve(serveUnary(unary, (request) => Promise.resolve(request)));
    await expect(channel.unary(method("Other", false), "x")).rejects.toMatchObject({
      code: "UNIMPLEMENTED",
    });
  });
});

describe("streams", () => {
  test("carry messages both ways in order and end cleanly", async () => {
    const channel = await serve(
      serveStream(duplex, async (requests, send) => {
        for await (const request of requests) await send(`echo ${request}`);
      }),
    );
    const stream = channel.stream(duplex);
    for (let index = 0; index < 500; index += 1) await stream.send(String(index));
    stream.end();
    const seen: string[] = [];
    for await (const response of stream.responses) seen.push(response);
    expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => `echo ${index}`));
  });

  test("serve a single request as a stream of one", async () => {
    const single = { ...method("Single", true), requestStream: false };
    const channel = await serve(
      serveStream(single, async (requests, send) => {
        for await (const request of requests) await send(request.toUpperCase());
      }),
    );
    const stream = channel.stream(single);
    await stream.send("once");
    stream.end();
    const seen: string[] = [];
    for await (const response of stream.responses) seen.push(response);
    expect(seen).toEqual(["ONCE"]);
  });

  test("tell the handler when the caller goes away, and refuse further sends", async () => {
    let outcome: (error: unknown) => void;
    const failed = new Promise<unknown>((resolve) => {
      outcome = resolve;
    });
    const channel = await serve(
      serveStream(duplex, async (requests, send) => {
        try {
          for await (const request of requests) await send(request);
        } catch (error) {
          outcome(error);
          await send("too late").catch(outcome);
        }
      }),
    );
    const stream = channel.stream(duplex);
    await stream.send("first");
    const responses = stream.responses[Symbol.asyncIterator]();
    await responses.next();
    stream.cancel();
    expect(await failed).toMatchObject({ code: "CANCELLED" });
  });

  test("end with the handler's status after what was sent before", async () => {
    const channel = await serve(
      serveStream(duplex, async (_requests, send) => {
        await send("one");
        throw new RpcError("PERMISSION_DENIED", "no more");
      }),
    );
    const stream = channel.stream(duplex);
    const responses = stream.responses[Symbol.asyncIterator]();
    expect(await responses.next()).toMatchObject({ value: "one" });
    await expect(responses.next()).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  test("a malformed message ends the stream with INVALID_ARGUMENT", async () => {
    const bytesMethod = {
      ...duplex,
      request: { encode: (b: Uint8Array) => b, decode: (b: Uint8Array) => b },
    };
    const channel = await serve(
      serveStream(duplex, async (requests, send) => {
        for await (const request of requests) await send(request);
      }),
    );
    const stream = channel.stream(bytesMethod);
    await stream.send(new Uint8Array([0xff]));
    const responses = stream.responses[Symbol.asyncIterator]();
    await expect(responses.next()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("a slow handler pauses a fast caller instead of buffering without bound", async () => {
    let handled = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const channel = await serve(
      serveStream(duplex, async (requests) => {
        await gate;
        for await (const request of requests) handled += request.length > 0 ? 1 : 0;
      }),
    );
    const stream = channel.stream(duplex);
    const large = "x".repeat(64 * 1024);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 1_000; sent += 1) await stream.send(large);
      stream.end();
    })();
    await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBeLessThan(900);
    release();
    await sending;
    for await (const response of stream.responses) expect(response).toBe("");
    expect(handled).toBe(1_000);
  });
});

describe("the listener", () => {
  test("survives a client that speaks no gRPC", async () => {
    const server = new GrpcServer([serveUnary(unary, (request) => Promise.resolve(request))], {
      host: "127.0.0.1",
      port: 0,
    });
    const port = await server.listen();
    closers.push(() => server.close());
    const session = connect(`http://127.0.0.1:${port}`);
    const request = session.request({ ":method": "GET", ":path": "/" });
    const status = await new Promise((resolve) => {
      request.on("response", (headers) => {
        resolve(headers[":status"]);
      });
      request.end();
    });
    session.destroy();
    expect(status).toBeGreaterThanOrEqual(400);
    const channel = new GrpcDialer({}).dial({ address: `127.0.0.1:${port}` });
    closers.push(() => {
      channel.close();
    });
    expect(await channel.unary(unary, "still here")).toBe("still here");
  });

  test("that is closed drops a connection whose handshake is not done", async () => {
    const { tls } = (await sampleChannel()).ordererOrg;
    const issued = await tls.issueTls({ commonName: "localhost", alternativeNames: ["localhost"] });
    const server = new GrpcServer(
      [serveUnary(unary, (request) => Promise.resolve(`echo ${request}`))],
      {
        host: "127.0.0.1",
        port: 0,
        tls: { certificatePem: issued.certificatePem, keyPem: issued.privateKeyPem },
      },
    );
    const port = await server.listen();
    closers.push(() => server.close());
    const early = connectTcp(port, "127.0.0.1");
    const isDropped = new Promise((resolve) => early.once("close", resolve));
    early.on("error", () => undefined);
    await new Promise((resolve) => early.once("connect", resolve));
    // One after it that is served: the listener has taken both.
    const roots = { rootsPem: [tls.certificatePem] };
    const channel = new GrpcDialer({}).dial({ address: `localhost:${port}`, tls: roots });
    expect(await channel.unary(unary, "hello")).toBe("echo hello");
    channel.close();
    await server.close();
    await isDropped;
  });

  test("names the port that is taken", async () => {
    const first = new GrpcServer([], { host: "127.0.0.1", port: 0 });
    const port = await first.listen();
    closers.push(() => first.close());
    const second = new GrpcServer([], { host: "127.0.0.1", port });
    await expect(second.listen()).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
