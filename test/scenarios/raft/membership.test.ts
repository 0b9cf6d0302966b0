/**
 * Faults of membership changes that other implementations had in practice, each as a script or from seeds. The numbers
 * are those of docs/TESTING.md. B30 (a change that would lose the majority) is refused by the ordering service, which
 * knows who is connected; the core makes any change that leaves a voter.
 */
import { describe, expect, test } from "vitest";
import type { ConfChangeOp, RaftMessage } from "../../../cluster/raft/index.ts";
import { emptyState, Raft } from "../../../cluster/raft/index.ts";
import { EMPTY_BYTES } from "../../../src/kernel/bytes.ts";
import { optionsOf } from "../../unit/cluster/raft/harness.ts";
import { Cluster } from "./cluster.ts";
import { runMembership } from "./membership-run.ts";
import { ELECTION_TICKS } from "./scenario-node.ts";

function op(type: ConfChangeOp["type"], id: number): ConfChangeOp {
  return { type, id };
}

describe("a change of the members", () => {
  test("B21: lets no late answer of a member that was removed count for it when it is back", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    const isAnswer = (message: RaftMessage): boolean =>
      message.from === 3 &&
      (message.type === "appendAccepted" || message.type === "appendRejected");
    cluster.hold(isAnswer);
    cluster.leader.propose("held by 3, as far as it says");
    cluster.settle();
    expect(cluster.leader.change(op("remove", 3))).toBe(true);
    cluster.settle();
    const late = cluster.takeHeld();
    expect(late.length).toBeGreaterThan(0);
    // Back under its old id with an empty disk, it says nothing yet, and its old answers arrive.
    cluster.isolate(3);
    cluster.node(3).loseDisk();
    expect(cluster.leader.change(op("addLearner", 3))).toBe(true);
    cluster.settle();
    cluster.inject(...late, ...late);
    cluster.heal();
    cluster.tick(5);
    cluster.leader.propose("after its return");
    cluster.tick(3);
    expect(cluster.node(3).status.appliedIndex).toBe(cluster.leader.status.lastIndex);
    expect(cluster.node(3).digest).toBe(cluster.leader.digest);
  });

  // The three variants of the fault found in 2015 in changes of one member at a time.
  test.each([
    { name: "an addition and a removal", first: op("addVoter", 5), second: op("remove", 1) },
    { name: "two additions", first: op("addVoter", 5), second: op("addVoter", 6) },
    { name: "two removals", first: op("remove", 3), second: op("remove", 1) },
  ])("B25: in two terms with divergent logs is in force once: $name", ({ first, second }) => {
    const cluster = new Cluster({ count: 6, voters: [1, 2, 3, 4] });
    cluster.elect(1);
    cluster.isolate(1);
    expect(cluster.node(1).change(first)).toBe(true);
    cluster.tickUntil(() => cluster.leaders.some(({ id }) => id !== 1), 6 * ELECTION_TICKS);
    const successor = cluster.leader;
    expect(successor.change(second)).toBe(true);
    cluster.tick(2);
    const { configuration } = successor.status;
    expect(configuration.voters.includes(second.id)).toBe(second.type === "addVoter");
    // The first change was never committed, so it never counted: nobody is elected by it.
    expect(cluster.node(1).status.configuration.voters).toEqual([1, 2, 3, 4]);
    cluster.heal();
    cluster.tick(4 * ELECTION_TICKS);
    for (const id of configuration.voters) {
      expect(cluster.node(id).status.configuration).toEqual(configuration);
    }
  });

  test("B26: mixed with partitions, crashes and compaction breaks no property", () => {
    const totals = { changes: 0, joint: 0, snapshots: 0, leaders: 0 };
    for (let seed = 1; seed <= 25; seed += 1) {
      const report = replayable(seed);
      totals.changes += report.changeCount;
      totals.joint += report.jointCount;
      totals.snapshots += report.snapshotCount;
      totals.leaders += report.leaderCount;
    }
    // A run in which little happens would have checked nothing.
    expect(totals.changes).toBeGreaterThan(600);
    expect(totals.joint).toBeGreaterThan(150);
    expect(totals.snapshots).toBeGreaterThan(10);
    expect(totals.leaders).toBeGreaterThan(50);
  });

  test("B27: that is committed and not applied keeps a node from standing for election", () => {
    const change = { transition: "auto", ops: [op("addVoter", 4)], context: EMPTY_BYTES } as const;
    const entry = {
      index: 1,
      term: 1,
      type: "confChangeV2",
      data: Uint8Array.of(1),
      change,
    } as const;
    const raft = new Raft(optionsOf(1), {
      ...emptyState([1, 2, 3]),
      hardState: { term: 1, votedFor: undefined, commit: 1 },
      entries: [entry],
    });
    raft.step({ type: "campaign" });
    expect(raft.status().role).toBe("follower");
    expect(raft.takeEffects().apply).toEqual([entry]);
    raft.step({ type: "applied", index: 1 });
    raft.step({ type: "campaign" });
    expect(raft.status().role).toBe("preCandidate");
    expect(raft.takeEffects().sendNow.map(({ to }) => to)).toEqual([2, 3, 4]);
  });

  test("B28: that removes the leader is finished by it, and the others go on", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    expect(cluster.leader.change(op("remove", 1))).toBe(true);
    cluster.settle();
    expect(cluster.node(1).status.role).toBe("follower");
    cluster.tickUntil(() => cluster.leaders.length === 1, 6 * ELECTION_TICKS);
    expect(cluster.leader.id).not.toBe(1);
    expect(cluster.leader.status.configuration.voters).toEqual([2, 3]);
    expect(cluster.leader.propose("goes on")).toBe(true);
    cluster.settle();
    expect(cluster.leader.status.commitIndex).toBe(cluster.leader.status.lastIndex);
    // Whom nobody counts any more disturbs nobody.
    const { term } = cluster.leader.status;
    cluster.tick(20 * ELECTION_TICKS);
    expect(cluster.leader.status.term).toBe(term);
  });

  test("B29: gives a vote to a learner that does not know yet of its promotion", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.leader.change(op("addLearner", 3));
    cluster.tick(1);
    cluster.isolate(3);
    expect(cluster.leader.change(op("addVoter", 3))).toBe(true);
    cluster.tick(1);
    expect(cluster.node(3).status.configuration.learners).toEqual([3]);
    cluster.node(1).crash();
    cluster.heal();
    cluster.tickUntil(() => cluster.leaders.length === 1, 6 * ELECTION_TICKS);
    expect(cluster.leader.id).toBe(2);
    expect(cluster.node(3).status.configuration.voters).toEqual([1, 2, 3]);
  });

  test("brings a member in whose snapshot was made before it was added", () => {
    const cluster = new Cluster({ count: 4, voters: [1, 2, 3] });
    cluster.elect(1);
    for (const text of ["a", "b", "c"]) cluster.leader.propose(text);
    cluster.settle();
    cluster.leader.compact(0);
    expect(cluster.leader.change(op("addVoter", 4))).toBe(true);
    cluster.tick(5);
    expect(cluster.node(4).status.appliedIndex).toBe(cluster.leader.status.lastIndex);
    expect(cluster.node(4).digest).toBe(cluster.leader.digest);
  });
});

function replayable(seed: number): ReturnType<typeof runMembership> {
  try {
    return runMembership(seed);
  } catch (error) {
    throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
  }
}
