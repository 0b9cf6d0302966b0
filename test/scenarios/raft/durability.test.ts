/**
 * Faults of disks and restarts that other implementations had in practice, each as a script. The numbers are those of
 * docs/TESTING.md, which also names the tests of the log and the ledger where the files themselves are damaged.
 */
import { describe, expect, test } from "vitest";
import { Cluster } from "./cluster.ts";
import { ELECTION_TICKS } from "./scenario-node.ts";

describe("what was acknowledged", () => {
  test("B31: survives the loss of power at every node at once", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    for (let round = 0; round < 20; round += 1) {
      cluster.leader.propose(`write ${round}`);
      cluster.settle();
    }
    const { commitIndex } = cluster.leader.status;
    const contents = Array.from({ length: commitIndex }, (_, position) => {
      return cluster.appliedAt(position + 1);
    });
    for (const node of cluster.nodes) node.crash();
    for (const node of cluster.nodes) node.restart();
    cluster.tick(4 * ELECTION_TICKS);
    for (const node of cluster.nodes) {
      expect(node.raft.entries(0, commitIndex)).toEqual(contents);
    }
  });

  test("B31: is not acknowledged by a leader alone with its own memory", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.node(1).stallDisk();
    cluster.node(2).stallDisk();
    cluster.node(1).propose("held by one disk of three");
    cluster.settle();
    expect(cluster.node(1).status.commitIndex).toBe(1);
    cluster.node(2).resumeDisk();
    cluster.settle();
    expect(cluster.node(1).status.commitIndex).toBe(2);
  });
});

describe("a node whose disk", () => {
  test("B37: stalls leads no more within three election timeouts", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.node(1).stallDisk();
    cluster.node(1).propose("never written");
    cluster.tickUntil(
      () => cluster.leaders.some(({ id }) => id !== 1) && cluster.leaders.length === 1,
      3 * ELECTION_TICKS,
    );
    expect(cluster.leader.propose("goes on")).toBe(true);
    cluster.settle();
    expect(cluster.leader.status.commitIndex).toBe(cluster.leader.status.lastIndex);
  });

  test("B36: is full holds nothing up, and catches up when there is space", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.node(3).stallDisk();
    for (let round = 0; round < 100; round += 1) {
      expect(cluster.leader.propose(`write ${round}`)).toBe(true);
      cluster.tick(1);
    }
    expect(cluster.leader.status).toMatchObject({ id: 1, commitIndex: 101 });
    // Nothing that it holds in memory only was acknowledged.
    const follower = cluster.leader.status.followers.find(({ id }) => id === 3);
    expect(follower?.match).toBe(1);
    cluster.node(3).resumeDisk();
    cluster.tick(20);
    expect(cluster.node(3).status).toMatchObject({ durableIndex: 101, appliedIndex: 101 });
  });

  test("B33: was lost cannot vote again, and is of no harm until it is admitted anew", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.isolate(3);
    cluster.leader.propose("on 1 and 2");
    cluster.settle();
    // 2 forgets that it holds the entry. With 3, which never had it, it must not elect anybody without it.
    cluster.node(2).loseDisk();
    cluster.heal();
    cluster.node(1).crash();
    cluster.tick(10 * ELECTION_TICKS);
    expect(cluster.leaders).toEqual([]);
    cluster.node(1).restart();
    cluster.tickUntil(() => cluster.leaders.length === 1, 6 * ELECTION_TICKS);
    cluster.tick(5);
    for (const node of cluster.nodes) {
      expect(node.applied.get(2)?.data).toEqual(new TextEncoder().encode("on 1 and 2"));
    }
  });

  test("B34: takes power away in the middle of a snapshot starts again from what is there", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.isolate(3);
    for (const text of ["a", "b", "c"]) cluster.leader.propose(text);
    cluster.settle();
    cluster.leader.compact(0);
    cluster.heal();
    // Two in a row, the first of which is never finished.
    cluster.node(3).stallDisk();
    cluster.tick(3);
    expect(cluster.node(3).status.installingIndex).toBe(4);
    cluster.leader.propose("d");
    cluster.settle();
    cluster.leader.compact(0);
    cluster.node(3).crash();
    cluster.node(3).restart();
    expect(cluster.node(3).status).toMatchObject({ lastIndex: 1, installingIndex: undefined });
    cluster.leader.step({ type: "snapshotReport", id: 3, ok: false });
    cluster.tick(3 * ELECTION_TICKS);
    expect(cluster.node(3).status.appliedIndex).toBe(cluster.leader.status.lastIndex);
    expect(cluster.node(3).digest).toBe(cluster.leader.digest);
  });
});
