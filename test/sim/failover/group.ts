import type { RaftMessage } from "../../../cluster/raft/index.ts";
import { initialSnapshot } from "../../../cluster/raft/index.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { SimDisk } from "../raft/disk.ts";
import { EventQueue } from "../raft/event-queue.ts";
import { Invariants } from "../raft/invariants/index.ts";
import { SimNetwork } from "../raft/network.ts";
import type { Observation } from "../raft/observation.ts";
import { mustHold } from "../raft/observation.ts";
import type { Profile } from "../raft/profile.ts";
import { ELECTION_TICKS, SimNode, TICK_MS } from "../raft/sim-node.ts";

/** Time without a leader after which a node begins to think of an election, before the jitter. */
export const ELECTION_TIMEOUT_MS: number = ELECTION_TICKS * TICK_MS;
const PROPOSAL_INTERVAL_MS = 10;
/** Steps of one run before it counts as a message storm. */
const STEPS_MAX = 200_000;

export interface GroupOptions {
  readonly seed: number;
  readonly nodeCount: number;
  readonly lossPercent: number;
}

/**
 * Nodes 1 to n that nothing happens to but what a scenario does: delays of 1 to 10 ms, flushes of 1 to 5 ms. Every safety
 * property is checked after every step.
 */
export class Group {
  readonly network: SimNetwork;
  readonly nodes: readonly SimNode[];
  readonly #queue = new EventQueue();
  readonly #disks: readonly SimDisk[];
  readonly #invariants: Invariants;
  // The first entry offered in a term since the last call of `nextCommit`, by term.
  readonly #awaited = new Map<number, number>();
  #hasCommitted = false;
  #stepCount = 0;
  #proposalCount = 0;
  #clientCount = 0;
  /** Elections begun: of candidates, not of those who only asked. */
  candidacyCount = 0;

  constructor({ seed, nodeCount, lossPercent }: GroupOptions) {
    const random = new SeededRandom(seed);
    const profile = steady(nodeCount, lossPercent);
    this.network = new SimNetwork(random.child("network"), profile);
    const voters = Array.from({ length: nodeCount }, (_, position) => position + 1);
    this.#invariants = new Invariants(voters);
    this.#disks = voters.map(() => new SimDisk(initialSnapshot(voters), { keepsTruncated: false }));
    const around = {
      queue: this.#queue,
      profile,
      sabotage: "none",
      disks: this.#disks,
      send: (message: RaftMessage): void => {
        this.#send(message);
      },
      observe: (observation: Observation): void => {
        this.#observe(observation);
      },
    } as const;
    this.nodes = voters.map((id) => new SimNode(id, around, random.child(`node ${id}`)));
    for (const node of this.nodes) node.start();
  }

  get nowMs(): number {
    return this.#queue.nowMs;
  }

  /** Those that believe to lead. */
  get leaders(): readonly SimNode[] {
    return this.nodes.filter((node) => node.status?.role === "leader");
  }

  /** The leader of the latest term. */
  get leader(): SimNode | undefined {
    return [...this.leaders].sort((a, b) => (b.status?.term ?? 0) - (a.status?.term ?? 0))[0];
  }

