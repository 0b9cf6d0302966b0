import { describe, expect, test } from "vitest";
import { AllConsenters } from "../../../../src/sim/invariants/all-consenters.ts";
import { BoundedQueues } from "../../../../src/sim/invariants/bounded-queues.ts";
import { LevelAtEnd } from "../../../../src/sim/invariants/level-at-end.ts";
import { OneLeader } from "../../../../src/sim/invariants/one-leader.ts";
import { OneMembership } from "../../../../src/sim/invariants/one-membership.ts";
import { RaftProgress } from "../../../../src/sim/invariants/raft-progress.ts";
import type { RaftView } from "../../../../src/sim/contracts.ts";
import { WrittenChain, WrittenNetwork, raftView } from "./written-history.ts";

function network(...views: readonly RaftView[]): WrittenNetwork {
  const made = new WrittenNetwork(new WrittenChain());
  for (const [index, raft] of views.entries()) made.orderers[index]!.raft = raft;
  return made;
}

describe("one leader a term", () => {
  test("holds while terms change hands", () => {
    const invariant = new OneLeader();
    expect(invariant.check(network(raftView(1), raftView(2)).view)).toBeUndefined();
    const next = raftView(2, { term: 3, role: "leader", leader: 2 });
    const undecided = raftView(3, { term: 3, role: "candidate", leader: 0 });
    expect(invariant.check(network(raftView(1), next, undecided).view)).toBeUndefined();
  });

  test("sees a second leader, even when the first is gone", () => {
    const invariant = new OneLeader();
    expect(invariant.check(network(raftView(1)).view)).toBeUndefined();
    const second = raftView(2, { role: "leader", leader: 2 });
    expect(invariant.check(network(second).view)).toBe(
      "term 2 is led by 1 for orderer1, by 2 for orderer1",
    );
  });

  test("sees a follower of somebody else", () => {
    const stray = raftView(3, { leader: 2 });
    expect(new OneLeader().check(network(raftView(1), raftView(2), stray).view)).toBe(
      "term 2 is led by 1 for orderer1, by 2 for orderer3",
    );
  });
});

describe("raft goes forward", () => {
  test.each(["term", "commitIndex", "appliedIndex"] as const)(
    "sees that %s falls while a process runs, and lets a new one begin lower",
    (field) => {
      const made = network(raftView(1, { [field]: 5 }));
      const invariant = new RaftProgress();
      expect(invariant.check(made.view)).toBeUndefined();
      made.orderers[0]!.startCount = 2;
      made.orderers[0]!.raft = raftView(1, { appliedIndex: 3, [field]: 4 });
      expect(invariant.check(made.view)).toBeUndefined();
      made.orderers[0]!.raft = raftView(1, { appliedIndex: 3, [field]: 3 });
      expect(invariant.check(made.view)).toBe(`${field} of orderer1 falls from 4 to 3`);
    },
  );

  test("sees more applied than committed", () => {
    const made = network(raftView(1, { commitIndex: 5, appliedIndex: 6 }));
    expect(new RaftProgress().check(made.view)).toBe(
      "orderer1 has applied 6 of 5 committed entries",
    );
  });
});

describe("all consenters", () => {
  const voters = [1, 2, 3];

  test("holds when everybody votes, also after one came back under a new id", () => {
    const invariant = new AllConsenters();
    const before = [raftView(1), raftView(2), raftView(3)];
    expect(invariant.check(network(...before).view)).toBeUndefined();
    const after = [1, 2, 4].map((id) => raftView(id, { voters: [1, 2, 4] }));
    expect(invariant.atEnd(network(...after).view)).toBeUndefined();
  });

  test("sees an id in other hands", () => {
    const invariant = new AllConsenters();
    expect(invariant.check(network(raftView(1), raftView(2)).view)).toBeUndefined();
    expect(invariant.check(network(raftView(2), raftView(1)).view)).toBe(
      "raft id 2 was orderer2's and is orderer1's",
    );
  });

  test("sees who leads under an old id after it lost everything", () => {
    const invariant = new AllConsenters();
    const made = network(raftView(1), raftView(2));
    expect(invariant.check(made.view)).toBeUndefined();
    made.orderers[1]!.ledgersLost = 1;
    expect(invariant.check(made.view)).toBeUndefined();
    made.orderers[1]!.raft = raftView(2, { role: "candidate" });
    expect(invariant.check(made.view)).toBe(
      "orderer2 lost what it had and is a candidate under its old raft id 2",
    );
  });

  test("sees at the end who is out, and who is not counted on", () => {
    const made = network(...voters.map((id) => raftView(id, { voters })));
    made.orderers[2]!.raft = undefined;
    expect(new AllConsenters().atEnd(made.view)).toBe("orderer3 takes no part in ordering");
    made.orderers[2]!.raft = raftView(3, { voters: [1, 3] });
    expect(new AllConsenters().atEnd(made.view)).toBe(
      "orderer3 does not count on the vote of member 2",
    );
    made.orderers[2]!.raft = raftView(3, { voters: [1, 2, 3, 4] });
    expect(new AllConsenters().atEnd(made.view)).toBe(
      "orderer3 counts on the votes of 1,2,3,4 of 1,2,3",
    );
  });
});

describe("bounded queues", () => {
  test("may be full and no more", () => {
    const made = network();
    made.queues = [{ name: "pending at orderer1", length: 7, lengthMax: 7 }];
    expect(new BoundedQueues().check(made.view)).toBeUndefined();
    made.queues = [{ name: "pending at orderer1", length: 8, lengthMax: 7 }];
    expect(new BoundedQueues().check(made.view)).toBe("pending at orderer1: 8, the bound is 7");
  });

  test("holds at the end what may be left at rest", () => {
    const made = network();
    made.queues = [{ name: "pending at orderer1", length: 1, lengthMax: 7, restMax: 1 }];
    expect(new BoundedQueues().atEnd(made.view)).toBeUndefined();
    made.queues = [{ name: "pending at orderer1", length: 2, lengthMax: 7, restMax: 1 }];
    expect(new BoundedQueues().check(made.view)).toBeUndefined();
    expect(new BoundedQueues().atEnd(made.view)).toBe("pending at orderer1: 2 are left at rest");
  });
});

describe("the end of a run", () => {
  test("is right when all nodes are level and see each other", () => {
    const made = network();
    made.reach(1);
    expect(new LevelAtEnd().atEnd(made.view)).toBeUndefined();
    expect(new OneMembership().atEnd(made.view)).toBeUndefined();
  });

  test("is wrong with a node that is down or behind", () => {
    const made = network();
    made.reach(1);
    made.peers[1]!.height = 0;
    expect(new LevelAtEnd().atEnd(made.view)).toBe("peer2 has 0 blocks, orderer1 1");
    made.orderers[2]!.isUp = false;
    expect(new LevelAtEnd().atEnd(made.view)).toBe("orderer3 does not run");
  });

  test("is wrong with a peer that is not seen, or seen and down", () => {
    const made = network();
    made.peers[0]!.livingMembers = [];
    expect(new OneMembership().atEnd(made.view)).toBe("peer1 does not see peer2");
    made.peers[0]!.livingMembers = ["peer2", "peer9"];
    expect(new OneMembership().atEnd(made.view)).toBe("peer1 sees peer9, which does not run");
  });
});
