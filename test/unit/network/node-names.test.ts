import { describe, expect, test } from "vitest";
import { nodeNamed } from "../../../src/network/node-names.ts";

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
