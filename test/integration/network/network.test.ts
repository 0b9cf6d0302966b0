/** The main job on real processes: three orderers, two organisations, TLS, unmodified clients and contracts. */
import type { Network } from "@hyperledger/fabric-gateway";
import { CommitError, EndorseError } from "@hyperledger/fabric-gateway";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { heddle, root, TestNetwork } from "./harness.ts";

const sample = `${root}/config/samples/asset-transfer`;
const text = new TextDecoder();

let net: TestNetwork;
let org1: Network;
let org2: Network;

beforeAll(async () => {
  net = await TestNetwork.start();
  await net.must("deploy", sample, "--name", "basic");
  [{ network: org1 }, { network: org2 }] = [
    await net.connect(net.topology.organizations[0]!),
    await net.connect(net.topology.organizations[1]!),
  ];
  await org1.getContract("basic").submitTransaction("InitLedger");
});

afterAll(async () => {
  await net.close();
});

function create(network: Network, id: string): Promise<Uint8Array> {
  return network
    .getContract("basic")
    .submitTransaction("CreateAsset", id, "blue", "5", "Tom", "300");
}

describe("an unmodified fabric-gateway client", () => {
  test("submits through one organisation and reads through the other", async () => {
    await create(org1, "shared");
    await net.until("org2 has the asset", async () => {
      const exists = await org2.getContract("basic").evaluateTransaction("AssetExists", "shared");
      return text.decode(exists) === "true";
    });
    const asset: unknown = JSON.parse(
      text.decode(await org2.getContract("basic").evaluateTransaction("ReadAsset", "shared")),
    );
    expect(asset).toMatchObject({ ID: "shared", Color: "blue", Owner: "Tom" });
  });

  test("gets the contract's own error with the endorser's address", async () => {
    await create(org1, "twice");
    const error = await create(org1, "twice").catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(EndorseError);
    const { details } = error as EndorseError;
    expect(details.length).toBeGreaterThan(0);
    expect(details[0]).toMatchObject({ mspId: "Org1MSP" });
    expect(details[0]?.address).toMatch(/^peer[01]\.org1\.example\.com:\d+$/);
    expect(details[0]?.message).toContain("already exists");
  });

  test("hears the contract's events", async () => {
    const events = await org1.getChaincodeEvents("basic");
    try {
      await create(org1, "heard");
      for await (const event of events) {
        if (!text.decode(event.payload).includes("heard")) continue;
        expect(event.chaincodeName).toBe("basic");
        break;
      }
    } finally {
      events.close();
    }
  });

  test("hears of blocks, full and filtered", async () => {
    const full = await org1.getBlockEvents({ startBlock: 0n });
    const filtered = await org1.getFilteredBlockEvents({ startBlock: 1n });
    for await (const block of full) {
      expect(block.getHeader()?.getNumber()).toBe(0);
      break;
    }
    for await (const block of filtered) {
      expect(block.getChannelId()).toBe(net.topology.channelId);
      break;
    }
    full.close();
    filtered.close();
  });

  test("one of two conflicting updates is committed and the other told so", async () => {
    await create(org1, "contended");
    const contract = org1.getContract("basic");
    const transfer = (owner: string): Promise<unknown> =>
      contract
        .submitTransaction("TransferAsset", "contended", owner)
        .catch((cause: unknown) => cause);
    const outcomes = await Promise.all([
      transfer("A"),
      transfer("B"),
      transfer("C"),
      transfer("D"),
    ]);
    const failures = outcomes.filter((outcome) => outcome instanceof Error);
    expect(failures.length).toBeLessThan(outcomes.length);
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(CommitError);
      expect(String(failure)).toContain("MVCC_READ_CONFLICT");
    }
  });
});

