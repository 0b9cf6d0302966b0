import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import type { Membership } from "../../../../cluster/ordering/core/membership.ts";
import { HEARD_MS_MAX, MEMBERSHIP_CHECK_MS } from "../../../../cluster/ordering/limits.ts";
import { HeardTimes } from "../../../../cluster/ordering/heard-times.ts";
import {
  MembershipChanges,
  type GroupLog,
  type GroupStatus,
} from "../../../../cluster/ordering/membership-changes.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

/** Member 1 of a group whose log the test plays. */
class Rig {
  readonly time = new SimulatedTime();
  readonly proposed: string[] = [];
  readonly probed: number[] = [];
  readonly handedTo: number[] = [];
  role: "leader" | "follower" = "leader";
  voters: readonly number[] = [1, 2, 3];
  membership: Membership = { consenterIds: [1, 2, 3], nextConsenterId: 4 };
  pendingConfIndex: number | undefined;
  readonly heard: HeardTimes = new HeardTimes(this.time);
  readonly changes: MembershipChanges;

  constructor() {
    const deps = {
      log: this.#log(),
      transport: { send: ({ to }: { readonly to: number }) => void this.probed.push(to) },
      membership: () => this.membership,
      heard: this.heard,
      logger: silentLogger,
    };
    this.changes = new MembershipChanges(deps, { channelId: "ch1", raftId: 1 });
    this.time.every(MEMBERSHIP_CHECK_MS, () => {
      this.changes.check();
    });
  }

  names(...consenterIds: readonly number[]): void {
    this.membership = { consenterIds, nextConsenterId: 5 };
  }

  pass(ms: number): Promise<void> {
    return this.time.advance(ms);
  }

  #log(): GroupLog {
    const role = (): "leader" | "follower" => this.role;
    const voters = (): readonly number[] => this.voters;
    return {
      get leadership() {
        return { role: role(), term: 3, leaderId: 1 };
      },
      get configuration() {
        return { voters: voters() };
      },
      status: (): GroupStatus => ({
        pendingConfIndex: this.pendingConfIndex,
        appliedIndex: 10,
        transferTo: undefined,
        followers: this.voters
          .filter((id) => id !== 1)
          .map((id) => ({ id, match: id * 10, isActive: id !== 3 })),
      }),
      proposeConfChange: ({ ops }) => {
        this.proposed.push(ops.map(({ type, id }) => `${type} ${id}`).join());
      },
      transferLeadership: (to) => {
        this.handedTo.push(to);
      },
    };
  }
}

describe("the members of the group", () => {
  test("are left alone while they are those of the configuration", async () => {
    const rig = new Rig();
    await rig.pass(10 * MEMBERSHIP_CHECK_MS);
    expect([rig.proposed, rig.probed, rig.changes.pending()]).toEqual([[], [], undefined]);
  });

  test("grow once the new one answers, and not before", async () => {
    const rig = new Rig();
    rig.names(1, 2, 3, 4);
    await rig.pass(3 * MEMBERSHIP_CHECK_MS);
    expect([rig.proposed, rig.probed]).toEqual([[], [4, 4, 4]]);
    expect(rig.changes.pending()).toMatchObject({ raftId: 4 });
    rig.heard.note(4);
    await rig.pass(MEMBERSHIP_CHECK_MS);
    expect(rig.proposed).toEqual(["addVoter 4"]);
  });

  test("do not grow by one that has fallen silent again", async () => {
    const rig = new Rig();
    rig.names(1, 2, 3, 4);
    rig.heard.note(4);
    rig.role = "follower";
    await rig.pass(HEARD_MS_MAX + MEMBERSHIP_CHECK_MS);
    rig.role = "leader";
    await rig.pass(MEMBERSHIP_CHECK_MS);
    expect(rig.proposed).toEqual([]);
  });

  test("lose the one that the configuration no longer names", () => {
    const rig = new Rig();
    rig.names(1, 2);
    rig.changes.check();
    expect(rig.proposed).toEqual(["remove 3"]);
  });

  test("are changed by nobody but the leader, which goes on where the one before stopped", async () => {
    const rig = new Rig();
    rig.role = "follower";
    rig.names(1, 2);
    await rig.pass(5 * MEMBERSHIP_CHECK_MS);
    expect(rig.proposed).toEqual([]);
    rig.role = "leader";
    await rig.pass(MEMBERSHIP_CHECK_MS);
    expect(rig.proposed).toEqual(["remove 3"]);
  });

  test("change one at a time", async () => {
    const rig = new Rig();
    rig.names(1, 2);
    rig.pendingConfIndex = 11;
    await rig.pass(5 * MEMBERSHIP_CHECK_MS);
    expect(rig.proposed).toEqual([]);
    rig.pendingConfIndex = 10;
    await rig.pass(MEMBERSHIP_CHECK_MS);
    expect(rig.proposed).toEqual(["remove 3"]);
  });

  test("are led by one that stays: a leader that is to go hands over to the most advanced that answers", () => {
    const rig = new Rig();
    rig.names(2, 3);
    rig.changes.check();
    expect([rig.proposed, rig.handedTo]).toEqual([[], [2]]);
  });
});
