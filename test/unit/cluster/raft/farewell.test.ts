import { describe, expect, test } from "vitest";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import { nodeOf, type TestNode } from "./harness.ts";

const ELECTION_TICKS = 10;

function accepted(from: number, index: number): RaftMessage {
  return { type: "appendAccepted", from, to: 1, term: 1, index };
}

/** Leads `voters`, who hold its opening entry. */
function leaderOf(voters: readonly number[], tellsRemoved = true): TestNode {
  const node = nodeOf(1, voters, [], {}, { tellsRemoved });
  const others = voters.slice(1);
  node.becomeLeader(...others);
  node.receive(...others.map((id) => accepted(id, 1)));
  node.takeSent();
  return node;
}

/** The heartbeats to `id`. While it is a member yet, an append may tell it as well, and may be lost. */
function sentTo(node: TestNode, id: number): readonly RaftMessage[] {
  return node.takeSent().filter(({ to, type }) => to === id && type === "heartbeat");
}

const told = { type: "heartbeat", to: 2, commit: 2 };

describe("a leader that has removed a member", () => {
  test("tells it so at once, of two, where its own vote has committed that", () => {
    const node = leaderOf([1, 2]);
    node.change([{ type: "remove", id: 2 }]);
    node.takeSent();
    node.receive(accepted(2, 2));
    expect(node.status.configuration.voters).toEqual([1]);
    expect(sentTo(node, 2)).toMatchObject([told]);
  });

  test("tells it again with each heartbeat, for one election timeout and no longer", () => {
    const node = leaderOf([1, 2]);
    node.change([{ type: "remove", id: 2 }]);
    node.receive(accepted(2, 2));
    node.takeSent();
    node.tick(1);
    expect(sentTo(node, 2)).toMatchObject([told]);
    node.tick(ELECTION_TICKS);
    expect(sentTo(node, 2)).toHaveLength(ELECTION_TICKS - 2);
    node.tick(ELECTION_TICKS);
    expect(sentTo(node, 2)).toEqual([]);
  });

  test("waits until it has the entry, and sends it nothing else", () => {
    const node = leaderOf([1, 2, 3]);
    node.change([{ type: "remove", id: 2 }]);
    node.receive(accepted(3, 2));
    node.takeSent();
    node.tick(2);
    expect(sentTo(node, 2)).toEqual([]);
    node.receive(accepted(2, 2));
    expect(sentTo(node, 2)).toMatchObject([told]);
    node.propose("later");
    node.tick(1);
    expect(sentTo(node, 2)).toMatchObject([told]);
  });

  test("believes no acknowledgement of what it never had", () => {
    const node = leaderOf([1, 2, 3]);
    node.change([{ type: "remove", id: 2 }]);
    node.receive(accepted(3, 2));
    node.takeSent();
    node.receive(accepted(2, 99));
    node.tick(2);
    expect(sentTo(node, 2)).toEqual([]);
  });

  test("does not take it for a voter, whatever it acknowledges", () => {
    const node = leaderOf([1, 2, 3]);
    node.change([{ type: "remove", id: 2 }]);
    node.receive(accepted(3, 2));
    node.propose("later");
    node.receive(accepted(2, 3));
    expect(node.status.commitIndex).toBe(2);
  });

  test("is silent if it is to behave as etcd's library does", () => {
    const node = leaderOf([1, 2], false);
    node.change([{ type: "remove", id: 2 }]);
    node.takeSent();
    node.receive(accepted(2, 2));
    node.tick(ELECTION_TICKS);
    expect(sentTo(node, 2)).toEqual([]);
  });
});

describe("a removal of two", () => {
  /** Committed by both, and known to be to neither's disk. */
  function committed(): TestNode {
    const node = leaderOf([1, 2]);
    node.change([{ type: "remove", id: 2 }]);
    node.holdDisk();
    node.takeSent();
    node.receive(accepted(2, 2));
    return node;
  }

  test("is in force once its commit is durable, and until then the removed one is not told", () => {
    const node = committed();
    node.tick(1);
    expect(node.status).toMatchObject({ commitIndex: 2, configuration: { voters: [1, 2] } });
    const before = node.takeSent().map((message) => "commit" in message && message.commit);
    expect(Math.max(...before.map(Number))).toBe(1);
    node.releaseDisk();
    expect(node.status.configuration.voters).toEqual([1]);
    expect(sentTo(node, 2)).toMatchObject([told]);
  });

  test("is told to those who stay at once", () => {
    const node = leaderOf([1, 2, 3]);
    node.change([{ type: "remove", id: 2 }]);
    node.holdDisk();
    node.takeSent();
    node.receive(accepted(3, 2));
    const commits = node
      .takeSent()
      .map((message) => [message.to, "commit" in message && message.commit]);
    expect(commits).toContainEqual([3, 2]);
    expect(commits).not.toContainEqual([2, 2]);
  });
});

test("a removed member that hears of it is no voter any more", () => {
  const node = nodeOf(2, [1, 2]);
  const change = {
    transition: "auto" as const,
    ops: [{ type: "remove" as const, id: 2 }],
    context: new Uint8Array(0),
  };
  const header = { from: 1, to: 2, term: 1 };
  const entry = {
    index: 1,
    term: 1,
    type: "confChangeV2" as const,
    data: Uint8Array.of(1),
    change,
  };
  node.receive({
    type: "append",
    ...header,
    prevIndex: 0,
    prevTerm: 0,
    entries: [entry],
    commit: 0,
  });
  expect(node.status.configuration.voters).toEqual([1, 2]);
  node.receive({ type: "heartbeat", ...header, commit: 1 });
  expect(node.status.configuration.voters).toEqual([1]);
});
