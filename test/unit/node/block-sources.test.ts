import { beforeAll, describe, expect, test } from "vitest";
import { blockSources } from "../../../src/node/block-sources.ts";
import { sampleChannel, type SampleChannel } from "../../support/sample-channel.ts";

let sample: SampleChannel;

beforeAll(async () => {
  sample = await sampleChannel();
});

function sourcesOf(externalEndpoint: string, bootstrap: readonly string[]): readonly string[] {
  const peer = { msp: { id: "Org1MSP" }, gossip: { externalEndpoint, bootstrap } };
  return blockSources(sample.config, peer).map(({ role, target }) => `${role} ${target.address}`);
}

describe("whom a peer asks for blocks", () => {
  test("are bootstrap peers, anchor peers and orderers, each once", () => {
    const anchors = sample.config.application.organizations.flatMap(({ anchorPeers }) =>
      anchorPeers.map(({ host, port }) => `peer ${host}:${port}`),
    );
    expect(sourcesOf("new.org1.example.com:1", ["old.org1.example.com:2"])).toEqual([
      "peer old.org1.example.com:2",
      ...anchors,
      "orderer orderer1.example.com:7050",
      "orderer orderer2.example.com:7050",
    ]);
  });

  test("are never the peer itself", () => {
    const own = "old.org1.example.com:2";
    expect(sourcesOf(own, [own])).not.toContain(`peer ${own}`);
  });

  test("must show certificates of their own organisation", () => {
    const peer = {
      msp: { id: "Org1MSP" },
      gossip: { externalEndpoint: "a:1", bootstrap: ["b:2"] },
    };
    const [first] = blockSources(sample.config, peer);
    expect(first?.target.tls?.rootsPem).toEqual(
      sample.config.mspManager.msp("Org1MSP")?.tlsRootsPem,
    );
  });
});
