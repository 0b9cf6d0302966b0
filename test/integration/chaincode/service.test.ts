import { spawn, type ChildProcess } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageService } from "../../../src/chaincode/adapters/package-folder.ts";
import { freePort } from "../network/harness.ts";
import { ChaincodeWorld } from "./chaincode-world.ts";

const PROBE = new URL("../../fixtures/contracts/probe/index.js", import.meta.url).pathname;

async function startService(address: string, packageId: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [PROBE, "--chaincode-address", address, "--chaincode-id", packageId],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => {
      reject(new Error("the service ended"));
    });
    child.stdout.on("data", (bytes: Buffer) => {
      if (bytes.includes("listening")) resolve();
      if (bytes.includes("failed")) reject(new Error(bytes.toString()));
    });
  });
  return child;
}

async function stopService(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

describe("the unmodified shim as a service", () => {
  let world: ChaincodeWorld;
  let service: ChildProcess;
  let address: string;
  let packageId: string;

  beforeAll(async () => {
    world = await ChaincodeWorld.start();
    // The shim's server takes an address and cannot choose one itself.
    address = `127.0.0.1:${String(await freePort())}`;
    packageId = await world.deploy("probe", await packageService({ address }, "probe_1"));
    service = await startService(address, packageId);
  });

  afterAll(async () => {
    await world.close();
    await stopService(service);
  });

  test("the peer dials it at the first invocation", async () => {
    await world.submit("put", "k", "v");
    expect(await world.submit("get", "k")).toBe("v");
  });

  test("after the service was restarted the next invocation dials again", async () => {
    const before = await world.submit("processId");
    await stopService(service);
    const result = await world.execute({ args: ["processId"] });
    expect(result.ok).toBe(false);
    service = await startService(address, packageId);
    expect(await world.submit("processId")).not.toBe(before);
  });

  test("two peers share a service, each with its own state", async () => {
    const other = await ChaincodeWorld.start();
    try {
      await other.deploy("probe", await packageService({ address }, "probe_1"));
      await other.submit("put", "shared", "theirs");
      await world.submit("put", "shared", "ours");
      expect(await other.submit("processId")).toBe(await world.submit("processId"));
      expect([await other.submit("get", "shared"), await world.submit("get", "shared")]).toEqual([
        "theirs",
        "ours",
      ]);
    } finally {
      await other.close();
    }
  });

  test("a service that runs as another package is refused with what to set", async () => {
    const other = await ChaincodeWorld.start();
    try {
      await other.deploy("probe", await packageService({ address }, "renamed_1"));
      const result = await other.execute({ args: ["processId"] });
      expect(result.ok ? "" : result.message).toContain("set its chaincode id to the package id");
    } finally {
      await other.close();
    }
  });

  test("nobody at the address is a failure with the address", async () => {
    const nobody = `127.0.0.1:${String(await freePort())}`;
    const other = await ChaincodeWorld.start();
    try {
      await other.deploy("probe", await packageService({ address: nobody }, "probe_1"));
      const result = await other.execute({ args: ["processId"] });
      expect(result.ok ? "" : result.message).toContain(`connection to ${nobody} terminated`);
    } finally {
      await other.close();
    }
  });
});
