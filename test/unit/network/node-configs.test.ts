import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NetworkLayout } from "../../../src/network/layout.ts";
import { writeNodeConfigs } from "../../../src/network/node-configs.ts";
import { loadOrdererConfig, loadPeerConfig } from "../../../src/node/config.ts";
import { SAMPLE_TOPOLOGY, sampleLayout } from "./network-files.ts";

let layout: NetworkLayout;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ layout, remove } = await sampleLayout());
  await writeNodeConfigs(layout, SAMPLE_TOPOLOGY);
});

afterAll(async () => {
  await remove();
});

describe("the configuration files of a network's nodes", () => {
  test("are what orderers load, with paths into the network's folder", async () => {
    for (const site of SAMPLE_TOPOLOGY.orderers) {
      const node = layout.node(site.name);
      const config = await loadOrdererConfig(node.config);
      expect(config).toMatchObject({
        name: site.name,
        listen: { host: "127.0.0.1", port: site.port },
        operations: { host: "127.0.0.1", port: site.operationsPort },
        dataDirectory: node.data,
        msp: { id: "OrdererMSP", directory: `${layout.orderer(site)}/msp` },
        tls: {
          certificateFile: `${layout.orderer(site)}/tls/server.crt`,
          keyFile: `${layout.orderer(site)}/tls/server.key`,
        },
        channels: [{ genesisBlockFile: layout.genesisBlock("mychannel") }],
      });
    }
  });

  test("are what peers load; each asks the other peers of its organisation first", async () => {
    for (const { mspId, peers } of SAMPLE_TOPOLOGY.organizations) {
      for (const site of peers) {
        const config = await loadPeerConfig(layout.node(site.name).config);
        expect(config.msp.id).toBe(mspId);
        expect(config.chaincode.listen.port).toBe(site.chaincodePort);
        expect(config.gossip).toEqual({
          timing: "heddle",
          externalEndpoint: `${site.name}:${site.port}`,
          bootstrap: peers
            .filter((peer) => peer !== site)
            .map(({ name, port }) => `${name}:${port}`),
        });
      }
    }
  });

  test("give every node the address of every other, those that join later too", async () => {
    const peers = SAMPLE_TOPOLOGY.organizations.flatMap((organization) => organization.peers);
    const { hostAddresses } = await loadPeerConfig(layout.node(peers[0]!.name).config);
    expect(hostAddresses).toEqual({ "*.example.com": "127.0.0.1" });
  });
});
