/**
 * Faults of elections that other implementations had in practice, each as a script. The numbers are those of
 * docs/TESTING.md.
 */
import { describe, expect, test } from "vitest";
import type { RaftMessage } from "../../../cluster/raft/index.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { Cluster, entriesOf } from "./cluster.ts";
import { ELECTION_TICKS } from "./scenario-node.ts";

function voteRequest(from: number, to: number, term: number): RaftMessage {
  return { type: "vote", from, to, term, lastIndex: 0, lastTerm: 0, isTransfer: false };
}

describe("votes", () => {
  test("B2: a vote that was not flushed was never sent, and one that was is remembered", () => {
    const cluster = new Cluster({ count: 3 });
    const voter = cluster.node(1);
    cluster.hold((message) => message.type === "voteAnswer");
    voter.stallDisk();
    cluster.inject(voteRequest(2, 1, 5));
    expect(cluster.takeHeld()).toEqual([]);
    voter.crash();
    voter.restart();
    expect(voter.status).toMatchObject({ term: 0, votedFor: undefined });
    cluster.hold((message) => message.type === "voteAnswer");
    cluster.inject(voteRequest(3, 1, 5));
    expect(cluster.takeHeld()).toMatchObject([{ to: 3, isGranted: true }]);
    voter.crash();
    voter.restart();
    cluster.hold((message) => message.type === "voteAnswer");
    cluster.inject(voteRequest(2, 1, 5));
    expect(cluster.takeHeld()).toMatchObject([{ to: 2, isGranted: false }]);
  });

  test("B3: a former candidate does not vote for another one in its term", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.hold((message) => message.type === "vote");
    cluster.node(1).step({ type: "campaign" });
    cluster.settle();
    expect(cluster.node(1).status).toMatchObject({ role: "candidate", term: 1, votedFor: 1 });
    // An append that it refuses makes it a follower.
    const nowhere = { prevIndex: 7, prevTerm: 1, entries: [], commit: 0 };
    cluster.inject({ type: "append", from: 2, to: 1, term: 1, ...nowhere });
    expect(cluster.node(1).status.role).toBe("follower");
    cluster.takeHeld();
    cluster.hold((message) => message.type === "voteAnswer");
    cluster.inject(voteRequest(3, 1, 1));
    expect(cluster.takeHeld()).toMatchObject([{ to: 3, isGranted: false }]);
    expect(cluster.node(1).status.votedFor).toBe(1);
  });

  test("B4: nobody votes for a log that is behind its own", () => {
    const states = {
      1: { entries: entriesOf(1, 1), hardState: { term: 2, votedFor: undefined, commit: 0 } },
      2: { entries: entriesOf(1, 2), hardState: { term: 2, votedFor: undefined, commit: 2 } },
      3: { entries: entriesOf(1, 2), hardState: { term: 2, votedFor: undefined, commit: 2 } },
    };
    const cluster = new Cluster({ count: 3, states });
    cluster.node(1).step({ type: "campaign" });
    cluster.settle();
    expect(cluster.leaders).toEqual([]);
    cluster.tick(6 * ELECTION_TICKS);
    expect(cluster.leader.id).not.toBe(1);
    expect(cluster.node(1).terms.slice(0, 2)).toEqual([1, 2]);
  });

  test("B5: a repeated vote counts once", () => {
    const cluster = new Cluster({ count: 5 });
    cluster.duplicate(() => true);
    for (const id of [3, 4, 5]) cluster.cutOneWay(id, 1);
    cluster.node(1).step({ type: "campaign" });
    cluster.settle();
    cluster.inject(
      ...[1, 2, 3].map((): RaftMessage => ({
        type: "voteAnswer",
        from: 2,
        to: 1,
        term: cluster.node(1).status.term,
        isGranted: true,
      })),
    );
    expect(cluster.node(1).status.role).not.toBe("leader");
  });
});

