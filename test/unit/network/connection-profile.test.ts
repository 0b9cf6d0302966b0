import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { writeConnectionProfile } from "../../../src/network/connection-profile.ts";
import { SAMPLE_TOPOLOGY, sampleLayout } from "./network-files.ts";

test("an organisation's profile names its peers, their addresses, roots and TLS names", async () => {
  const { layout, remove } = await sampleLayout();
  const organization = SAMPLE_TOPOLOGY.organizations[1]!;
  await writeConnectionProfile(layout, organization);
  const text = await readFile(layout.connectionProfile(organization), "utf8");
  await remove();
  expect(JSON.parse(text)).toEqual({
    name: "heddle-org2",
    version: "1.0.0",
    client: { organization: "Org2", connection: { timeout: { peer: { endorser: "300" } } } },
    organizations: {
      Org2: {
        mspid: "Org2MSP",
        peers: ["peer0.org2.example.com", "peer1.org2.example.com"],
      },
    },
    peers: {
      "peer0.org2.example.com": peerEntry("peer0.org2.example.com", 9_051),
      "peer1.org2.example.com": peerEntry("peer1.org2.example.com", 10_051),
    },
  });
});

function peerEntry(name: string, port: number): unknown {
  return {
    url: `grpcs://localhost:${port}`,
    tlsCACerts: { pem: "root of org2.example.com" },
    grpcOptions: { "ssl-target-name-override": name, hostnameOverride: name },
  };
}
