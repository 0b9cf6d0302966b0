import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { aimsOf, faultsFor, profileFor } from "../../../../src/sim/faults/aims.ts";
import { DEFAULT_PROFILE } from "../../../../src/sim/faults/profile.ts";
import { FAILPOINT_STATES, failpointState } from "../../../../src/sim/sometimes.ts";

const NODES = { orderers: ["orderer1"], peers: ["peer1", "peer2"], joiners: ["peer2"] };
const seeds = Array.from({ length: 90 }, (_, index) => index + 1);

describe("what seeds go for", () => {
  test("are all failpoints and states, within few seeds; one in three goes for nothing", () => {
    const aims = seeds.map(aimsOf);
    const steps = aims.flatMap((each) =>
      each.steps.map(({ role, step }) => failpointState(role, step)),
    );
    expect(new Set(steps)).toEqual(new Set(FAILPOINT_STATES));
    expect(new Set(aims.flatMap(({ state }) => state ?? [])).size).toBe(3);
    const idle = aims.filter(({ steps: none, state }) => none.length === 0 && state === undefined);
    expect(idle).toHaveLength(30);
  });

  test("shape the world: somebody joins, and consenters change, where that is on the way", () => {
    const step = (role: "orderer" | "peer", name: string): typeof DEFAULT_PROFILE =>
      profileFor(DEFAULT_PROFILE, { steps: [{ role, step: name }], state: undefined });
    const { consenterChangeMs, joiners } = DEFAULT_PROFILE;
    expect([joiners, consenterChangeMs]).toEqual([0, undefined]);
    expect(step("peer", "package flushed")).toMatchObject({ joiners: 1, consenterChangeMs });
    expect(step("orderer", "record of leaving made")).toMatchObject({
      joiners: 0,
      consenterChangeMs: 4_000,
      chaosMs: 2 * DEFAULT_PROFILE.chaosMs,
    });
  });

  test("bring faults of their own, the same for the same dice", () => {
    const draw = (seed: number): unknown =>
      faultsFor(profileFor(DEFAULT_PROFILE, aimsOf(seed)), NODES, new SeededRandom(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).toContainEqual(
      expect.objectContaining({
        fault: expect.objectContaining({
          state: { kind: "rot", flips: 20, isOfLog: true },
        }) as unknown,
      }),
    );
    expect(draw(3)).toEqual([]);
    expect(faultsFor(DEFAULT_PROFILE, NODES, new SeededRandom(1))).toEqual([]);
  });
});
