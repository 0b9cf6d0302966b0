/**
 * Faults of replication and commitment that other implementations had in practice, each as a script. The numbers are
 * those of docs/TESTING.md. B21 (a node removed and added again) is in membership.test.ts.
 */
import { describe, expect, test } from "vitest";
import type { RaftMessage } from "../../../cluster/raft/index.ts";
import { Cluster, entriesOf } from "./cluster.ts";
import { ELECTION_TICKS } from "./scenario-node.ts";

function isAppendTo(id: number): (message: RaftMessage) => boolean {
  return (message) => message.type === "append" && message.to === id;
}

describe("what is committed", () => {
  // Raft figure 8: counting copies of an entry of an earlier term would commit what another leader may still replace.
  test("B1: is never replaced: figure 8", () => {
    const hardState = (term: number): { term: number; votedFor: undefined; commit: number } => ({
      term,
      votedFor: undefined,
      commit: 1,
    });
    const states = {
      1: { entries: entriesOf(1, 2), hardState: hardState(3) },
      2: { entries: entriesOf(1, 2), hardState: hardState(3) },
      3: { entries: entriesOf(1), hardState: hardState(3) },
      4: { entries: entriesOf(1), hardState: hardState(3) },
      5: { entries: entriesOf(1, 3), hardState: hardState(3) },
    };
    // One entry to an append, so that the old one travels alone.
    const cluster = new Cluster({ count: 5, states, options: { messageBytesMax: 1 } });
    const [s1, s3] = [cluster.node(1), cluster.node(3)];
    cluster.node(5).crash();
    cluster.cut(1, 4);
    // S1 leads term 4 and brings the entry of term 2 to S3. Its own of term 4 reaches nobody who could take it.
    cluster.hold((message) => {
      if (message.type !== "append" || !message.entries.some(({ term }) => term === 4))
        return false;
      return cluster.node(message.to).terms.includes(2);
    });
    cluster.elect(1);
    cluster.tick(2);
    expect(s1.status.term).toBe(4);
    expect(s3.terms).toEqual([1, 2]);
    cluster.inject({ type: "appendAccepted", from: 2, to: 1, term: 4, index: 2 });
    expect(s1.status.followers.filter((follower) => follower.match >= 2)).toHaveLength(2);
    expect(s1.status.commitIndex).toBe(1);
    // S5 is elected by S3 and S4, which have forgotten the leader that they heard, and replaces it.
    s1.crash();
    cluster.takeHeld();
    for (const id of [3, 4, 5]) {
      cluster.node(id).crash();
      cluster.node(id).restart();
    }
    cluster.cut(2, 5);
    // The first attempt tells S5 of the term that it missed.
    cluster.node(5).step({ type: "campaign" });
    cluster.settle();
    cluster.elect(5);
    cluster.heal();
    cluster.tick(2);
    expect(cluster.node(5).terms.slice(0, 2)).toEqual([1, 3]);
    for (const id of [2, 3, 4, 5]) expect(cluster.node(id).applied.get(2)?.term).toBe(3);
    expect(s1.applied.get(2)).toBeUndefined();
  });

  test("B17: is not truncated by appends that arrive late, again or out of order", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.hold(isAppendTo(2));
    for (const text of ["a", "b", "c"]) cluster.node(1).propose(text);
    cluster.settle();
    const held = cluster.takeHeld();
    expect(held.length).toBeGreaterThan(2);
    cluster.inject(...held);
    cluster.tick(2);
    const { terms } = cluster.node(2);
    cluster.inject(...[...held].reverse(), ...held);
    expect(cluster.node(2).terms).toEqual(terms);
    expect(cluster.node(2).status.commitIndex).toBe(4);
  });

  test("B18: is what a majority holds, not what a follower's longer log ends with", () => {
    // 2 has a tail of a term that lost, as long as the leader's log; an empty append matches only its beginning.
    const states = {
      1: { entries: entriesOf(1, 3), hardState: { term: 3, votedFor: undefined, commit: 0 } },
      2: {
        entries: entriesOf(1, 2, 2),
        hardState: { term: 3, votedFor: undefined, commit: 0 },
      },
    };
    const cluster = new Cluster({ count: 3, states });
    cluster.node(3).crash();
    cluster.hold(
      (message) => message.type === "append" && message.entries.length > 0 && message.to === 2,
    );
    cluster.elect(1);
    cluster.tick(2);
    expect(cluster.node(1).status.commitIndex).toBe(0);
    const match = cluster.node(1).status.followers.find(({ id }) => id === 2)?.match;
    expect(match).toBeLessThanOrEqual(1);
  });

  test("B20: is known to a later leader, although the one that committed it fell at once", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.hold((message) => message.type === "append" && message.commit > 1);
    cluster.node(1).propose("committed by 1 alone");
    cluster.settle();
    expect(cluster.node(1).applied.has(2)).toBe(true);
    expect(cluster.node(2).status.commitIndex).toBe(1);
    cluster.node(1).crash();
    cluster.takeHeld();
    cluster.tickUntil(() => cluster.leaders.length === 1, 6 * ELECTION_TICKS);
    cluster.tick(2);
    expect(cluster.leader.applied.get(2)?.data).toEqual(cluster.node(1).applied.get(2)?.data);
  });
});

