import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { ConfChangeResult } from "../../../../cluster/raft/conf-changer.ts";
import {
  changeConfiguration,
  enterJoint,
  leaveJoint,
  simpleChange,
} from "../../../../cluster/raft/conf-changer.ts";
import type {
  ConfChange,
  ConfChangeOp,
  RaftConfiguration,
} from "../../../../cluster/raft/configuration.ts";
import { configurationOf } from "../../../../cluster/raft/configuration.ts";
import { configurationFault } from "../../../../cluster/raft/configuration-fault.ts";
import { VOTERS_MAX } from "../../../../cluster/raft/limits.ts";
import { jointVoteResult } from "../../../../cluster/raft/quorum.ts";

const EMPTY = new Uint8Array();

function op(type: ConfChangeOp["type"], id: number): ConfChangeOp {
  return { type, id };
}

function change(transition: ConfChange["transition"], ...ops: ConfChangeOp[]): ConfChange {
  return { transition, ops, context: EMPTY };
}

function taken(result: ConfChangeResult): RaftConfiguration {
  if (!result.ok) throw new Error(`refused: ${result.reason}`);
  return result.configuration;
}

const three = configurationOf([1, 2, 3]);

describe("a change of the configuration", () => {
  test("adds, removes and demotes one voter at once", () => {
    const { voters } = taken(changeConfiguration(three, change("auto", op("addVoter", 4))));
    expect(voters).toEqual([1, 2, 3, 4]);
    expect(taken(changeConfiguration(three, change("auto", op("remove", 1))))).toEqual(
      configurationOf([2, 3]),
    );
    expect(taken(changeConfiguration(three, change("auto", op("addLearner", 3))))).toEqual({
      ...configurationOf([1, 2]),
      learners: [3],
    });
  });

  test("of several steps goes through a joint configuration that is left by itself", () => {
    const ops = [op("addVoter", 4), op("remove", 1)];
    for (const transition of ["auto", "implicit"] as const) {
      expect(taken(changeConfiguration(three, change(transition, ...ops)))).toEqual({
        ...configurationOf([2, 3, 4]),
        votersOutgoing: [1, 2, 3],
        autoLeave: true,
      });
    }
  });

  test("of one step goes through a joint configuration on request, and stays there if asked to", () => {
    const joint = taken(changeConfiguration(three, change("explicit", op("remove", 3))));
    expect(joint).toEqual({ ...configurationOf([1, 2]), votersOutgoing: [1, 2, 3] });
    expect(taken(changeConfiguration(joint, change("auto")))).toEqual(configurationOf([1, 2]));
  });

  test("makes a demoted voter a learner only when the joint configuration is left", () => {
    const joint = taken(enterJoint(three, false, [op("addLearner", 3)]));
    expect(joint).toMatchObject({ voters: [1, 2], learners: [], learnersNext: [3] });
    expect(taken(leaveJoint(joint))).toMatchObject({ voters: [1, 2], learners: [3] });
  });

  test("does nothing for id 0 and for an update", () => {
    expect(
      taken(simpleChange(three, [op("remove", 0), op("update", 2), op("addVoter", 0)])),
    ).toEqual(three);
  });

  test("is refused when it is not possible from here", () => {
    const joint = taken(enterJoint(three, false, []));
    const refusal = (result: ConfChangeResult): string => (result.ok ? "" : result.reason);
    expect(refusal(changeConfiguration(three, change("auto")))).toBe("not joint");
    expect(refusal(changeConfiguration(joint, change("explicit")))).toBe("already joint");
    expect(refusal(changeConfiguration(joint, change("auto", op("addVoter", 4))))).toBe("joint");
    expect(refusal(enterJoint(configurationOf([]), true, [op("addVoter", 1)]))).toBe(
      "without voters",
    );
    expect(refusal(simpleChange(configurationOf([1]), [op("remove", 1)]))).toBe(
      "removes all voters",
    );
    expect(refusal(simpleChange(three, [op("remove", 1), op("addVoter", 4)]))).toBe(
      "changes several voters",
    );
  });

  test("is refused when there would be more members than the bound", () => {
    const full = configurationOf(Array.from({ length: VOTERS_MAX }, (_, index) => index + 1));
    const added = op("addLearner", VOTERS_MAX + 1);
    expect(simpleChange(full, [added])).toEqual({ ok: false, reason: "too many members" });
    expect(simpleChange(full, [op("remove", 1), added])).toMatchObject({ ok: true });
  });
});

const ids = fc.integer({ min: 1, max: 6 });
const ops = fc.array(
  fc.record({ type: fc.constantFrom("addVoter", "addLearner", "remove", "update"), id: ids }),
  { maxLength: 8 },
);
const changes = fc.record({
  transition: fc.constantFrom("auto", "implicit", "explicit"),
  ops,
  context: fc.constant(EMPTY),
});

/** Some configuration that changes lead to. */
const reached = fc
  .tuple(fc.uniqueArray(ids, { minLength: 1 }), fc.array(changes, { maxLength: 6 }))
  .map(([voters, steps]) => {
    let current = configurationOf(voters);
    for (const step of steps) {
      const result = changeConfiguration(current, step);
      if (result.ok) current = result.configuration;
    }
    return current;
  });

function canDecide(configuration: RaftConfiguration, supporters: ReadonlySet<number>): boolean {
  const votes = new Map(Array.from(supporters, (id) => [id, true] as const));
  const voters = new Set(configuration.voters);
  const votersOutgoing = new Set(configuration.votersOutgoing);
  return jointVoteResult({ voters, votersOutgoing }, votes) === "won";
}

describe("any change of the configuration", () => {
  test.prop([fc.uniqueArray(ids), ops])(
    "ends the same through a joint configuration as step by step",
    (others, steps) => {
      // Member 9 is never touched, so that there is always a voter.
      const base = configurationOf([9, ...others]);
      let stepwise = base;
      for (const step of steps) stepwise = taken(simpleChange(stepwise, [step]));
      for (const autoLeave of [false, true]) {
        const joint = taken(enterJoint(base, autoLeave, steps));
        expect(joint.votersOutgoing).toEqual(base.voters);
        expect(taken(leaveJoint(joint))).toEqual(stepwise);
      }
    },
  );

  test.prop([reached, changes])("keeps the configuration's invariants", (current, next) => {
    const result = changeConfiguration(current, next);
    if (result.ok) expect(configurationFault(result.configuration)).toBeUndefined();
  });

  // Thesis §4.1: were two disjoint majorities possible, two leaders could be elected in one term.
  test.prop([reached, changes], { numRuns: 1_000 })(
    "leaves no majority that misses one of the configuration before",
    (current, next) => {
      const result = changeConfiguration(current, next);
      if (!result.ok) return;
      for (let mask = 0; mask < 2 ** 6; mask += 1) {
        const side = (bit: number): ReadonlySet<number> =>
          new Set([1, 2, 3, 4, 5, 6].filter((id) => ((mask >> (id - 1)) & 1) === bit));
        const isSplit = canDecide(current, side(0)) && canDecide(result.configuration, side(1));
        expect(isSplit).toBe(false);
      }
    },
  );
});
