import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadOrdererConfig, loadPeerConfig } from "../../../src/node/config.ts";

const folder = fileURLToPath(new URL("../../../config/node", import.meta.url));

describe("the sample configurations", () => {
  test("an orderer's is valid, with paths that start at its own folder", async () => {
    const config = await loadOrdererConfig(join(folder, "orderer.yaml"));
    expect(config.dataDirectory).toBe(join(folder, "data"));
    expect(config.log.spec).toBe("info:cluster=debug");
  });

  test("a peer's is valid and shows every key", async () => {
    const config = await loadPeerConfig(join(folder, "peer.yaml"));
    expect(config.chaincode).toEqual({
      listen: { host: "127.0.0.1", port: 7052 },
      executeTimeoutMs: 30_000,
      heapMebibytesMax: 256,
    });
    expect(config.gossip).toEqual({
      externalEndpoint: "peer0.org1.example.com:7051",
      bootstrap: ["peer1.org1.example.com:8051"],
      timing: "heddle",
    });
  });
});
