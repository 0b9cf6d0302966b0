import type { RaftMessage } from "../../../cluster/raft/index.ts";
import { initialSnapshot } from "../../../cluster/raft/index.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { SimDisk } from "./disk.ts";
import { ChangeMaker } from "./change-maker.ts";
import { EventQueue } from "./event-queue.ts";
import { Invariants } from "./invariants/index.ts";
import { Nemesis } from "./nemesis.ts";
import { SimNetwork } from "./network.ts";
import type { Observation } from "./observation.ts";
import { mustHold } from "./observation.ts";
import type { Profile } from "./profile.ts";
import { drawProfile } from "./profile.ts";
import type { Sabotage } from "./sabotage.ts";
import { SimNode, TICK_MS } from "./sim-node.ts";
import { TraceHash } from "./trace-hash.ts";

/** Steps in a second of a whole run: more of them count as a message storm. */
const STEPS_A_SECOND_MAX = 2_500;
/** How long the calm after the chaos is, about. */
const CALM_MS = 20_000;
/** How long a group without pre-votes may take to elect, at most. */
const UNDISTURBED_MS_MAX = 300_000;

/** What one run was. */
export interface RunResult {
  readonly profile: Profile;
  readonly stepCount: number;
  readonly leaderCount: number;
  readonly committedCount: number;
  /** Changes of the members. */
  readonly changeCount: number;
  /** Snapshots that followers installed. */
  readonly installedCount: number;
  readonly readCount: number;
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
  readonly #invariants: Invariants;
  readonly #disks: readonly SimDisk[];
  readonly #trace = new TraceHash();
  #stepCount = 0;
  #stepsMax = 0;
  #leaderCount = 0;
  #changeCount = 0;
  #installedCount = 0;
  #readCount = 0;
  #proposalCount = 0;

  constructor(seed: number, sabotage: Sabotage) {
    this.#random = new SeededRandom(seed);
    this.#profile = drawProfile(this.#random.child("profile"));
    this.#network = new SimNetwork(this.#random.child("network"), this.#profile);
    const voters = Array.from({ length: this.#profile.nodeCount }, (_, position) => position + 1);
    const spares = Array.from(
      { length: this.#profile.spareCount },
      (_, position) => voters.length + position + 1,
    );
    const ids = [...voters, ...spares];
    const flaws = { keepsTruncated: sabotage === "keepsTruncatedTail" };
    this.#invariants = new Invariants(voters);
    this.#disks = ids.map(() => new SimDisk(initialSnapshot(voters), flaws));
    const around = {
      queue: this.#queue,
      profile: this.#profile,
      sabotage,
      send: (message: RaftMessage): void => {
        this.#send(message);
      },
      observe: (observation: Observation): void => {
        this.#observe(observation);
      },
      disks: this.#disks,
    };
    this.#nodes = ids.map((id) => new SimNode(id, around, this.#random.child(`node ${id}`)));
  }

  /** Faults and load for `durationMs`, with every safety property checked after every step. */
  runChaos(durationMs: number): void {
    this.#stepsMax = (STEPS_A_SECOND_MAX * (durationMs + CALM_MS)) / 1_000;
    for (const node of this.#nodes) node.start();
    const random = this.#random.child("chaos");
    const nemesis = new Nemesis(
      this.#random.child("nemesis"),
      this.#network,
      this.#nodes,
      (run) => {
        this.#queue.schedule(1 + random.below(300), run);
      },
    );
    const endMs = this.#queue.nowMs + durationMs;
    this.#disturbMembers(endMs);
    this.#repeat(random, this.#profile.faultIntervalMs, endMs, () => {
      nemesis.strike();
    });
    this.#repeat(random, this.#profile.proposalIntervalMs, endMs, () => {
      const leader = this.#leader();
      // Now and then at a node that may not lead, or that only believes it does.
      const any = this.#nodes[random.below(this.#nodes.length)]!;
      this.#proposeAt(random.below(4) === 0 ? any : (leader ?? any));
    });
    this.#runUntil(endMs);
  }

