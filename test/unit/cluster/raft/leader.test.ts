import { describe, expect, test } from "vitest";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import type { RaftOptions } from "../../../../cluster/raft/options.ts";
import { groupOf, nodeOf, type TestNode } from "./harness.ts";

const VOTERS = [1, 2, 3];

function leaderOf(options: Partial<RaftOptions> = {}): TestNode {
  const node = nodeOf(1, VOTERS, [], {}, options);
  node.becomeLeader(2);
  return node;
}

function accepted(from: number, index: number, term = 1): RaftMessage {
  return { type: "appendAccepted", from, to: 1, term, index };
}

function heartbeatAnswer(from: number): RaftMessage {
  return { type: "heartbeatAnswer", from, to: 1, term: 1 };
}

function appendsTo(node: TestNode, to: number): { indexes: number[]; commit: number }[] {
  return node.takeSent().flatMap((message) => {
    if (message.type !== "append" || message.to !== to) return [];
    return [{ indexes: message.entries.map((entry) => entry.index), commit: message.commit }];
  });
}

describe("a leader", () => {
  test("opens its term with an empty entry and sends it to everybody", () => {
    const node = nodeOf(1, VOTERS);
    node.step({ type: "campaign" });
    node.receive({ type: "preVoteAnswer", from: 2, to: 1, term: 1, isGranted: true });
    node.takeSent();
    node.receive({ type: "voteAnswer", from: 2, to: 1, term: 1, isGranted: true });
    const appends = node.takeSent();
    expect(appends.map((message) => [message.type, message.to])).toEqual([
      ["append", 2],
      ["append", 3],
    ]);
    const [entry] = node.raft.entries(0, 1);
    expect(entry).toMatchObject({ index: 1, term: 1, data: new Uint8Array(0) });
  });

  test("sends before its own disk is done, but counts itself only after", () => {
    const node = leaderOf();
    node.holdDisk();
    node.receive(accepted(2, 1));
    node.propose("a");
    expect(appendsTo(node, 2)).toContainEqual({ indexes: [2], commit: 1 });
    node.receive(accepted(2, 2));
    expect(node.status.commitIndex).toBe(1);
    node.releaseDisk();
    expect(node.status.commitIndex).toBe(2);
  });

  test("commits without its own disk when a majority of others holds an entry, and applies after it", () => {
    const node = leaderOf();
    node.receive(accepted(2, 1));
    node.holdDisk();
    node.propose("a");
    node.receive(accepted(2, 2), accepted(3, 2));
    expect(node.status.commitIndex).toBe(2);
    expect(node.applied).toHaveLength(1);
    node.releaseDisk();
    expect(node.applied).toHaveLength(2);
  });

  test("pipelines appends up to the window and goes on as they are acknowledged", () => {
    const node = leaderOf({ inflightMessagesMax: 2 });
    node.receive(accepted(2, 1));
    node.takeSent();
    for (const data of ["a", "b", "c", "d"]) node.propose(data);
    expect(appendsTo(node, 2).map((append) => append.indexes)).toEqual([[2], [3]]);
    node.receive(accepted(2, 2));
    // What waited goes in one append.
    expect(appendsTo(node, 2).map((append) => append.indexes)).toContainEqual([4, 5]);
  });

  test("splits what a follower lacks into appends of bounded size", () => {
    const node = leaderOf({ messageBytesMax: 40, inflightBytesMax: 80 });
    node.propose("a", "b", "c", "d");
    node.takeSent();
    node.receive(accepted(2, 1));
    const appends = appendsTo(node, 2).filter((append) => append.indexes.length > 0);
    expect(appends.map((append) => append.indexes)).toEqual([
      [2, 3],
      [4, 5],
    ]);
  });

  test("sends a follower that does not answer one probe for each heartbeat that it answers", () => {
    const node = leaderOf();
    node.propose("a");
    node.propose("b");
    expect(appendsTo(node, 3)).toEqual([]);
    node.receive(heartbeatAnswer(3));
    expect(appendsTo(node, 3)).toHaveLength(1);
  });

  test("finds the place where a follower's log agrees", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 2, 2, 5], { term: 5 });
    node.becomeLeader(2);
    node.receive({
      type: "appendRejected",
      from: 2,
      to: 1,
      term: 6,
      rejectedIndex: 5,
      hintIndex: 4,
      hintTerm: 1,
    });
    const [probe] = node.takeSent().filter((message) => message.type === "append");
    expect(probe).toMatchObject({ to: 2, prevIndex: 2, prevTerm: 1 });
  });

  test("is not moved by repeated acknowledgements and refusals", () => {
    const node = leaderOf();
    node.receive(accepted(2, 1));
    node.takeSent();
    const refused: RaftMessage = {
      type: "appendRejected",
      from: 2,
      to: 1,
      term: 1,
      rejectedIndex: 1,
      hintIndex: 0,
      hintTerm: 0,
    };
    node.receive(accepted(2, 1), refused, accepted(2, 0), accepted(2, 1));
    expect(node.takeSent()).toEqual([]);
    expect(node.status.followers[0]).toMatchObject({ id: 2, match: 1, state: "replicate" });
  });

  test("does not believe an acknowledgement of what it never had, nor one of a stranger", () => {
    const node = leaderOf();
    node.receive(accepted(2, 9), accepted(7, 1));
    expect(node.status).toMatchObject({ commitIndex: 0 });
  });

  test("tells each follower in a heartbeat no more than that follower holds", () => {
    const node = leaderOf();
    node.propose("a");
    node.receive(accepted(2, 2));
    node.takeSent();
    node.tick(1);
    expect(node.takeSent()).toMatchObject([
      { type: "heartbeat", to: 2, commit: 2 },
      { type: "heartbeat", to: 3, commit: 0 },
    ]);
  });

  test("probes a follower that the transport lost", () => {
    const node = leaderOf();
    node.receive(accepted(2, 1));
    node.propose("a");
    node.step({ type: "unreachable", id: 2 });
    expect(node.status.followers[0]).toMatchObject({ state: "probe", next: 2 });
  });

  test("steps down once a majority has been silent for an election timeout", () => {
    const node = leaderOf();
    node.tick(5);
    node.receive(heartbeatAnswer(2));
    node.tick(9);
    expect(node.status.role).toBe("leader");
    node.receive(heartbeatAnswer(3));
    node.tick(9);
    expect(node.status.role).toBe("leader");
    node.tick(1);
    expect(node.status).toMatchObject({ role: "follower", term: 1, leaderId: undefined });
  });

  test("names a successor when it steps down: one that may hear it and holds most", () => {
    const node = leaderOf();
    node.receive(accepted(3, 1));
    node.tick(9);
    node.takeSent();
    node.tick(1);
    expect(node.takeSent()).toEqual([{ type: "timeoutNow", from: 1, to: 3, term: 1 }]);
  });

  test("names one that it still hears before one that holds more", () => {
    const node = nodeOf(1, [1, 2, 3, 4, 5]);
    node.becomeLeader(2, 3);
    node.receive(accepted(3, 1), accepted(4, 1));
    node.tick(5);
    node.receive(heartbeatAnswer(5));
    node.tick(4);
    node.takeSent();
    node.tick(1);
    expect(node.takeSent()).toEqual([{ type: "timeoutNow", from: 1, to: 5, term: 1 }]);
  });

  test("that is not to hasten elections looks at the end of each election timeout who has answered in it", () => {
    const node = leaderOf({ hastensElections: false });
    node.receive(heartbeatAnswer(2));
    node.tick(19);
    expect(node.status.role).toBe("leader");
    node.takeSent();
    node.tick(1);
    expect(node.status).toMatchObject({ role: "follower", term: 1, leaderId: undefined });
    expect(node.takeSent()).toEqual([]);
  });

  test("steps down when its disk does nothing for an election timeout", () => {
    const node = leaderOf();
    node.holdDisk();
    node.propose("a");
    for (let tick = 0; tick < 10; tick += 1) {
      expect(node.status.role).toBe("leader");
      node.receive(heartbeatAnswer(2));
      node.receive({ type: "appendAccepted", from: 3, to: 1, term: 1, index: 1 });
      node.takeSent();
      node.tick(1);
    }
    expect(node.status.role).toBe("follower");
    // The one that holds more need not wait until it misses its leader.
    expect(node.takeSent()).toEqual([{ type: "timeoutNow", from: 1, to: 3, term: 1 }]);
  });
});

