import { describe, expect, test } from "vitest";
import { nodeNamed, nodesNamed } from "../../../src/network/node-names.ts";
import { planTopology } from "../../../src/network/topology.ts";

const names = [
  "orderer.example.com",
  "orderer2.example.com",
  "peer0.org1.example.com",
  "peer0.org2.example.com",
];

describe("the name of a node", () => {
  test.each([
    ["orderer.example.com", "orderer.example.com"],
    ["orderer", "orderer.example.com"],
    ["orderer1", "orderer.example.com"],
    ["orderer2", "orderer2.example.com"],
    ["peer0.org2", "peer0.org2.example.com"],
  ])("%s means %s", (short, whole) => {
    expect(nodeNamed(short, names)).toBe(whole);
  });

  test("that several have, or none, is refused with those that there are", () => {
    expect(() => nodeNamed("peer0", names)).toThrow(
      "peer0 may be peer0.org1.example.com or peer0.org2.example.com",
    );
    expect(() => nodeNamed("order", names)).toThrow("order is no node; the network has orderer.");
  });
});

describe("the name of several nodes", () => {
  const topology = planTopology({ ordererCount: 2, peerCountPerOrganization: 2, portOffset: 0 });
  const peers = topology.organizations.flatMap((organization) => organization.peers);
  const named = (name: string): readonly string[] => nodesNamed(name, { topology, peers });

  test.each([
    ["orderers", ["orderer.example.com", "orderer2.example.com"]],
    ["org2", ["peer0.org2.example.com", "peer1.org2.example.com"]],
    ["Org1MSP", ["peer0.org1.example.com", "peer1.org1.example.com"]],
    ["org1.example.com", ["peer0.org1.example.com", "peer1.org1.example.com"]],
    ["peer1.org1", ["peer1.org1.example.com"]],
    ["orderer1", ["orderer.example.com"]],
  ])("%s means all of %j", (name, whole) => {
    expect(named(name)).toEqual(whole);
  });

  test("are all peers, or refused when there are none", () => {
    expect(named("peers")).toHaveLength(4);
    expect(() => named("org9")).toThrow("org9 is no node; the network has orderer.example.com");
  });
});