describe("the command line", () => {
  test("invokes, queries and shows the transaction and its block", async () => {
    const invoked = (await net.must(
      "invoke",
      "basic",
      "CreateAsset",
      "cli",
      "red",
      "1",
      "Ann",
      "7",
    )) as {
      transactionId: string;
      blockNumber: number;
    };
    const queried = await net.must("query", "basic", "ReadAsset", "cli");
    expect(queried).toMatchObject({ result: { ID: "cli", Owner: "Ann" } });
    const shown = await net.must("tx", invoked.transactionId);
    expect(shown).toMatchObject({
      blockNumber: invoked.blockNumber,
      chaincode: "basic",
      code: "VALID",
    });
    const block = await net.must("block", String(invoked.blockNumber));
    expect(block).toMatchObject({ number: invoked.blockNumber, channelId: net.topology.channelId });
  });

  test("says in one line what is wrong", async () => {
    const unknown = await net.run("query", "basic", "Nothing");
    expect(unknown.code).toBe(1);
    const missing = await net.run("block", "999999");
    expect(missing).toMatchObject({ code: 1 });
    expect(missing.stderr).toContain("no such block");
    const nowhere = await heddle(["status", "--dir", `${net.directory}-absent`]);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain("heddle up");
    const twice = await net.run("up", "--detach");
    expect(twice.code).toBe(1);
    expect(twice.stderr).toContain("already running");
  });
});

describe("failures", () => {
  test("the leader is killed under load: nothing acknowledged is lost and it catches up", async () => {
    const leader = (await net.leader())!;
    const acknowledged: string[] = [];
    let stop = false;
    const load = Array.from({ length: 8 }, async (_, client) => {
      for (let round = 0; !stop; round += 1) {
        const id = `load-${client}-${round}`;
        try {
          await create(org1, id);
          acknowledged.push(id);
        } catch {
          // Unknown: it may or may not be in the ledger. Only what was acknowledged counts.
        }
      }
    });
    await net.until("some load was acknowledged", () => Promise.resolve(acknowledged.length > 30));
    process.kill(await net.pidOf(leader), "SIGKILL");
    const before = acknowledged.length;
    await net.until(
      "ordering resumes",
      () => Promise.resolve(acknowledged.length > before + 100),
      60_000,
    );
    stop = true;
    await Promise.all(load);
    for (const id of acknowledged) {
      const exists = await org1.getContract("basic").evaluateTransaction("AssetExists", id);
      expect([id, text.decode(exists)]).toEqual([id, "true"]);
    }
    await net.restart(leader);
    const reached = await net.height(net.topology.organizations[0]!.peers[0]!.name);
    await net.until(
      "the old leader has caught up",
      async () => (await net.height(leader)) >= reached,
    );
  });

  test("a peer that was stopped for 200 blocks catches up by itself", async () => {
    const late = net.topology.organizations[1]!.peers[1]!.name;
    await net.stopNode(late);
    const witness = net.topology.organizations[0]!.peers[0]!.name;
    const goal = (await net.height(witness)) + 200;
    for (let round = 0; (await net.height(witness)) < goal; round += 1) {
      await Promise.all(
        Array.from({ length: 4 }, (_, index) => create(org1, `late-${round}-${index}`)),
      );
    }
    await net.restart(late);
    await net.until("the peer is level", async () => (await net.height(late)) >= goal);
  });

  test("every peer ends with the same commit hash at every height", async () => {
    const peers = net.topology.organizations.flatMap((organization) =>
      organization.peers.map((_, index) => ({ organization, index })),
    );
    const newest = await net.height(net.topology.organizations[0]!.peers[0]!.name);
    const hashes = await Promise.all(
      peers.map(async ({ organization, index }) => {
        const { network } = await net.connect(organization, index);
        const events = await network.getBlockEvents({ startBlock: 1n });
        const seen: string[] = [];
        for await (const block of events) {
          const metadata = block.getMetadata()!.getMetadataList_asU8();
          seen.push(
            `${Buffer.from(metadata[2]!).toString("hex")}/${Buffer.from(metadata[4]!).toString("hex")}`,
          );
          if (seen.length === newest - 1) break;
        }
        events.close();
        return seen;
      }),
    );
    expect(hashes[0]!.length).toBe(newest - 1);
    for (const other of hashes.slice(1)) expect(other).toEqual(hashes[0]);
  });
});