describe("a follower", () => {
  test("B19: with another log of the same length is brought level in few rounds", () => {
    const hardState = { term: 9, votedFor: undefined, commit: 0 };
    const states = {
      1: { entries: entriesOf(1, 4, 4, 5, 5, 6, 6, 6, 8), hardState },
      2: { entries: entriesOf(1, 2, 2, 2, 3, 3, 3, 3, 3), hardState },
      3: { entries: entriesOf(1, 4, 4, 5, 5, 6, 6, 6, 8), hardState },
    };
    const cluster = new Cluster({ count: 3, states });
    let refusals = 0;
    cluster.hold((message) => {
      if (message.type === "appendRejected") refusals += 1;
      return false;
    });
    cluster.elect(1);
    expect(cluster.node(2).terms).toEqual(cluster.node(1).terms);
    expect(cluster.node(2).status.commitIndex).toBe(10);
    // At most one for each of its own terms that the leader's log lacks, and the first guess.
    expect(refusals).toBeLessThanOrEqual(3);
  });

  test("B23: that has stopped costs the leader a bounded window, and no throughput", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.node(3).crash();
    let appendsTo3 = 0;
    cluster.hold((message) => {
      if (isAppendTo(3)(message)) appendsTo3 += 1;
      return false;
    });
    for (let round = 0; round < 500; round += 1) {
      expect(cluster.node(1).propose(`write ${round}`)).toBe(true);
      cluster.settle();
    }
    expect(cluster.node(1).status.commitIndex).toBe(501);
    // A window of 4, and as many notices of the commit while it is open.
    expect(appendsTo3).toBeLessThanOrEqual(8);
    const behind = cluster.node(1).status.followers.find(({ id }) => id === 3);
    expect(behind?.inflightCount).toBeLessThanOrEqual(4);
    cluster.node(3).restart();
    cluster.tick(20);
    expect(cluster.node(3).status.commitIndex).toBe(501);
  });

  test("B24: does not take a late completion of an overwritten append for one of its successor", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.cut(1, 3);
    const slow = cluster.node(2);
    slow.stallDisk();
    cluster.node(1).propose("lost");
    cluster.settle();
    expect(slow.status).toMatchObject({ lastIndex: 2, durableIndex: 1 });
    // Another leader, of two later terms, writes over the entry while its write still waits.
    const over = { prevIndex: 1, prevTerm: 1, commit: 1 };
    const entry = (term: number): RaftMessage => ({
      type: "append",
      from: 3,
      to: 2,
      term,
      ...over,
      entries: [{ index: 2, term, type: "normal", data: Uint8Array.of(term) }],
    });
    cluster.hold((message) => message.type === "appendAccepted");
    cluster.inject(entry(2), entry(3));
    expect(slow.status).toMatchObject({ term: 3, lastIndex: 2, durableIndex: 1 });
    expect(cluster.takeHeld()).toEqual([]);
    slow.resumeDisk();
    expect(slow.status.durableIndex).toBe(2);
    expect(slow.entries.map(({ term }) => term)).toEqual([1, 3]);
  });
});

describe("the number of messages", () => {
  test("B22: stays bounded although every message arrives twice", () => {
    const cluster = new Cluster({ count: 5 });
    cluster.duplicate(() => true);
    let count = 0;
    cluster.hold(() => {
      count += 1;
      return false;
    });
    cluster.elect(1);
    for (let round = 0; round < 50; round += 1) {
      cluster.leader.propose(`write ${round}`);
      cluster.tick(1);
    }
    // Each write costs an append and an answer for each of four followers, a notice of the commit, a heartbeat.
    expect(count / 50).toBeLessThan(200);
    expect(cluster.leader.status.commitIndex).toBe(51);
  });
});
