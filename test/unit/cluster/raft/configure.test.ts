import { describe, expect, test } from "vitest";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import type { RaftTuning } from "../../../../cluster/raft/options.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { groupOf, nodeOf, type TestNode } from "./harness.ts";

function configure(node: TestNode, tuning: RaftTuning): void {
  node.step({ type: "configure", tuning });
}

function leader(): TestNode {
  const node = nodeOf(1, [1, 2, 3]);
  node.becomeLeader(2);
  return node;
}

function accepted(index: number): RaftMessage {
  return { type: "appendAccepted", from: 2, to: 1, term: 1, index };
}

function appendedTo2(node: TestNode): number[][] {
  return node.takeSent().flatMap((message) => {
    if (message.type !== "append" || message.to !== 2 || message.entries.length === 0) return [];
    return [message.entries.map(({ index }) => index)];
  });
}

describe("options that change while a node runs", () => {
  test("shorten and lengthen the wait for a leader", () => {
    const node = nodeOf(1, [1, 2, 3]);
    configure(node, { electionTicks: 4 });
    node.tick(3);
    expect(node.status.role).toBe("follower");
    node.tick(1);
    expect(node.status.role).toBe("preCandidate");
    const other = nodeOf(1, [1, 2, 3]);
    other.tick(9);
    configure(other, { electionTicks: 20 });
    other.tick(10);
    expect(other.status.role).toBe("follower");
    other.tick(1);
    expect(other.status.role).toBe("preCandidate");
  });

  test("draw the wait from the new range, the same for the same seed", () => {
    const waits = [5, 5, 6].map((seed) => {
      const node = nodeOf(1, [1, 2, 3], [], {}, { random: new SeededRandom(seed) });
      configure(node, { electionTicks: 1_000 });
      let ticks = 0;
      for (; node.status.role === "follower"; ticks += 1) node.tick(1);
      return ticks;
    });
    expect(waits[0]).toBe(waits[1]);
    expect(waits[0]).not.toBe(waits[2]);
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(1_000);
      expect(wait).toBeLessThan(2_000);
    }
  });

  test("change the time between a leader's heartbeats", () => {
    const node = leader();
    configure(node, { heartbeatTicks: 3 });
    const beats = Array.from({ length: 6 }, () => {
      node.tick(1);
      return node.takeSent().some(({ type }) => type === "heartbeat");
    });
    expect(beats).toEqual([false, false, true, false, false, true]);
  });

  test("close a window that has become too small until enough of it is acknowledged", () => {
    const node = leader();
    node.receive(accepted(1));
    node.takeSent();
    for (const data of ["a", "b", "c"]) node.propose(data);
    expect(appendedTo2(node)).toEqual([[2], [3], [4]]);
    configure(node, { inflightMessagesMax: 1 });
    node.propose("d");
    node.receive(accepted(3));
    expect(appendedTo2(node)).toEqual([]);
    node.receive(accepted(4));
    expect(appendedTo2(node)).toEqual([[5]]);
  });

  test("open a window that was full, and hold for who is followed from then on", () => {
    const group = groupOf(3, { inflightMessagesMax: 1 });
    const node = group.node(1);
    node.step({ type: "campaign" });
    group.settle();
    configure(node, { inflightMessagesMax: 3 });
    for (const data of ["a", "b", "c", "d"]) node.propose(data);
    expect(appendedTo2(node)).toEqual([[2], [3], [4]]);
  });

  test("change how much one append carries", () => {
    const node = leader();
    node.receive(accepted(1));
    node.propose("a".repeat(40));
    node.takeSent();
    configure(node, { messageBytesMax: 80, inflightMessagesMax: 1 });
    for (const data of ["b", "c", "d"]) node.propose(data.repeat(20));
    node.takeSent();
    node.receive(accepted(2));
    expect(appendedTo2(node)).toEqual([[3, 4]]);
  });

  test.each<RaftTuning>([
    { electionTicks: 1 },
    { heartbeatTicks: 10 },
    { messageBytesMax: 0 },
    { messageBytesMax: 100_000 },
    { inflightMessagesMax: 0 },
  ])("%o is refused, and nothing has changed", (tuning) => {
    const node = nodeOf(1, [1, 2, 3]);
    expect(() => {
      configure(node, tuning);
    }).toThrow();
    node.tick(9);
    expect(node.status.role).toBe("follower");
    node.tick(1);
    expect(node.status.role).toBe("preCandidate");
  });
});
