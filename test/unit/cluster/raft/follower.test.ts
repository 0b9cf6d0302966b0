import { describe, expect, test } from "vitest";
import type { Entry } from "../../../../cluster/raft/entry.ts";
import type { AppendMessage, RaftMessage } from "../../../../cluster/raft/message.ts";
import { entriesOf, nodeOf } from "./harness.ts";

const VOTERS = [1, 2, 3];

function append(
  term: number,
  prevIndex: number,
  prevTerm: number,
  entries: readonly Entry[] = [],
  commit = 0,
): AppendMessage {
  return { type: "append", from: 2, to: 1, term, prevIndex, prevTerm, entries, commit };
}

function heartbeat(term: number, commit: number): RaftMessage {
  return { type: "heartbeat", from: 2, to: 1, term, commit };
}

describe("a follower that gets an append", () => {
  test("acknowledges the end of the append, not of its own longer log", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1, 1], { term: 2 });
    node.receive(append(2, 1, 1, entriesOf(1, 1).slice(1)));
    expect(node.takeSent()).toMatchObject([{ type: "appendAccepted", index: 2 }]);
    expect(node.status.lastIndex).toBe(4);
  });

  test("acknowledges only what is durable", () => {
    const node = nodeOf(1, VOTERS);
    node.holdDisk();
    node.receive(append(1, 0, 0, entriesOf(1)));
    // The same again: its entries are already handed out but not yet on disk.
    node.receive(append(1, 0, 0, entriesOf(1)));
    expect(node.takeSent()).toEqual([]);
    node.persistOne();
    expect(node.takeSent()).toMatchObject([{ type: "appendAccepted", index: 1 }]);
  });

  test("does not take a late completion for the entries that replaced the written ones", () => {
    const node = nodeOf(1, VOTERS);
    node.holdDisk();
    node.receive(append(1, 0, 0, entriesOf(1, 1)));
    node.receive(append(2, 0, 0, entriesOf(2), 1));
    node.persistOne();
    expect(node.status).toMatchObject({ commitIndex: 1, durableIndex: 0 });
    expect(node.applied).toEqual([]);
    node.persistOne();
    expect(node.applied).toEqual(entriesOf(2));
  });

  test("answers an append before its commit index with the commit index", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1], { commit: 3 });
    node.receive(append(1, 1, 1, entriesOf(1, 1).slice(1)));
    expect(node.takeSent()).toMatchObject([{ type: "appendAccepted", index: 3 }]);
  });

  test("hints at the last entry that may agree, skipping whole terms", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 3, 3, 3], { term: 5 });
    node.receive(append(5, 5, 2));
    expect(node.takeSent()).toMatchObject([
      { type: "appendRejected", rejectedIndex: 5, hintIndex: 2, hintTerm: 1 },
    ]);
    node.receive(append(5, 9, 4));
    expect(node.takeSent()).toMatchObject([{ rejectedIndex: 9, hintIndex: 5, hintTerm: 3 }]);
  });

  test("keeps what is committed, whatever a faulty leader sends", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1], { commit: 3 });
    node.receive(append(9, 0, 0, entriesOf(2, 2, 2)), append(9, 3, 2), append(9, 2, 2));
    expect(node.terms).toEqual([1, 1, 1]);
  });

  test("leaves it unanswered while too much waits for the disk", () => {
    const node = nodeOf(1, VOTERS, [], {}, { pendingBytesMax: 1_024 });
    node.holdDisk();
    const data = new Uint8Array(1_100);
    node.receive(append(1, 0, 0, [{ index: 1, term: 1, type: "normal", data }]));
    node.receive(append(1, 1, 1, [{ index: 2, term: 1, type: "normal", data }]));
    expect(node.status.lastIndex).toBe(1);
    node.releaseDisk();
    node.receive(append(1, 1, 1, [{ index: 2, term: 1, type: "normal", data }]));
    expect(node.status.lastIndex).toBe(2);
  });
});

describe("a follower's commit index", () => {
  test("is at most the end of what the append confirmed", () => {
    const node = nodeOf(1, VOTERS, [1, 1, 1], { term: 2 });
    node.receive(append(2, 1, 1, [], 3));
    expect(node.status.commitIndex).toBe(1);
  });

  test("does not follow a heartbeat into entries that another leader left", () => {
    const node = nodeOf(1, VOTERS, [1, 1], { term: 2 });
    node.receive(heartbeat(2, 2));
    expect(node.status.commitIndex).toBe(0);
    node.receive(append(2, 1, 1, entriesOf(1, 2).slice(1)), heartbeat(2, 2));
    expect(node.status.commitIndex).toBe(2);
  });

  test("follows a heartbeat after a restart when the log ends in the leader's own term", () => {
    const node = nodeOf(1, VOTERS, [1, 2, 2], { term: 2 });
    node.receive(heartbeat(2, 3));
    expect(node.status.commitIndex).toBe(3);
  });

  test("follows no heartbeat beyond its log, as a node with a wiped disk gets them", () => {
    const node = nodeOf(1, VOTERS);
    node.receive(heartbeat(5, 1_000));
    expect(node.status).toMatchObject({ commitIndex: 0, term: 5, leaderId: 2 });
  });
});

describe("a message of an earlier term", () => {
  test("from a leader is answered with the later term, so that it steps down", () => {
    const node = nodeOf(1, VOTERS, [], { term: 7 });
    node.receive(heartbeat(6, 0), append(6, 0, 0, entriesOf(1)));
    expect(node.takeSent()).toEqual([
      { type: "heartbeatAnswer", from: 1, to: 2, term: 7 },
      { type: "heartbeatAnswer", from: 1, to: 2, term: 7 },
    ]);
    expect(node.status.lastIndex).toBe(0);
  });
});

describe("timeout-now", () => {
  test("starts an election at once, without a pre-vote", () => {
    const node = nodeOf(1, VOTERS, [], { term: 1 });
    node.receive(heartbeat(1, 0));
    node.takeSent();
    node.receive({ type: "timeoutNow", from: 2, to: 1, term: 1 });
    expect(node.status).toMatchObject({ role: "candidate", term: 2 });
    expect(node.takeSent()).toMatchObject([
      { type: "vote", to: 2, isTransfer: true },
      { type: "vote", to: 3, isTransfer: true },
    ]);
  });

  test("is heeded only from the leader", () => {
    const node = nodeOf(1, VOTERS, [], { term: 1 });
    node.receive(heartbeat(1, 0), { type: "timeoutNow", from: 3, to: 1, term: 1 });
    expect(node.status.role).toBe("follower");
  });
});
