import type { RaftMessage } from "../../../cluster/raft/index.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { SimDisk } from "./disk.ts";
import { EventQueue } from "./event-queue.ts";
import { Invariants } from "./invariants/index.ts";
import { Nemesis } from "./nemesis.ts";
import { SimNetwork } from "./network.ts";
import type { Observation } from "./observation.ts";
import { mustHold } from "./observation.ts";
import type { Profile } from "./profile.ts";
import { drawProfile } from "./profile.ts";
import type { Sabotage } from "./sabotage.ts";
import { SimNode } from "./sim-node.ts";
import { TraceHash } from "./trace-hash.ts";

/** Steps of one run before it counts as a message storm. */
const STEPS_MAX = 100_000;

/** What one run was. */
export interface RunResult {
  readonly profile: Profile;
  readonly stepCount: number;
  readonly leaderCount: number;
  readonly committedCount: number;
  readonly simulatedMs: number;
  readonly traceHash: string;
}

/** A cluster in one thread of virtual time, in which every choice follows from the seed. */
export class World {
  readonly #random: SeededRandom;
  readonly #queue = new EventQueue();
  readonly #profile: Profile;
  readonly #network: SimNetwork;
  readonly #nodes: readonly SimNode[];
  readonly #invariants = new Invariants();
  readonly #trace = new TraceHash();
  #stepCount = 0;
  #leaderCount = 0;
  #proposalCount = 0;

  constructor(seed: number, sabotage: Sabotage) {
    this.#random = new SeededRandom(seed);
    this.#profile = drawProfile(this.#random.child("profile"));
    this.#network = new SimNetwork(this.#random.child("network"), this.#profile);
    const voters = Array.from({ length: this.#profile.nodeCount }, (_, position) => position + 1);
    const disks = voters.map(
      () => new SimDisk({ keepsTruncated: sabotage === "keepsTruncatedTail" }),
    );
    const around = {
      queue: this.#queue,
      profile: this.#profile,
      sabotage,
      voters,
      send: (message: RaftMessage): void => {
        this.#send(message);
      },
      observe: (observation: Observation): void => {
        this.#observe(observation);
      },
      disks,
    };
    this.#nodes = voters.map((id) => new SimNode(id, around, this.#random.child(`node ${id}`)));
  }

  /** Faults and load for `durationMs`, with every safety property checked after every step. */
  runChaos(durationMs: number): void {
    for (const node of this.#nodes) node.start();
    const random = this.#random.child("chaos");
    const nemesis = new Nemesis(this.#random.child("nemesis"), this.#network, this.#nodes);
    const endMs = this.#queue.nowMs + durationMs;
    this.#repeat(random, this.#profile.faultIntervalMs, endMs, () => {
      nemesis.strike();
    });
    this.#repeat(random, this.#profile.proposalIntervalMs, endMs, () => {
      const leader = this.#nodes.find((node) => node.status?.role === "leader");
      // Now and then at a node that may not lead, or that only believes it does.
      const any = this.#nodes[random.below(this.#nodes.length)]!;
      this.#proposeAt(random.below(4) === 0 ? any : (leader ?? any));
    });
    this.#runUntil(endMs);
  }

  /** Ends every fault, and requires one lasting leader, progress and equal logs (L1 to L4). */
  runCalm(): void {
    this.#network.calm();
    for (const node of this.#nodes) {
      node.calm();
      node.start();
    }
    // Messages of the chaos arrive, a stalled disk wakes up, and three election timeouts pass.
    this.#runFor(15_000);
    const leader = this.#soleLeader();
    const term = leader.status?.term;
    const firstProposal = this.#proposalCount;
    for (let round = 0; round < 20; round += 1) {
      mustHold(this.#proposeAt(leader), `leader ${leader.id} refuses proposal ${round} in calm`);
      this.#runFor(50);
    }
    this.#runFor(3_000);
    mustHold(this.#soleLeader().status?.term === term, "the leader changed without a fault");
    this.#checkLevel(firstProposal);
  }

  result(): RunResult {
    return {
      profile: this.#profile,
      stepCount: this.#stepCount,
      leaderCount: this.#leaderCount,
      committedCount: this.#invariants.committed.lastIndex,
      simulatedMs: this.#queue.nowMs,
      traceHash: this.#trace.digest(),
    };
  }

  #soleLeader(): SimNode {
    const leaders = this.#nodes.filter((node) => node.status?.role === "leader");
    const [leader] = leaders;
    mustHold(leader !== undefined && leaders.length === 1, `${leaders.length} leaders in calm`);
    return leader;
  }

  #checkLevel(firstProposal: number): void {
    const { committed } = this.#invariants;
    for (const { id, status, disk } of this.#nodes) {
      mustHold(
        status?.appliedIndex === committed.lastIndex && status.lastIndex === committed.lastIndex,
        `node ${id} applied ${String(status?.appliedIndex)} of ${committed.lastIndex} in calm`,
      );
      const contents = disk.entries.map((entry) => new TextDecoder().decode(entry.data));
      for (let proposal = firstProposal; proposal < this.#proposalCount; proposal += 1) {
        const count = contents.filter((content) => content === `proposal ${proposal}`).length;
        mustHold(count === 1, `node ${id} holds proposal ${proposal} ${count} times`);
      }
    }
  }

  #proposeAt(node: SimNode): boolean {
    const data = utf8(`proposal ${this.#proposalCount}`);
    this.#proposalCount += 1;
    return node.propose(data);
  }

  #send(message: RaftMessage): void {
    this.#invariants.checkSent(message);
    for (const delayMs of this.#network.route(message.from, message.to)) {
      this.#queue.schedule(delayMs, () => {
        this.#nodes[message.to - 1]!.receive(message);
      });
    }
  }

  #observe(observation: Observation): void {
    this.#stepCount += 1;
    mustHold(this.#stepCount < STEPS_MAX, "message storm");
    const { nodeId, event, after, effects } = observation;
    for (const happening of effects.trace) {
      if (happening.type === "becameLeader") this.#leaderCount += 1;
    }
    this.#trace.add(
      `${this.#queue.nowMs} ${nodeId} ${event} ${after.term} ${after.lastIndex} ${after.commitIndex}`,
    );
    if (effects.trace.length > 0) this.#trace.add(JSON.stringify(effects.trace));
    this.#invariants.check(observation);
  }

  #repeat(random: SeededRandom, meanMs: number, endMs: number, run: () => void): void {
    this.#queue.schedule(1 + random.below(2 * meanMs), () => {
      if (this.#queue.nowMs >= endMs) return;
      run();
      this.#repeat(random, meanMs, endMs, run);
    });
  }

  #runFor(durationMs: number): void {
    this.#runUntil(this.#queue.nowMs + durationMs);
  }

  #runUntil(endMs: number): void {
    while (this.#queue.runNext(endMs));
  }
}
