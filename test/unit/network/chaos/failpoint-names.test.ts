import { describe, expect, test } from "vitest";
import { FAILPOINTS } from "../../../../src/faults/index.ts";
import { requireStep } from "../../../../src/network/chaos/failpoint-names.ts";

describe("the name of a step", () => {
  test("is taken for the role whose step it is", () => {
    for (const role of ["orderer", "peer"] as const) {
      for (const step of FAILPOINTS[role]) requireStep(role, step);
    }
    expect(() => {
      requireStep("peer", "log segment flushed");
    }).toThrow('"log segment flushed" is no durable step of a peer');
  });

  test("is refused with those that are near it", () => {
    expect(() => {
      requireStep("orderer", "Log segment flusht");
    }).toThrow(
      'is no durable step of an orderer; did you mean "log segment made", "log segment written", "log segment cut to size", "log segment flushed",',
    );
  });

  test.each(["", "constructor", "x".repeat(1_000)])("%j is near none", (step) => {
    expect(() => {
      requireStep("orderer", step);
    }).toThrow(/is no durable step of an orderer \(`heddle chaos crash-at --list` lists all\)$/);
  });
});