  // Changes of the members, snapshots and reads go on beside the load.
  #disturbMembers(endMs: number): void {
    const { changeIntervalMs, compactIntervalMs, readIntervalMs } = this.#profile;
    const random = this.#random.child("members");
    const any = (): SimNode => this.#nodes[random.below(this.#nodes.length)]!;
    const changes = new ChangeMaker(random.child("changes"), this.#nodes.length);
    this.#repeat(random, changeIntervalMs, endMs, () => {
      const leader = this.#leader();
      if (leader !== undefined) changes.propose(leader);
    });
    this.#repeat(random, compactIntervalMs, endMs, () => {
      any().compact(random.below(4));
    });
    this.#repeat(random, readIntervalMs, endMs, () => {
      this.#readAt(any());
    });
  }

  #leader(): SimNode | undefined {
    return this.#nodes.find((node) => node.status?.role === "leader");
  }

  #readAt(node: SimNode): void {
    this.#readCount += 1;
    const context = `read ${this.#readCount}`;
    this.#invariants.reads.ask(context);
    node.step({ type: "readIndex", context: utf8(context) });
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
    if (!this.#profile.preVote) this.#awaitLeader();
    this.#leaveJoint();
    const leader = this.#soleLeader();
    const term = leader.status?.term;
    const firstProposal = this.#proposalCount;
    for (let round = 0; round < 20; round += 1) {
      mustHold(this.#proposeAt(leader), `leader ${leader.id} refuses proposal ${round} in calm`);
      this.#runFor(50);
    }
    this.#runFor(3_000);
    mustHold(this.#soleLeader().status?.term === term, "the leader changed without a fault");
    const answeredCount = this.#invariants.reads.answeredCount;
    const members = this.#members();
    for (const node of members) this.#readAt(node);
    this.#runFor(1_000);
    const missing = answeredCount + members.length - this.#invariants.reads.answeredCount;
    mustHold(missing === 0, `${missing} reads have no answer in calm`);
    this.#checkLevel(firstProposal);
  }

  // Without pre-votes those who cannot win, and who were removed and do not know it, disturb the one who can (thesis §4.2.3).
  #awaitLeader(): void {
    const endMs = this.#queue.nowMs + UNDISTURBED_MS_MAX;
    while (this.#leader() === undefined && this.#queue.nowMs < endMs) this.#runFor(TICK_MS);
  }

  result(): RunResult {
    return {
      profile: this.#profile,
      stepCount: this.#stepCount,
      leaderCount: this.#leaderCount,
      committedCount: this.#invariants.committed.lastIndex,
      changeCount: this.#changeCount,
      installedCount: this.#installedCount,
      readCount: this.#invariants.reads.answeredCount,
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

  // A joint configuration that nobody leaves by itself is left by hand; every change completes.
  #leaveJoint(): void {
    const leader = this.#soleLeader();
    if (leader.status?.configuration.votersOutgoing.length !== 0) {
      leader.change("auto", [], "leave");
      this.#runFor(3_000);
    }
    const { votersOutgoing } = this.#soleLeader().status!.configuration;
    mustHold(votersOutgoing.length === 0, "the configuration stays joint in calm");
  }

  #members(): readonly SimNode[] {
    const { voters, learners } = this.#soleLeader().status!.configuration;
    return [...voters, ...learners].map((id) => this.#nodes[id - 1]!);
  }

  #checkLevel(firstProposal: number): void {
    const { committed } = this.#invariants;
    for (const { id, status, disk } of this.#members()) {
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
    this.#invariants.checkSent(message, this.#disks[message.from - 1]!);
    const delays = this.#network.route(message.from, message.to);
    for (const delayMs of delays) {
      this.#queue.schedule(delayMs, () => {
        this.#nodes[message.to - 1]!.receive(message);
      });
    }
    if (message.type === "snapshot") this.#report(message, delays[0]);
  }

  // A transport tells what became of a snapshot, but a crash or a fault of its own may keep it from that.
  #report({ from, to }: RaftMessage, delayMs: number | undefined): void {
    const random = this.#random.child(`report ${this.#stepCount}`);
    if (random.below(4) === 0) return;
    this.#queue.schedule((delayMs ?? 0) + random.below(100), () => {
      this.#nodes[from - 1]!.step({ type: "snapshotReport", id: to, ok: delayMs !== undefined });
    });
  }

  #observe(observation: Observation): void {
    this.#stepCount += 1;
    mustHold(this.#stepCount < this.#stepsMax, "message storm");
    const { nodeId, event, after, effects } = observation;
    for (const happening of effects.trace) {
      if (happening.type === "becameLeader") this.#leaderCount += 1;
      if (happening.type === "snapshotReceived") this.#installedCount += 1;
      if (happening.type === "configurationChanged" && after.role === "leader") {
        this.#changeCount += 1;
      }
    }
    this.#trace.add(
      `${this.#queue.nowMs} ${nodeId} ${event} ${after.term} ${after.lastIndex} ${after.commitIndex}`,
    );
    if (effects.trace.length > 0) this.#trace.add(JSON.stringify(effects.trace));
    this.#invariants.check(observation);
  }

  #repeat(random: SeededRandom, meanMs: number | undefined, endMs: number, run: () => void): void {
    if (meanMs === undefined) return;
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
