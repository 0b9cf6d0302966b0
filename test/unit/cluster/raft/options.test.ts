import { describe, expect, test } from "vitest";
import type { RaftOptions } from "../../../../cluster/raft/options.ts";
import { assertOptions } from "../../../../cluster/raft/options.ts";
import { optionsOf } from "./harness.ts";

describe("the options", () => {
  test.each<Partial<RaftOptions>>([
    { id: 0 },
    { heartbeatTicks: 0 },
    { electionTicks: 1 },
    { electionTicks: 10.5 },
    { inflightMessagesMax: 0 },
    { messageBytesMax: 0 },
    { inflightBytesMax: 1_023 },
    { pendingBytesMax: 1_023 },
    { applyBytesMax: 0 },
  ])("%o is refused", (override) => {
    expect(() => {
      assertOptions(optionsOf(1, override));
    }).toThrow();
  });

  test("of the other tests are in order", () => {
    expect(() => {
      assertOptions(optionsOf(1));
    }).not.toThrow();
  });
});
