import { describe, expect, test } from "vitest";
import type { RaftConfiguration } from "../../../../cluster/raft/configuration.ts";
import {
  configurationOf,
  isJoint,
  isSameConfiguration,
  membersOf,
} from "../../../../cluster/raft/configuration.ts";
import { configurationFault } from "../../../../cluster/raft/configuration-fault.ts";
import { VOTERS_MAX } from "../../../../cluster/raft/limits.ts";

const joint: RaftConfiguration = {
  voters: [2, 5],
  votersOutgoing: [1, 2, 3],
  learners: [4],
  learnersNext: [3],
  autoLeave: true,
};

describe("a configuration", () => {
  test("has everyone who receives the log as a member, once and in order", () => {
    expect(membersOf(joint)).toEqual([1, 2, 3, 4, 5]);
    expect(membersOf(configurationOf([3, 1, 2, 1]))).toEqual([1, 2, 3]);
  });

  test("is joint while it has an outgoing half", () => {
    expect(isJoint(joint)).toBe(true);
    expect(isJoint(configurationOf([1]))).toBe(false);
  });

  test("is the same as another only if all parts are", () => {
    expect(isSameConfiguration(joint, { ...joint, voters: [2, 5] })).toBe(true);
    const others = [
      { voters: [2, 6] },
      { votersOutgoing: [1, 2] },
      { learners: [] },
      { learnersNext: [] },
      { autoLeave: false },
    ];
    for (const other of others)
      expect(isSameConfiguration(joint, { ...joint, ...other })).toBe(false);
  });
});

describe("a configuration from elsewhere", () => {
  test("without fault is taken", () => {
    expect(configurationFault(joint)).toBeUndefined();
    expect(configurationFault(configurationOf([]))).toBeUndefined();
  });

  test.each([
    { voters: [5, 2] },
    { voters: [2, 2] },
    { voters: [0, 2] },
    { voters: [1.5] },
    { learners: [2 ** 53] },
    { learners: [1] },
    { learners: [5] },
    { learnersNext: [6] },
    { learnersNext: [2] },
    { voters: [] },
    { votersOutgoing: [], learnersNext: [] },
    { voters: Array.from({ length: VOTERS_MAX + 1 }, (_, index) => index + 1), learnersNext: [] },
  ])("with a fault is refused: %j", (parts) => {
    expect(configurationFault({ ...joint, ...parts })).toBeTypeOf("string");
  });
});
