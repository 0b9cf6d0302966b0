import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { FAILPOINTS } from "../../../../src/faults/index.ts";
import { courseOf } from "../../../../src/network/chaos/course.ts";

const names = { orderers: ["o1", "o2", "o3"], peers: ["p1", "p2"] };
const all = { hasProcesses: true, hasFaultLayer: true, canGrow: true };
const site = { names, abilities: all };

describe("a course of faults", () => {
  property.prop([fc.integer({ min: 0, max: 2 ** 31 })])(
    "of a seed is the same each time, fills its time, and pauses only what can be paused",
    (seed) => {
      const request = { seed, minutes: 1 };
      const { steps, title } = courseOf(request, site);
      expect(courseOf(request, site).steps).toEqual(steps);
      expect(title).toBe(`random-${seed}`);
      const totalMs = steps.reduce((sum, { waitMs, holdMs }) => sum + waitMs + holdMs, 0);
      expect(totalMs).toBeGreaterThanOrEqual(60_000);
      const inProcess = courseOf(request, { names, abilities: { ...all, hasProcesses: false } });
      expect(inProcess.steps.some(({ fault }) => fault.kind === "pause")).toBe(false);
    },
  );

  property.prop([fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 4 })])(
    "of a seed asks nothing of a network that is too small for it",
    (seed, ordererCount) => {
      const small = { orderers: names.orderers.slice(0, ordererCount), peers: ["p1"] };
      const { steps } = courseOf({ seed, minutes: 2 }, { names: small, abilities: all });
      const kinds = steps.map(({ fault }) => (fault.kind === "shape" ? fault.shape : fault.kind));
      expect(kinds).not.toContain("triangle");
      expect(kinds).not.toContain("peers-split");
    },
  );

  test("is refused with the cure when there is none of that name", () => {
    expect(() => courseOf({ scenario: "leader-kil", seed: 1, minutes: 1 }, site)).toThrow(
      "there is no scenario leader-kil, but leader-kill,",
    );
    expect(() => courseOf({ scenario: "constructor", seed: 1, minutes: 1 }, site)).toThrow(
      "there is no scenario constructor",
    );
  });

  test("is refused with the cure when the network is too small or cannot do it", () => {
    expect(() => courseOf({ scenario: "triangle", seed: 1, minutes: 1 }, site)).toThrow(
      "triangle takes 5 orderers, and there are 3; start a network with `heddle up --orderers 5`",
    );
    const inProcess = { names, abilities: { ...all, hasProcesses: false } };
    expect(() => courseOf({ scenario: "leader-pause", seed: 1, minutes: 1 }, inProcess)).toThrow(
      "pauses a process",
    );
    const fixed = { names, abilities: { ...all, hasProcesses: false, canGrow: false } };
    expect(() => courseOf({ scenario: "members", seed: 1, minutes: 1 }, fixed)).toThrow(
      "members adds and removes nodes, and these are fixed; use `heddle up` and `heddle chaos run`",
    );
    const inKernel = { names, abilities: { ...all, hasFaultLayer: false } };
    expect(() => courseOf({ scenario: "clock-jump", seed: 1, minutes: 1 }, inKernel)).toThrow(
      "make one without --namespaces",
    );
    const unmoved = { names, abilities: { ...all, hasFaultLayer: false, canGrow: false } };
    expect(() => courseOf({ scenario: "members", seed: 1, minutes: 1 }, unmoved)).toThrow(
      "make one without --namespaces",
    );
    const { steps } = courseOf({ seed: 1, minutes: 9 }, inKernel);
    const kinds = steps.map(({ fault }) => fault.kind);
    for (const kind of ["clock", "power-loss", "blackout", "crash-at"]) {
      expect(kinds).not.toContain(kind);
    }
    for (const scenario of ["power-loss", "failpoints"]) {
      expect(() => courseOf({ scenario, seed: 1, minutes: 1 }, inKernel)).toThrow(
        "make one without --namespaces",
      );
    }
  });

  test("of a seed takes nodes' power and their lives in the middle of a step that they take", () => {
    const { steps } = courseOf({ seed: 1, minutes: 60 }, site);
    const faults = steps.map(({ fault }) => fault);
    expect(faults.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["power-loss", "blackout", "crash-at"]),
    );
    for (const fault of faults) {
      if (fault.kind !== "crash-at") continue;
      const isPeer = fault.target.kind === "node" && names.peers.includes(fault.target.name);
      expect(FAILPOINTS[isPeer ? "peer" : "orderer"]).toContain(fault.failpoint.step);
    }
  });
});
