import type { ConfChangeOp } from "../../../cluster/raft/index.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { Cluster } from "./cluster.ts";
import { ELECTION_TICKS } from "./scenario-node.ts";

const NODE_COUNT = 6;
const STEP_COUNT = 120;

/** What one run did, for its author to see that it did something. */
export interface MembershipReport {
  readonly changeCount: number;
  readonly jointCount: number;
  readonly snapshotCount: number;
  readonly leaderCount: number;
  readonly appliedCount: number;
}

/**
 * Members come and go, are promoted and demoted, one at a time and several at once, while links fail, nodes crash and
 * logs are compacted (B26, B27, B34). Throws on the first property that is broken, and if the group does not recover when the
 * faults end.
 */
export function runMembership(seed: number): MembershipReport {
  return new MembershipRun(seed).play();
}

class MembershipRun {
  readonly #random: SeededRandom;
  readonly #cluster: Cluster;
  #proposalCount = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed).child("membership");
    const optionsOf = (id: number): { random: SeededRandom } => ({
      random: new SeededRandom(seed).child(`node ${id}`),
    });
    this.#cluster = new Cluster({ count: NODE_COUNT, voters: [1, 2, 3], optionsOf });
  }

  play(): MembershipReport {
    for (let step = 0; step < STEP_COUNT; step += 1) {
      this.#fault();
      this.#load();
      this.#cluster.tick(1 + this.#random.below(4));
    }
    this.#recover();
    return this.#cluster.report();
  }

  #fault(): void {
    const cluster = this.#cluster;
    const node = cluster.node(1 + this.#random.below(NODE_COUNT));
    switch (this.#random.below(16)) {
      case 0:
        if (cluster.nodes.filter(({ isUp }) => isUp).length > NODE_COUNT / 2) node.crash();
        return;
      case 1:
      case 2:
        for (const each of cluster.nodes) each.restart();
        return;
      case 3:
        cluster.cutOneWay(node.id, 1 + this.#random.below(NODE_COUNT));
        return;
      case 4:
        cluster.isolate(node.id);
        return;
      case 5:
      case 6:
        cluster.heal();
        return;
      case 7:
        if (node.isUp) node.stallDisk();
        return;
      case 8:
        for (const each of cluster.nodes) if (each.isUp) each.resumeDisk();
        return;
      case 9:
        if (node.isUp) node.compact(this.#random.below(3));
        return;
      case 10:
        cluster.hold(() => this.#random.below(10) === 0);
        return;
      case 11:
        cluster.releaseHeld();
    }
  }

  #load(): void {
    for (const node of this.#cluster.leaders) {
      if (this.#random.below(2) === 0) node.propose(`write ${(this.#proposalCount += 1)}`);
      if (this.#random.below(4) === 0) node.change(...this.#ops());
    }
  }

  // Most ask for one step, some for several at once.
  #ops(): readonly ConfChangeOp[] {
    const types = ["addVoter", "addVoter", "addLearner", "remove"] as const;
    const count = this.#random.below(3) === 0 ? 2 + this.#random.below(2) : 1;
    return Array.from({ length: count }, () => ({
      type: types[this.#random.below(types.length)]!,
      id: 1 + this.#random.below(NODE_COUNT),
    }));
  }

  // Every fault ends: the members of the latest configuration must find a leader, and be brought level by it.
  #recover(): void {
    const cluster = this.#cluster;
    cluster.heal();
    cluster.releaseHeld();
    for (const node of cluster.nodes) {
      node.restart();
      node.resumeDisk();
    }
    cluster.tick(20 * ELECTION_TICKS);
    const { leader } = cluster;
    if (!leader.propose("after the faults")) throw new Error("the leader takes no proposal");
    cluster.tick(10 * ELECTION_TICKS);
    const { commitIndex, lastIndex, configuration } = leader.status;
    if (commitIndex !== lastIndex) throw new Error("the leader does not commit");
    const members = [...configuration.voters, ...configuration.learners];
    for (const id of members) {
      const { appliedIndex } = cluster.node(id).status;
      if (appliedIndex !== commitIndex || cluster.node(id).digest !== leader.digest) {
        throw new Error(`member ${id} applied ${appliedIndex} of ${commitIndex}`);
      }
    }
  }
}
