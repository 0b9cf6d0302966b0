import { describe, expect, test } from "vitest";
import { PrometheusMeter } from "../../../../src/ops/adapters/prometheus-meter.ts";
import { ActiveMembers } from "../../../../cluster/ordering/active-members.ts";
import type { Leadership, RaftReplica } from "../../../../cluster/replica/index.ts";

/** Member 2 of the members 1 to 4. */
class Rig {
  leadership: Leadership = { role: "follower", term: 3, leaderId: 1 };
  answering: readonly number[] = [];
  readonly announced: (readonly number[])[] = [];
  readonly members: ActiveMembers;
  readonly #meter = new PrometheusMeter({ process: false });

  constructor() {
    const status = (): ReturnType<RaftReplica["status"]> =>
      ({ followers: [{ id: 1 }, { id: 3 }, { id: 4 }] }) as never;
    const leadership = (): Leadership => this.leadership;
    this.members = new ActiveMembers(
      {
        replica: {
          status,
          get leadership() {
            return leadership();
          },
        },
        link: { announce: (ids) => void this.announced.push(ids) },
        hasAnswered: (raftId) => this.answering.includes(raftId),
        meter: this.#meter,
      },
      { channelId: "ch1", raftId: 2 },
    );
  }

  shownAfresh(): Promise<string | undefined> {
    this.members.publish();
    return this.shown();
  }

  async shown(): Promise<string | undefined> {
    const { text } = await this.#meter.expose();
    return /^consensus_etcdraft_active_nodes\{channel="ch1"\} (\d+)$/m.exec(text)?.[1];
  }
}

describe("the members that answer", () => {
  test("are at the leader those that it hears, and itself, and it tells the others", async () => {
    const rig = new Rig();
    rig.leadership = { role: "leader", term: 3, leaderId: 2 };
    rig.answering = [1, 4];
    expect(rig.members.ids()).toEqual([2, 1, 4]);
    expect(await rig.shownAfresh()).toBe("3");
    expect(rig.announced).toEqual([[2, 1, 4]]);
  });

  test("are at a follower those that its leader has named, and it tells nobody", async () => {
    const rig = new Rig();
    expect([rig.members.ids(), await rig.shownAfresh()]).toEqual([undefined, "0"]);
    rig.members.told(1, [1, 2, 3]);
    expect([rig.members.ids(), await rig.shownAfresh()]).toEqual([[1, 2, 3], "3"]);
    rig.members.told(1, [1, 2]);
    expect([rig.members.ids(), await rig.shownAfresh()]).toEqual([[1, 2], "2"]);
    expect(rig.announced.every((ids) => ids.length === 0)).toBe(true);
  });

  test("are nobody any more for one that has left", async () => {
    const rig = new Rig();
    rig.members.told(1, [1, 2, 3]);
    expect(await rig.shownAfresh()).toBe("3");
    rig.members.leave();
    expect(await rig.shown()).toBe("0");
  });

  test("are not what a member says that does not lead", () => {
    const rig = new Rig();
    rig.members.told(3, [3]);
    expect(rig.members.ids()).toBeUndefined();
    rig.members.told(1, [1, 2]);
    rig.members.told(3, [3]);
    expect(rig.members.ids()).toEqual([1, 2]);
  });

  test.each([
    ["without a leader", { role: "follower", term: 3, leaderId: undefined }],
    ["under another leader", { role: "follower", term: 4, leaderId: 3 }],
    ["in a later term of the same leader", { role: "follower", term: 5, leaderId: 1 }],
  ] as const)("are not known any more %s", async (_, leadership) => {
    const rig = new Rig();
    rig.members.told(1, [1, 2, 3]);
    rig.leadership = leadership;
    expect([rig.members.ids(), await rig.shownAfresh()]).toEqual([undefined, "0"]);
  });
});