  node(id: number): SimNode {
    const node = this.nodes[id - 1];
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  /** Makes `id` the leader without waiting for a timeout, and lets its term begin. */
  elect(id: number): void {
    const isElected = (): boolean => this.leader?.id === id;
    for (let attempt = 0; attempt < 20 && !isElected(); attempt += 1) {
      if (this.node(id).status?.role !== "candidate") this.node(id).step({ type: "campaign" });
      this.runFor(ELECTION_TIMEOUT_MS / 5);
    }
    mustHold(isElected(), `node ${id} was not elected`);
  }

  runFor(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.#queue.runNext(endMs));
  }

  /** Time until `isReached`, in election timeouts; `undefined` if that takes more than `timeoutsMax`. */
  until(isReached: () => boolean, timeoutsMax: number): number | undefined {
    const startMs = this.nowMs;
    const endMs = startMs + timeoutsMax * ELECTION_TIMEOUT_MS;
    while (!isReached()) {
      if (!this.#queue.runNext(endMs)) return undefined;
    }
    return (this.nowMs - startMs) / ELECTION_TIMEOUT_MS;
  }

  /** Time until an entry is committed that is offered from now on, in election timeouts; `undefined` as for `until`. */
  nextCommit(timeoutsMax: number): number | undefined {
    this.#awaited.clear();
    this.#hasCommitted = false;
    return this.underLoad(() => this.until(() => this.#hasCommitted, timeoutsMax));
  }

  /** What `run` answers, while a client offers an entry every 10 ms to each node that believes to lead. */
  underLoad<T>(run: () => T): T {
    this.#clientCount += 1;
    this.#offerAll(this.#clientCount);
    const result = run();
    this.#clientCount += 1;
    return result;
  }

  /** Nothing passes between `a` and `b`. */
  cut(a: number, b: number): void {
    this.network.cut(a, b);
    this.network.cut(b, a);
  }

  /** Only the links of `pairs` are left. */
  connectOnly(...pairs: readonly (readonly [number, number])[]): void {
    this.network.reconnect();
    const kept = new Set(pairs.flatMap(([a, b]) => [`${a}>${b}`, `${b}>${a}`]));
    for (const { id: a } of this.nodes) {
      for (const { id: b } of this.nodes) {
        if (a !== b && !kept.has(`${a}>${b}`)) this.network.cut(a, b);
      }
    }
  }

  /** The transports of all others notice that they have lost their connection to `id`. */
  reportUnreachable(id: number): void {
    for (const node of this.nodes) {
      if (node.id !== id) node.step({ type: "unreachable", id });
    }
  }

  // Until there is another client, or none.
  #offerAll(client: number): void {
    if (client !== this.#clientCount) return;
    for (const leader of this.leaders) if (!leader.isBlocked) this.#offer(leader);
    this.#queue.schedule(PROPOSAL_INTERVAL_MS, () => {
      this.#offerAll(client);
    });
  }

  #offer(leader: SimNode): void {
    this.#proposalCount += 1;
    if (!leader.propose(utf8(`proposal ${this.#proposalCount}`))) return;
    const { status } = leader;
    if (status !== undefined && !this.#awaited.has(status.term)) {
      this.#awaited.set(status.term, status.lastIndex);
    }
  }

  #send(message: RaftMessage): void {
    const disk = this.#disks[message.from - 1];
    if (disk !== undefined) this.#invariants.checkSent(message, disk);
    for (const delayMs of this.network.route(message.from, message.to)) {
      this.#queue.schedule(delayMs, () => {
        this.node(message.to).receive(message);
      });
    }
  }

  #observe(observation: Observation): void {
    this.#stepCount += 1;
    mustHold(this.#stepCount < STEPS_MAX, "message storm");
    const { after, effects } = observation;
    for (const { type } of effects.trace) {
      if (type === "becameCandidate") this.candidacyCount += 1;
    }
    const awaited = this.#awaited.get(after.term) ?? Infinity;
    if (after.role === "leader" && after.commitIndex >= awaited) this.#hasCommitted = true;
    this.#invariants.check(observation);
  }
}

// Every field but the network's is as a healthy machine's.
function steady(nodeCount: number, lossPercent: number): Profile {
  return {
    nodeCount,
    lossPercent,
    spareCount: 0,
    delayMsMax: 10,
    duplicatePercent: 0,
    flushMsMax: 5,
    applyMsMax: 2,
    faultIntervalMs: 0,
    proposalIntervalMs: PROPOSAL_INTERVAL_MS,
    changeIntervalMs: undefined,
    compactIntervalMs: undefined,
    readIntervalMs: 0,
    crashOnPromisePermille: 0,
    inflightMessagesMax: 8,
    messageBytesMax: 4_096,
    preVote: true,
  };
}