describe("a proposal", () => {
  test("is refused by a node that does not lead, with the leader as far as it is known", () => {
    const node = nodeOf(1, VOTERS);
    const refused = { accepted: false, reason: "not leader" };
    expect(node.propose("a")).toEqual({ ...refused, leaderId: undefined });
    node.receive({ type: "heartbeat", from: 3, to: 1, term: 1, commit: 0 });
    expect(node.propose("a")).toEqual({ ...refused, leaderId: 3 });
  });

  test("names the index of its last entry", () => {
    expect(leaderOf().propose("a", "b", "c")).toEqual({ accepted: true, index: 4, term: 1 });
  });

  test("is refused while too much is uncommitted, and accepted again after", () => {
    const node = leaderOf({ pendingBytesMax: 1_024 });
    expect(node.propose("x".repeat(2_000)).accepted).toBe(true);
    expect(node.propose("y")).toEqual({ accepted: false, reason: "busy", leaderId: 1 });
    node.receive(accepted(2, 2));
    expect(node.propose("y").accepted).toBe(true);
  });

  test("of too many entries is refused", () => {
    const data = new Array<string>(1_025).fill("a");
    expect(leaderOf().propose(...data)).toMatchObject({ accepted: false, reason: "too large" });
  });

  test("has entries, none of them empty", () => {
    expect(() => leaderOf().propose("")).toThrow("the leader's own");
    expect(() => leaderOf().propose()).toThrow("has entries");
  });
});

