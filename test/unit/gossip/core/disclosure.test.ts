import { describe, expect, test } from "vitest";
import { disclosed, mayDisclose } from "../../../../gossip/core/disclosure.ts";
import { NO_SEAL, aliveClaim } from "./claims.ts";

const to = (toMspId: string): { ownMspId: string; toMspId: string } => ({
  ownMspId: "Org1MSP",
  toMspId,
});

describe("another organisation", () => {
  test("is told of our members that have an external endpoint, and of its own", () => {
    expect(mayDisclose(aliveClaim("a", 1), to("Org2MSP"))).toBe(true);
    expect(mayDisclose(aliveClaim("a", 1, { externalEndpoint: "" }), to("Org2MSP"))).toBe(false);
    expect(mayDisclose(aliveClaim("b", 1, { mspId: "Org2MSP" }), to("Org2MSP"))).toBe(true);
  });

  test("is not told of third organisations", () => {
    expect(mayDisclose(aliveClaim("c", 1, { mspId: "Org3MSP" }), to("Org2MSP"))).toBe(false);
    expect(mayDisclose(aliveClaim("c", 1, { mspId: "Org3MSP" }), to("Org1MSP"))).toBe(true);
  });

  test("never gets the endpoint inside ours", () => {
    const secretEnvelope = { payload: new Uint8Array([1]), signature: new Uint8Array([2]) };
    const claim = aliveClaim("a", 1, { sealed: { ...NO_SEAL, secretEnvelope } });
    expect(disclosed(claim, to("Org2MSP")).secretEnvelope).toBeUndefined();
    expect(disclosed(claim, to("Org1MSP")).secretEnvelope).toEqual(secretEnvelope);
  });
});
