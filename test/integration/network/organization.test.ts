/** An organisation that joins a running network of real processes: its place in the channel, its first peer, its endorsements. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DevelopmentNetwork } from "../../../src/network/index.ts";
import { configInForce, untilLeader } from "../../../src/network/client/orderer-cluster.ts";
import { TestNetwork, root } from "./harness.ts";

const SLOW_MACHINE_MS = 180_000;
const CONTRACT = join(root, "config/samples/asset-transfer");
const NEW_PEER = "peer0.org3.example.com";

interface Listed {
  readonly peers: readonly {
    readonly name: string;
    readonly mspId: string;
    readonly lag: number;
    readonly health: string;
    readonly chaincodes: readonly { readonly name: string }[];
  }[];
}

let net: TestNetwork;

beforeAll(async () => {
  net = await TestNetwork.start({ peersPerOrganization: 1 });
  await net.must("deploy", CONTRACT, "--name", "basic");
}, SLOW_MACHINE_MS);

afterAll(async () => {
  await net.close();
}, SLOW_MACHINE_MS);

/** The organisations of the configuration in force with their anchor peers. */
async function organizations(): Promise<Readonly<Record<string, readonly string[]>>> {
  const network = await DevelopmentNetwork.open(net.directory);
  try {
    const leader = await untilLeader(network, "mychannel");
    const { config } = await configInForce(network, leader);
    return Object.fromEntries(
      config.application.organizations.map(({ mspId, anchorPeers }) => [
        mspId,
        anchorPeers.map(({ host }) => host),
      ]),
    );
  } finally {
    network.close();
  }
}

async function chaincodesOf(name: string): Promise<readonly string[]> {
  const { peers } = (await net.must("peer", "list")) as Listed;
  const listed = peers.find((peer) => peer.name === name);
  return (listed?.chaincodes ?? []).map((chaincode) => chaincode.name);
}

describe("an organisation that joins", { timeout: SLOW_MACHINE_MS }, () => {
  test("is added when the administrators of all others have signed", async () => {
    expect(await net.must("org", "add", "--name", "org3")).toMatchObject({
      mspId: "Org3MSP",
      signedBy: ["Org1MSP", "Org2MSP"],
    });
    expect(await organizations()).toEqual({
      Org1MSP: ["peer0.org1.example.com"],
      Org2MSP: ["peer0.org2.example.com"],
      Org3MSP: [],
    });
    const again = await net.run("org", "add", "--name", "org3");
    expect(again.stderr).toContain("the network has Org3MSP");
    const odd = await net.run("org", "add", "--name", "orderer9");
    expect(odd.stderr).toContain("cannot be the name of an organisation");
  });

  test("has a peer that is level, known to all and its anchor peer", async () => {
    const added = await net.must("peer", "add", "--org", "org3");
    expect(added).toMatchObject({ name: NEW_PEER, mspId: "Org3MSP" });
    expect(await organizations()).toMatchObject({ Org3MSP: [NEW_PEER] });
    await net.until("all peers are level", async () => {
      const { peers } = (await net.must("peer", "list")) as Listed;
      const level = peers.filter(({ health, lag }) => health === "alive" && lag === 0);
      return level.length === 3;
    });
  });

  test("endorses once the contract is approved for it, too", async () => {
    expect(await chaincodesOf(NEW_PEER)).not.toContain("basic");
    expect(await net.must("deploy", CONTRACT, "--name", "basic")).toMatchObject({ sequence: 2 });
    await net.until(`${NEW_PEER} runs the contract`, async () => {
      return (await chaincodesOf(NEW_PEER)).includes("basic");
    });
    // Without the peer of Org2 a majority of three organisations needs the new one.
    await net.stopNode("peer0.org2.example.com");
    await net.must("invoke", "basic", "CreateAsset", "a1", "blue", "5", "me", "300");
    const read = await net.must("query", "basic", "ReadAsset", "a1", "--org", "org3");
    expect(JSON.stringify(read)).toContain("blue");
  });
});
