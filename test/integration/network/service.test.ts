/** The sample contract as a service of its own, which the peers of a real network dial. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { EndorseError, type Network } from "@hyperledger/fabric-gateway";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageService } from "../../../src/chaincode/adapters/package-folder.ts";
import { packageIdOf } from "../../../src/chaincode/index.ts";
import { freePort, root, TestNetwork } from "./harness.ts";

const NAME = "basicservice";
const LABEL = "basicservice_1.0";
const sample = `${root}/config/samples/asset-transfer`;
const text = new TextDecoder();

let net: TestNetwork;
let network: Network;
let address: string;
let packageId: string;
let service: ChildProcess | undefined;

beforeAll(async () => {
  net = await TestNetwork.start({ peersPerOrganization: 1 });
  address = `127.0.0.1:${await freePort()}`;
  const bytes = await packageService({ address }, LABEL);
  packageId = packageIdOf(LABEL, bytes);
  service = await startService();
  const file = join(net.directory, `${LABEL}.tar.gz`);
  await writeFile(file, bytes);
  await net.must("deploy", file, "--name", NAME);
  ({ network } = await net.connect(net.topology.organizations[0]!));
}, 120_000);

afterAll(async () => {
  await stopService();
  await net.close();
});

/** `fabric-chaincode-node server`, as the shim comes. Both peers share it. */
async function startService(): Promise<ChildProcess> {
  const program = createRequire(import.meta.url).resolve("fabric-shim/cli.js");
  const args = ["server", "--chaincode-address", address, "--chaincode-id", packageId];
  const child = spawn(process.execPath, [program, ...args], { cwd: sample, stdio: "ignore" });
  await net.until("the service listens", () => {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
    return isListening(address);
  });
  return child;
}

async function stopService(): Promise<void> {
  if (service?.exitCode !== null || service.signalCode !== null) return;
  const ended = once(service, "exit");
  service.kill("SIGKILL");
  await ended;
}

function isListening(hostAndPort: string): Promise<boolean> {
  const [host, port] = hostAndPort.split(":") as [string, string];
  return new Promise((resolve) => {
    const socket = connectSocket({ host, port: Number(port) });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}

function create(id: string): Promise<Uint8Array> {
  return network.getContract(NAME).submitTransaction("CreateAsset", id, "blue", "5", "Tom", "300");
}

async function read(id: string): Promise<unknown> {
  const bytes = await network.getContract(NAME).evaluateTransaction("ReadAsset", id);
  return JSON.parse(text.decode(bytes));
}

describe("a contract as a service", () => {
  test("runs the transactions of an unmodified client", async () => {
    await create("first");
    expect(await read("first")).toMatchObject({ ID: "first", Owner: "Tom" });
  });

  test("is named in the refusal while it is away, and serves the next transaction when it is back", async () => {
    await stopService();
    const refusal = await create("away").catch((cause: unknown) => cause);
    expect(refusal).toBeInstanceOf(EndorseError);
    const reasons = (refusal as EndorseError).details.map(({ message }) => message);
    expect(reasons.join("\n")).toContain(address);
    service = await startService();
    await create("back");
    expect(await read("back")).toMatchObject({ ID: "back" });
    expect(await read("first")).toMatchObject({ ID: "first" });
  });

  test("serves the next transaction after a restart that nobody noticed", async () => {
    await create("before");
    await stopService();
    service = await startService();
    await create("after");
    expect(await read("after")).toMatchObject({ ID: "after" });
  });
});