describe("a leader that a healthy majority hears", () => {
  function led(count: number): Cluster {
    const cluster = new Cluster({ count });
    cluster.elect(1);
    cluster.candidacyCount = 0;
    return cluster;
  }

  test("B7: is not deposed by a node that was cut off for long", () => {
    const cluster = led(3);
    cluster.isolate(3);
    cluster.tick(20 * ELECTION_TICKS);
    cluster.heal();
    cluster.tick(5 * ELECTION_TICKS);
    expect(cluster.leader.status).toMatchObject({ id: 1, term: 1 });
    expect(cluster.candidacyCount).toBe(0);
    expect(cluster.node(3).status.leaderId).toBe(1);
  });

  test("B8: is not deposed by a node that can send and cannot hear", () => {
    const cluster = led(3);
    cluster.cutOneWay(1, 3);
    cluster.cutOneWay(2, 3);
    cluster.tick(20 * ELECTION_TICKS);
    expect(cluster.leader.status).toMatchObject({ id: 1, term: 1 });
    expect(cluster.candidacyCount).toBe(0);
  });

  test("B9: holds on while one link fails, and so does another one elected instead", () => {
    for (const [a, b] of [
      [1, 3],
      [1, 2],
      [2, 3],
    ] as const) {
      const cluster = led(3);
      cluster.cut(a, b);
      cluster.tick(2 * ELECTION_TICKS);
      const { id, term } = cluster.leader.status;
      for (let round = 0; round < 10; round += 1) {
        expect(cluster.leader.propose(`write ${round}`)).toBe(true);
        cluster.tick(ELECTION_TICKS);
      }
      expect(cluster.leader.status).toMatchObject({ id, term });
      expect(cluster.leader.status.commitIndex).toBe(cluster.leader.status.lastIndex);
    }
  });

  test("B10: is found and kept in a group of five with two that see one other each", () => {
    const cluster = led(5);
    cluster.connectOnly([1, 2], [1, 3], [2, 3], [4, 2], [5, 3]);
    cluster.tick(4 * ELECTION_TICKS);
    const { id, term } = cluster.leader.status;
    expect([1, 2, 3]).toContain(id);
    cluster.tick(20 * ELECTION_TICKS);
    expect(cluster.leaders.map((node) => node.id)).toEqual([id]);
    expect(cluster.leader.status.term).toBe(term);
  });

  test("B12: does not change for ever between the ends of a line", () => {
    const cluster = led(3);
    cluster.connectOnly([1, 2], [2, 3]);
    cluster.tick(30 * ELECTION_TICKS);
    expect(cluster.leader.status.term).toBe(1);
    expect(cluster.candidacyCount).toBe(0);
  });
});

describe("a leader that was replaced while it was away", () => {
  test("B6: follows at the first heartbeat, whatever of its own it is in the middle of", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    const old = cluster.node(1);
    cluster.isolate(1);
    // It serves a client: one write waits for its disk, another one has reached the disk and nobody else.
    expect(old.propose("on its disk only")).toBe(true);
    old.stallDisk();
    expect(old.propose("in its memory only")).toBe(true);
    while (cluster.leaders.every(({ id }) => id === 1)) {
      for (const id of [2, 3]) cluster.node(id).step({ type: "tick" });
      cluster.settle();
    }
    const { id, term } = cluster.leader.status;
    expect(cluster.leader.propose("of its successor")).toBe(true);
    cluster.settle();
    expect(old.status).toMatchObject({ role: "leader", term: 1, lastIndex: 3, durableIndex: 2 });
    // Nothing of what it sends from now on may be of the term in which it led.
    const spoken: number[] = [];
    let isReached = false;
    cluster.heal();
    cluster.hold((message) => {
      if (message.from === 1) spoken.push(message.term);
      return message.to === 1 && !isReached;
    });
    const heartbeat = { type: "heartbeat", from: id, to: 1, term, commit: 1 } as const;
    old.step({ type: "message", message: heartbeat });
    expect(old.status).toMatchObject({ role: "follower", term, leaderId: id, votedFor: undefined });
    expect(old.propose("too late")).toBe(false);
    // Votes of its own term, and the write that waited, come too late to count for anything.
    const accepted = { type: "appendAccepted", to: 1, term: 1, index: 3 } as const;
    cluster.inject({ ...accepted, from: 2 }, { ...accepted, from: 3 });
    old.resumeDisk();
    cluster.settle();
    expect(old.status).toMatchObject({ role: "follower", commitIndex: 1 });
    isReached = true;
    cluster.tick(3);
    expect(spoken.length).toBeGreaterThan(0);
    expect(spoken.filter((each) => each < term)).toEqual([]);
    expect(cluster.leader.status).toMatchObject({ id, term });
    expect(old.terms).toEqual(cluster.leader.terms);
    expect(old.digest).toBe(cluster.leader.digest);
  });
});

