/** Partial connectivity, stalls and blocked loops: each with the outcome that is promised. Times in election timeouts. */
import { describe, expect, test } from "vitest";
import { ELECTION_TIMEOUT_MS, Group } from "./group.ts";

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

/** A group that `leader` leads, and that has committed. */
function led(seed: number, nodeCount: number, leader = 1): Group {
  const group = new Group({ seed, nodeCount, lossPercent: 0 });
  group.elect(leader);
  expect(group.nextCommit(1)).toBeDefined();
  group.candidacyCount = 0;
  return group;
}

describe("partial connectivity", () => {
  test.each(SEEDS)("quorum loss: all hear the leader, who hears nobody (seed %i)", (seed) => {
    const group = led(seed, 5);
    group.runFor((seed / SEEDS.length) * ELECTION_TIMEOUT_MS);
    for (const id of [2, 3, 4, 5]) group.network.cut(id, 1);
    const isReplaced = (): boolean => group.leader !== undefined && group.leader.id !== 1;
    // The leader notices within one election timeout, and names a successor.
    expect(group.until(isReplaced, 1.2)).toBeDefined();
    expect(group.nextCommit(0.5)).toBeDefined();
  });

  test.each(SEEDS)("a center that all others see, and they see nobody else (seed %i)", (seed) => {
    const group = led(seed, 5, 2);
    group.connectOnly([1, 2], [1, 3], [1, 4], [1, 5]);
    // The old leader sees one of five. Only the center can lead, and it is the one that the old leader names.
    expect(group.until(() => group.leader?.id === 1, 1.2)).toBeDefined();
    expect(group.nextCommit(1)).toBeDefined();
    const term = group.leader?.status?.term;
    group.candidacyCount = 0;
    group.runFor(20 * ELECTION_TIMEOUT_MS);
    expect([group.leader?.id, group.leader?.status?.term]).toEqual([1, term]);
    expect(group.candidacyCount).toBe(0);
  });

  test.each(SEEDS)("a line with the leader at its end keeps that leader (seed %i)", (seed) => {
    const group = led(seed, 3);
    const term = group.leader?.status?.term;
    group.connectOnly([1, 2], [2, 3]);
    for (let round = 0; round < 20; round += 1) {
      expect(group.nextCommit(0.5)).toBeDefined();
      group.runFor(ELECTION_TIMEOUT_MS);
    }
    expect([group.leader?.id, group.leader?.status?.term]).toEqual([1, term]);
    expect(group.candidacyCount).toBe(0);
  });

  test.each(SEEDS)("two that see one of a triangle each disturb nobody (seed %i)", (seed) => {
    const group = led(seed, 5, 4);
    group.connectOnly([1, 2], [1, 3], [2, 3], [4, 2], [5, 3]);
    const isLed = (): boolean => [1, 2, 3].includes(group.leader?.id ?? 0);
    expect(group.until(isLed, 1.2)).toBeDefined();
    // What is not led yet may settle for one more election.
    group.runFor(3 * ELECTION_TIMEOUT_MS);
    const leader = group.leader?.status;
    group.candidacyCount = 0;
    group.runFor(30 * ELECTION_TIMEOUT_MS);
    expect(group.leader?.status).toMatchObject({ id: leader?.id, term: leader?.term });
    expect(group.candidacyCount).toBe(0);
    expect(group.nextCommit(0.5)).toBeDefined();
  });

  // Raft cannot elect here: the only node that sees a majority lacks what is committed. Nothing may be lost meanwhile.
  test.each(SEEDS)("constrained: only one with an old log sees a majority (seed %i)", (seed) => {
    const group = led(seed, 5);
    for (const id of [1, 2, 3, 4]) group.cut(5, id);
    expect(group.nextCommit(1)).toBeDefined();
    group.runFor(2 * ELECTION_TIMEOUT_MS);
    group.node(1).crash();
    group.connectOnly([5, 2], [5, 3], [5, 4]);
    group.runFor(10 * ELECTION_TIMEOUT_MS);
    expect(group.leaders).toEqual([]);
    // One more link, and there is a majority around one of those that have everything.
    group.connectOnly([5, 2], [5, 3], [5, 4], [2, 3]);
    expect(group.nextCommit(2)).toBeDefined();
  });

  test.each(SEEDS)("one that is heard and hears nothing deposes nobody (seed %i)", (seed) => {
    const group = led(seed, 3);
    for (const id of [1, 2]) group.network.cut(id, 3);
    group.runFor(20 * ELECTION_TIMEOUT_MS);
    expect(group.leader?.id).toBe(1);
    expect(group.candidacyCount).toBe(0);
  });
});

describe("a quorum that comes back", () => {
  test.each([3, 5])("of %i lets writes go on within two election timeouts", (nodeCount) => {
    for (const seed of SEEDS) {
      const group = led(seed, nodeCount);
      for (const a of group.nodes) for (const b of group.nodes) group.network.cut(a.id, b.id);
      group.runFor(5 * ELECTION_TIMEOUT_MS);
      expect(group.leaders).toEqual([]);
      group.network.reconnect();
      expect(group.nextCommit(2), `seed ${seed}`).toBeDefined();
    }
  });
});

describe("a leader", () => {
  test("whose disk stalls for a minute is replaced within two election timeouts", () => {
    for (const seed of SEEDS) {
      const group = led(seed, 3);
      group.node(1).stallDisk(60_000);
      const isReplaced = (): boolean => (group.leader?.id ?? 1) !== 1;
      expect(
        group.underLoad(() => group.until(isReplaced, 2)),
        `seed ${seed}`,
      ).toBeDefined();
      expect(group.nextCommit(0.5), `seed ${seed}`).toBeDefined();
      group.runFor(70 * ELECTION_TIMEOUT_MS);
      expect(group.leaders, `seed ${seed}`).toHaveLength(1);
    }
  });

  test("whose loop is blocked for half an election timeout keeps its term", () => {
    for (const seed of SEEDS) {
      const group = led(seed, 3);
      const term = group.leader?.status?.term;
      group.node(1).block(0.5 * ELECTION_TIMEOUT_MS);
      group.runFor(5 * ELECTION_TIMEOUT_MS);
      expect(group.leader?.status, `seed ${seed}`).toMatchObject({ id: 1, term });
      expect(group.candidacyCount, `seed ${seed}`).toBe(0);
    }
  });

  // At worst a candidate deposes it in the moment of its return, with a log that has become too old to be elected.
  test("whose loop is blocked for one election timeout leads on or is replaced", () => {
    for (const seed of SEEDS) {
      const group = led(seed, 3);
      group.node(1).block(ELECTION_TIMEOUT_MS);
      expect(group.nextCommit(4), `seed ${seed}`).toBeDefined();
      group.runFor(3 * ELECTION_TIMEOUT_MS);
      expect(group.leaders, `seed ${seed}`).toHaveLength(1);
    }
  });

  test("whose loop is blocked for three election timeouts is replaced meanwhile, and follows afterwards", () => {
    for (const seed of SEEDS) {
      const group = led(seed, 3);
      group.node(1).block(3 * ELECTION_TIMEOUT_MS);
      const isReplaced = (): boolean => (group.leader?.id ?? 1) !== 1;
      expect(group.until(isReplaced, 2.8), `seed ${seed}`).toBeDefined();
      const successor = group.leader?.id;
      group.runFor(3 * ELECTION_TIMEOUT_MS);
      expect(
        group.leaders.map(({ id }) => id),
        `seed ${seed}`,
      ).toEqual([successor]);
      expect(group.node(1).status, `seed ${seed}`).toMatchObject({ leaderId: successor });
    }
  });
});
