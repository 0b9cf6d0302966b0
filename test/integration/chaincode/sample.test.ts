import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { createCredentialIssuer } from "../../../src/chaincode/adapters/launch-credentials.ts";
import { packageFolder } from "../../../src/chaincode/adapters/package-folder.ts";
import { CertificateAuthority } from "../../../src/crypto/adapters/certificate-authority.ts";
import { GrpcDialer } from "../../../src/kernel/adapters/grpc-dialer.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import {
  ChaincodeID,
  ChaincodeMessage,
  ChaincodeMessage_Type as Type,
  ChaincodeSupportDefinition,
  create,
  encode,
  methodOf,
} from "../../../src/wire/index.ts";
import { ChaincodeWorld } from "./chaincode-world.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;
const SAMPLE = `${ROOT}config/samples/asset-transfer`;
const PROBE = `${ROOT}test/fixtures/contracts/probe`;

describe("the sample contract", () => {
  test("does what its functions say, with fields in a fixed order and events", async () => {
    const world = await ChaincodeWorld.start();
    try {
      await world.deploy("basic", await packageFolder(SAMPLE, "basic_1.0"));
      await world.submit("InitLedger");
      const all = JSON.parse(await world.submit("GetAllAssets")) as { ID: string }[];
      expect(all.map(({ ID }) => ID)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `asset${String(n)}`));
      const created = await world.execute({
        args: ["CreateAsset", "a7", "red", "5", "Ann", "100"],
      });
      const asset = '{"AppraisedValue":100,"Color":"red","ID":"a7","Owner":"Ann","Size":5}';
      expect(created).toMatchObject({
        ok: true,
        response: { status: 200 },
        event: { eventName: "CreateAsset", payload: utf8(asset) },
      });
      world.state.commit();
      expect(await world.submit("ReadAsset", "a7")).toBe(asset);
      expect(await world.submit("AssetExists", "a7")).toBe("true");
      await world.submit("UpdateAsset", "a7", "blue", "6", "Ann", "101");
      expect(await world.submit("TransferAsset", "a7", "Bob")).toBe("Ann");
      expect(await world.submit("ReadAsset", "a7")).toBe(
        '{"AppraisedValue":101,"Color":"blue","ID":"a7","Owner":"Bob","Size":6}',
      );
      await world.submit("DeleteAsset", "a7");
      expect(await world.submit("AssetExists", "a7")).toBe("false");
      await expect(world.submit("ReadAsset", "a7")).rejects.toThrow("The asset a7 does not exist");
      await expect(world.submit("CreateAsset", "asset1", "", "", "", "")).rejects.toThrow(
        "The asset asset1 already exists",
      );
    } finally {
      await world.close();
    }
  });
});

describe("contracts that call contracts", () => {
  test("run on the same channel with their own state, and not back into themselves", async () => {
    const world = await ChaincodeWorld.start();
    try {
      await world.deploy("probe", await packageFolder(PROBE, "probe_1"));
      await world.deploy("basic", await packageFolder(SAMPLE, "basic_1.0"));
      const created = await world.submit(
        "call",
        "basic",
        "CreateAsset",
        "x",
        "red",
        "1",
        "Ann",
        "2",
      );
      expect(created).toContain('"ID":"x"');
      expect([...world.state.committed.keys()]).toEqual(["basic|x"]);
      const failures = [
        [["call", "basic", "ReadAsset", "y"], /^500 /],
        [["call", "probe", "get", "k"], /execute failed: .*txid: tx\d+\(ch1\) exists/],
        [["call", "nothing", "f"], /chaincode nothing not found/],
        [["call", "basic/ch2", "f"], /other channels are not supported/],
      ] as const;
      for (const [args, reason] of failures) {
        const result = await world.execute({ args });
        if (!result.ok) throw new Error(result.message);
        const { status, message, payload } = result.response;
        expect(status === 200 ? new TextDecoder().decode(payload) : message).toMatch(reason);
      }
    } finally {
      await world.close();
    }
  });
});

describe("the listener over TLS", () => {
  test("admits a process by the certificate of its launch, and nobody else", async () => {
    const deps = { clock: systemClock, random: systemRandom };
    const authority = await CertificateAuthority.createRoot(deps, {
      commonName: "tlsca",
      organization: "org1",
    });
    const server = await authority.issueTls({
      commonName: "peer0",
      alternativeNames: ["127.0.0.1", "localhost"],
    });
    const listenerRootsPem = authority.certificatePem;
    const credentials = await createCredentialIssuer(deps, { listenerRootsPem });
    const world = await ChaincodeWorld.start({
      credentials,
      tls: { certificatePem: server.certificatePem, keyPem: server.privateKeyPem },
    });
    try {
      const packageId = await world.deploy("probe", await packageFolder(PROBE, "probe_1"));
      await world.submit("put", "k", "v");
      expect(await world.submit("get", "k")).toBe("v");
      await world.support.close();
      expect(await registerAs(world.port, packageId, listenerRootsPem)).toMatch(
        /didn't send certificate/,
      );
      const stranger = await credentials.issue(packageId);
      expect(await registerAs(world.port, packageId, listenerRootsPem, stranger)).toMatch(
        /was not given the certificate that it presents/,
      );
    } finally {
      await world.close();
    }
  });
});

describe("a peer that is killed", () => {
  test("takes its chaincode processes with it, even one that is stuck", async () => {
    const peer = fork(new URL("killed-peer.ts", import.meta.url), [], {
      execArgv: ["--import", `${ROOT}test/fixtures/typescript-loader/register.mjs`],
    });
    const [{ processId, directory }] = (await once(peer, "message")) as [
      { processId: number; directory: string },
    ];
    onTestFinished(() => rm(directory, { recursive: true }));
    expect(await isRunning(processId)).toBe(true);
    peer.kill("SIGKILL");
    await once(peer, "exit");
    await expect.poll(() => isRunning(processId)).toBe(false);
  });
});

/** Registers as somebody who is no process of the peer and answers with the reason it is given. */
async function registerAs(
  port: number,
  packageId: string,
  rootsPem: Uint8Array,
  credentials?: { readonly certificatePem: Uint8Array; readonly keyPem: Uint8Array },
): Promise<string> {
  const channel = new GrpcDialer({}).dial({
    address: `127.0.0.1:${String(port)}`,
    tls: {
      rootsPem: [rootsPem],
      ...(credentials === undefined ? {} : { clientCertificate: credentials }),
    },
  });
  try {
    const stream = channel.stream(methodOf(ChaincodeSupportDefinition, "register"));
    const payload = encode(ChaincodeID, create(ChaincodeID, { name: packageId }));
    await stream.send(create(ChaincodeMessage, { type: Type.REGISTER, payload }));
    for await (const message of stream.responses) return `admitted: ${String(message.type)}`;
    return "ended";
  } catch (error) {
    return (error as Error).message;
  } finally {
    channel.close();
  }
}

async function isRunning(processId: number): Promise<boolean> {
  const status = await readFile(`/proc/${String(processId)}/stat`, "utf8").catch(() => undefined);
  return status !== undefined && !status.includes(") Z ");
}