describe("a transfer of leadership", () => {
  test("goes to a follower that is brought level first", () => {
    const group = groupOf(3);
    group.node(1).step({ type: "campaign" });
    group.settle();
    group.disconnect(3);
    group.node(1).propose("a");
    group.settle();
    group.reconnect(3);
    group.node(1).step({ type: "transfer", to: 3 });
    expect(group.node(1).propose("b")).toMatchObject({ accepted: false, reason: "transferring" });
    group.node(1).tick(1);
    group.settle();
    expect(group.node(3).status).toMatchObject({ role: "leader", term: 2 });
    expect(group.node(1).status).toMatchObject({ role: "follower", leaderId: 3 });
  });

  test("is given up after an election timeout, and proposals are taken again", () => {
    const node = leaderOf();
    node.step({ type: "transfer", to: 3 });
    for (let tick = 0; tick < 10; tick += 1) {
      expect(node.status.transferTo).toBe(3);
      node.receive(heartbeatAnswer(2));
      node.tick(1);
    }
    expect(node.status).toMatchObject({ role: "leader", transferTo: undefined });
    expect(node.propose("a").accepted).toBe(true);
  });

  test.each([1, 7])("to node %i, which is no follower, is refused", (to) => {
    const node = leaderOf();
    const { trace } = node.step({ type: "transfer", to });
    expect(trace).toEqual([{ type: "transferRefused", to }]);
    expect(node.status.transferTo).toBeUndefined();
  });

  test("is refused by a node that does not lead", () => {
    const { trace } = nodeOf(1, VOTERS).step({ type: "transfer", to: 2 });
    expect(trace).toEqual([{ type: "transferRefused", to: 2 }]);
  });
});
