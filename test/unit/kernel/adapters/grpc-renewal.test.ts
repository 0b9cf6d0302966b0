import { afterEach, describe, expect, test } from "vitest";
import { CertificateAuthority } from "../../../../src/crypto/adapters/certificate-authority.ts";
import { parsePemCertificate } from "../../../../src/crypto/index.ts";
import { toHex, utf8, utf8Decode } from "../../../../src/kernel/bytes.ts";
import { GrpcDialer } from "../../../../src/kernel/adapters/grpc-dialer.ts";
import { GrpcServer } from "../../../../src/kernel/adapters/grpc-server.ts";
import { systemClock } from "../../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../../src/kernel/adapters/system-random.ts";
import {
  serveStream,
  serveUnary,
  type RpcChannel,
  type RpcCodec,
  type RpcMethod,
} from "../../../../src/kernel/ports/rpc.ts";
import { requireSameKey } from "../../../../src/node/tls-renewal.ts";

const DAY_MS = 86_400_000;
const text: RpcCodec<string> = { encode: utf8, decode: utf8Decode };
const whichCertificate: RpcMethod<string, string> = {
  path: "/test.Echo/Which",
  request: text,
  response: text,
  requestStream: false,
  responseStream: false,
};

type Issued = Awaited<ReturnType<CertificateAuthority["issue"]>>;

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const authority = await CertificateAuthority.createRoot(
  { clock: systemClock, random: systemRandom },
  { commonName: "tlsca.example.com", organization: "example.com" },
);

/** A certificate that ends so many days from now. */
function issue(days: number): Promise<Issued> {
  const nowMs = systemClock.wallMs();
  return authority.issue({
    commonName: "node.example.com",
    keyUsages: ["digitalSignature"],
    alternativeNames: ["node.example.com"],
    validity: { notBeforeMs: nowMs - 30 * DAY_MS, notAfterMs: nowMs + days * DAY_MS },
  });
}

function pems({ certificatePem, privateKeyPem }: Issued): {
  readonly certificatePem: Uint8Array;
  readonly keyPem: Uint8Array;
} {
  return { certificatePem, keyPem: privateKeyPem };
}

/** A server that answers with the certificate that its connection shows. */
async function serve(first: Issued): Promise<{ server: GrpcServer; dial: () => RpcChannel }> {
  const answer = serveUnary(whichCertificate, (_request, { localCertificate }) =>
    Promise.resolve(toHex(localCertificate ?? new Uint8Array(0))),
  );
  const server = new GrpcServer([answer], { host: "127.0.0.1", port: 0, tls: pems(first) });
  const port = await server.listen();
  closers.push(() => server.close());
  const dial = (): RpcChannel => {
    const tls = { rootsPem: [authority.certificatePem], serverName: "node.example.com" };
    const channel = new GrpcDialer({}).dial({ address: `127.0.0.1:${port}`, tls });
    closers.push(() => {
      channel.close();
    });
    return channel;
  };
  return { server, dial };
}

function hexOf({ certificatePem }: Issued): string {
  return toHex(parsePemCertificate(certificatePem).der);
}

async function ask(channel: RpcChannel): Promise<string> {
  return channel.unary(whichCertificate, "", { timeoutMs: 5_000 });
}

describe("a server whose certificate is renewed", () => {
  test("shows the new one to whoever connects; open connections keep theirs", async () => {
    const [first, second] = await Promise.all([issue(10), issue(20)]);
    const { server, dial } = await serve(first);
    const before = dial();
    expect(await ask(before)).toBe(hexOf(first));
    server.renewTls(pems(second));
    expect(await ask(dial())).toBe(hexOf(second));
    expect(await ask(before)).toBe(hexOf(first));
  });

  test("is reached again after its certificate had ended", async () => {
    const [ended, renewed] = await Promise.all([issue(-1), issue(20)]);
    const { server, dial } = await serve(ended);
    await expect(ask(dial())).rejects.toThrow(/expired/);
    server.renewTls(pems(renewed));
    expect(await ask(dial())).toBe(hexOf(renewed));
  });

  test("keeps the one it has when the files do not fit together or are none", async () => {
    const [first, second] = await Promise.all([issue(10), issue(20)]);
    const { server, dial } = await serve(first);
    const mixed = { certificatePem: second.certificatePem, keyPem: first.privateKeyPem };
    expect(() => {
      server.renewTls(mixed);
    }).toThrow();
    expect(() => {
      server.renewTls({ certificatePem: utf8("no PEM"), keyPem: utf8("") });
    }).toThrow();
    expect(await ask(dial())).toBe(hexOf(first));
  });
});

test("an orderer's renewed certificate must be of the same key", async () => {
  const [first, second] = await Promise.all([issue(10), issue(20)]);
  expect(() => {
    requireSameKey(first.certificatePem, first.certificatePem);
  }).not.toThrow();
  expect(() => {
    requireSameKey(first.certificatePem, second.certificatePem);
  }).toThrow(/heddle orderer replace/);
});

describe("a caller whose certificate is renewed", () => {
  const whoAreYou: RpcMethod<string, string> = { ...whichCertificate, path: "/test.Echo/Who" };
  const talk: RpcMethod<string, string> = {
    ...whichCertificate,
    path: "/test.Echo/Talk",
    requestStream: true,
    responseStream: true,
  };

  async function callee(): Promise<number> {
    const name = (certificate: Uint8Array | undefined): string =>
      toHex(certificate ?? new Uint8Array(0));
    const answer = serveUnary(whoAreYou, (_request, { peerCertificate }) =>
      Promise.resolve(name(peerCertificate)),
    );
    const echo = serveStream(talk, async (requests, send, { peerCertificate }) => {
      for await (const request of requests) await send(`${request} ${name(peerCertificate)}`);
    });
    const tls = pems(await issue(10));
    const server = new GrpcServer([answer, echo], { host: "127.0.0.1", port: 0, tls });
    closers.push(() => server.close());
    return server.listen();
  }

  test("shows the new one on further calls of an open channel; those under way go on", async () => {
    const [first, second] = await Promise.all([issue(10), issue(20)]);
    const dialer = new GrpcDialer({ clientCertificate: pems(first) });
    const tls = { rootsPem: [authority.certificatePem], serverName: "node.example.com" };
    const channel = dialer.dial({ address: `127.0.0.1:${await callee()}`, tls });
    closers.push(() => {
      channel.close();
    });
    const who = (): Promise<string> => channel.unary(whoAreYou, "", { timeoutMs: 5_000 });
    expect(await who()).toBe(hexOf(first));
    const stream = channel.stream(talk);
    const heard = stream.responses[Symbol.asyncIterator]();
    await stream.send("before");
    expect((await heard.next()).value).toBe(`before ${hexOf(first)}`);

    dialer.renew(pems(second));
    expect(toHex(dialer.localCertificate ?? new Uint8Array(0))).toBe(hexOf(second));
    expect(await who()).toBe(hexOf(second));
    await stream.send("after");
    expect((await heard.next()).value).toBe(`after ${hexOf(first)}`);
    stream.end();
    expect((await heard.next()).done).toBe(true);
  });

  test("keeps its own when the new one is none", async () => {
    const first = await issue(10);
    const dialer = new GrpcDialer({ clientCertificate: pems(first) });
    const damaged = { ...pems(first), certificatePem: utf8("no certificate") };
    expect(() => {
      dialer.renew(damaged);
    }).toThrow();
    expect(toHex(dialer.localCertificate ?? new Uint8Array(0))).toBe(hexOf(first));
  });
});