describe("a leader that hears no majority", () => {
  test("B11: steps down, although its followers hear it, and another one takes over", () => {
    const cluster = new Cluster({ count: 5 });
    cluster.elect(1);
    for (const id of [2, 3, 4, 5]) cluster.cutOneWay(id, 1);
    const waited = cluster.tickUntil(
      () => cluster.node(1).status.role !== "leader",
      2 * ELECTION_TICKS,
    );
    expect(waited).toBeGreaterThanOrEqual(ELECTION_TICKS);
    cluster.tickUntil(() => cluster.leaders.length === 1, 4 * ELECTION_TICKS);
    expect(cluster.leader.id).not.toBe(1);
    expect(cluster.leader.propose("goes on")).toBe(true);
    cluster.settle();
    expect(cluster.leader.status.commitIndex).toBe(cluster.leader.status.lastIndex);
  });

  // Raft cannot elect here: the only node that sees a majority lacks what is committed. Known and accepted.
  test("B13: cannot be replaced by one whose log is behind, until any link returns", () => {
    const cluster = new Cluster({ count: 5 });
    cluster.elect(1);
    cluster.isolate(5);
    expect(cluster.leader.propose("committed without 5")).toBe(true);
    cluster.settle();
    const committed = cluster.leader.status.commitIndex;
    cluster.heal();
    cluster.connectOnly([5, 1], [5, 2], [5, 3], [5, 4]);
    // 5 is brought forward only by the leader: that one must be gone first.
    cluster.node(1).crash();
    cluster.tick(10 * ELECTION_TICKS);
    expect(cluster.leaders).toEqual([]);
    expect(cluster.appliedAt(committed)?.index).toBe(committed);
    cluster.heal();
    cluster.tickUntil(() => cluster.leaders.length === 1, 4 * ELECTION_TICKS);
    expect(cluster.leader.status.lastIndex).toBeGreaterThanOrEqual(committed);
  });
});

describe("an election", () => {
  test("B14: frees a candidate that is stuck in a later term", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    const stuck = cluster.node(3);
    cluster.isolate(3);
    // A transfer that went wrong lets it stand without asking first.
    stuck.step({
      type: "message",
      message: { type: "timeoutNow", from: 1, to: 3, term: stuck.status.term },
    });
    cluster.settle();
    expect(stuck.status.term).toBeGreaterThan(cluster.leader.status.term);
    cluster.heal();
    cluster.tick(5 * ELECTION_TICKS);
    expect(cluster.leaders).toHaveLength(1);
    expect(new Set(cluster.nodes.map((node) => node.status.term)).size).toBe(1);
    expect(stuck.status.leaderId).toBe(cluster.leader.id);
  });

  test("B15: is not put off by requests for votes that are refused", () => {
    const cluster = new Cluster({ count: 3 });
    cluster.elect(1);
    cluster.node(1).crash();
    const [second, third] = [cluster.node(2), cluster.node(3)];
    cluster.isolate(3);
    // One with a stale log asks again and again whether it could win.
    const question = { type: "preVote", from: 1, to: 2, lastIndex: 0, lastTerm: 0 } as const;
    cluster.tickUntil(() => {
      cluster.inject({ ...question, term: second.status.term + 1 });
      return second.status.role === "preCandidate";
    }, 2 * ELECTION_TICKS);
    cluster.heal();
    cluster.tickUntil(() => cluster.leaders.length === 1, 6 * ELECTION_TICKS);
    expect([second.id, third.id]).toContain(cluster.leader.id);
  });

  test("B16: ends soon, although timeouts may be equal at first", () => {
    const waits: number[] = [];
    for (let seed = 1; seed <= 400; seed += 1) {
      const optionsOf = (id: number): { random: SeededRandom } => ({
        random: new SeededRandom(seed).child(`node ${id}`),
      });
      const cluster = new Cluster({ count: 3, optionsOf });
      waits.push(cluster.tickUntil(() => cluster.leaders.length === 1, 20 * ELECTION_TICKS));
    }
    waits.sort((a, b) => a - b);
    expect(waits[Math.floor(waits.length * 0.5)]).toBeLessThanOrEqual(2 * ELECTION_TICKS);
    expect(waits[Math.floor(waits.length * 0.99)]).toBeLessThanOrEqual(6 * ELECTION_TICKS);
  });
});
