import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../../src/kernel/bytes.ts";
import type { RaftConsenter } from "../../../../../src/channel/index.ts";
import { membershipStep } from "../../../../../cluster/ordering/core/membership-difference.ts";
import {
  changedMembership,
  firstMembership,
  quorumFault,
  type MembershipOutcome,
} from "../../../../../cluster/ordering/core/membership.ts";

function consenters(...names: readonly string[]): readonly RaftConsenter[] {
  return names.map((name) => ({
    host: name,
    port: 7050,
    clientTlsCertPem: utf8(name),
    serverTlsCertPem: utf8(`${name} server`),
  }));
}

const THREE = consenters("a", "b", "c");

function change(...names: readonly string[]): MembershipOutcome {
  return changedMembership(firstMembership(3), THREE, consenters(...names));
}

describe("a configuration's consenters", () => {
  test.each([
    [["a", "b", "c"], [1, 2, 3], 4, { type: "none" }],
    [["c", "a", "b"], [3, 1, 2], 4, { type: "none" }],
    [["a", "b", "c", "d"], [1, 2, 3, 4], 5, { type: "add", raftId: 4 }],
    [["d", "a", "b", "c"], [4, 1, 2, 3], 5, { type: "add", raftId: 4 }],
    [["a", "c"], [1, 3], 4, { type: "remove", raftId: 2 }],
    [["a", "x", "c"], [1, 2, 3], 4, { type: "rotate", raftId: 2 }],
  ])("%j have the ids %j", (names, consenterIds, nextConsenterId, expected) => {
    const membership = { consenterIds, nextConsenterId };
    expect(change(...names)).toEqual({ ok: true, membership, change: expected });
  });

  test.each([
    [["a", "b", "c", "d", "e"], "add 2 node(s), remove 0 node(s)"],
    [["a"], "add 0 node(s), remove 2 node(s)"],
    [["a", "x", "y"], "add 2 node(s), remove 2 node(s)"],
  ])("%j are refused: more than one changes", (names, counts) => {
    expect(change(...names)).toEqual({
      ok: false,
      reason: `update of more than one consenter at a time is not supported, requested changes: ${counts}`,
    });
  });

  test("never give an id twice, however they change", () => {
    const added = change("a", "b", "c", "d");
    expect(added.ok).toBe(true);
    const { membership } = added as MembershipOutcome & { readonly ok: true };
    const four = consenters("a", "b", "c", "d");
    const removed = changedMembership(membership, four, THREE);
    expect(removed).toMatchObject({ membership: { consenterIds: [1, 2, 3], nextConsenterId: 5 } });
  });
});

describe("a change that would leave too few members that answer", () => {
  const membership = (...consenterIds: readonly number[]) => ({ consenterIds, nextConsenterId: 9 });

  test("is refused with a forecast", () => {
    const add = { type: "add", raftId: 4 } as const;
    expect(quorumFault(membership(1, 2, 3, 4), add, [1, 2])).toBe(
      "2 out of 3 nodes are alive, configuration will result in quorum loss: 2 of 4 would be reachable, needs 3",
    );
    expect(quorumFault(membership(1, 2, 3, 4), add, [1, 2, 3])).toBeUndefined();
    const remove = { type: "remove", raftId: 3 } as const;
    expect(quorumFault(membership(1, 2), remove, [1, 3])).toContain("1 of 2 would be reachable");
    expect(quorumFault(membership(1, 2), remove, [1, 2])).toBeUndefined();
    const rotate = { type: "rotate", raftId: 2 } as const;
    expect(quorumFault(membership(1, 2, 3), rotate, [1, 2])).toContain("needs 2");
  });

  test("is taken where a loss of one would stop the group anyway", () => {
    expect(quorumFault(membership(1, 2), { type: "add", raftId: 2 }, [1])).toBeUndefined();
    expect(quorumFault(membership(1, 2), { type: "rotate", raftId: 2 }, [1])).toBeUndefined();
  });
});

describe("the next step", () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1 });

  propertyTest.prop([ids, ids])("leads to the members of the configuration", (from, to) => {
    let voters = from;
    for (let count = 0; count <= from.length + to.length; count += 1) {
      const step = membershipStep({ voters }, { consenterIds: to, nextConsenterId: 10 });
      if (step === undefined) break;
      const { type, raftId } = step;
      voters = type === "remove" ? voters.filter((id) => id !== raftId) : [...voters, raftId];
    }
    expect(voters.toSorted((a, b) => a - b)).toEqual(to.toSorted((a, b) => a - b));
  });
});
