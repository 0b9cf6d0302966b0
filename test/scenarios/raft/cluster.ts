import type {
  Entry,
  RaftEffects,
  RaftMessage,
  RaftOptions,
  RestoredState,
} from "../../../cluster/raft/index.ts";
import { emptyState } from "../../../cluster/raft/index.ts";
import { isJoint } from "../../../cluster/raft/configuration.ts";
import { ScenarioNode } from "./scenario-node.ts";

/** Messages that one tick may cause before it counts as a storm (B22). */
const MESSAGES_PER_TICK_MAX = 5_000;

type Filter = (message: RaftMessage) => boolean;

/** How a scenario begins. */
export interface ClusterOptions {
  readonly count: number;
  /** Who votes at first, which every node knows; everybody if absent. */
  readonly voters?: readonly number[];
  /** The stored state of a node that does not begin empty. */
  readonly states?: Readonly<Record<number, Partial<RestoredState>>>;
  readonly options?: Partial<RaftOptions>;
  /** Of one node. */
  readonly optionsOf?: (id: number) => Partial<RaftOptions>;
}

/**
 * Nodes 1 to n in lockstep: a tick for each node that is up, then every message until none is on its way. Links are cut
 * one direction at a time, and messages can be held back, repeated and released. After every step it is checked that no
 * term has two leaders, that no node votes twice in a term, and that no two nodes apply different entries.
 */
export class Cluster {
  readonly nodes: readonly ScenarioNode[];
  readonly #cut = new Set<string>();
  #queue: RaftMessage[] = [];
  #held: RaftMessage[] = [];
  #holds: Filter = () => false;
  #copies: Filter = () => false;
  readonly #leaders = new Map<number, number>();
  readonly #votes = new Map<string, number>();
  readonly #applied = new Map<number, { readonly entry: Entry; readonly digest: number }>();
  readonly #counts = { changeCount: 0, jointCount: 0, snapshotCount: 0 };
  /** Elections begun: of candidates, not of those who only asked. */
  candidacyCount = 0;

  constructor({
    count,
    voters,
    states = {},
    options = {},
    optionsOf = () => ({}),
  }: ClusterOptions) {
    const ids = Array.from({ length: count }, (_, position) => position + 1);
    const around = {
      send: (message: RaftMessage): void => {
        this.#send(message);
      },
      observe: (node: ScenarioNode, effects: RaftEffects): void => {
        this.#observe(node, effects);
      },
      applied: (node: ScenarioNode, entry: Entry): void => {
        this.#checkApplied(node, entry);
      },
    };
    this.nodes = ids.map((id) => {
      const start = { ...emptyState(voters ?? ids), ...states[id] };
      return new ScenarioNode(id, start, { ...options, ...optionsOf(id) }, around);
    });
  }

  node(id: number): ScenarioNode {
    const node = this.nodes[id - 1];
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  /** Those that believe to lead. */
  get leaders(): readonly ScenarioNode[] {
    return this.nodes.filter((node) => node.isUp && node.status.role === "leader");
  }

  /** The leader of the latest term. */
  get leader(): ScenarioNode {
    const [latest] = [...this.leaders].sort((a, b) => b.status.term - a.status.term);
    if (latest === undefined) throw new Error("nobody leads");
    return latest;
  }

  /** What every node that applied anything at `index` applied there. */
  appliedAt(index: number): Entry | undefined {
    return this.#applied.get(index)?.entry;
  }

  /** Elects `id`, which must be able to win, without waiting for a timeout. */
  elect(id: number): void {
    this.node(id).step({ type: "campaign" });
    this.settle();
    if (this.node(id).status.role !== "leader") throw new Error(`node ${id} was not elected`);
  }

  /** `count` ticks at every node that is up, and what follows from them. */
  tick(count: number): void {
    for (let tick = 0; tick < count; tick += 1) {
      for (const node of this.nodes) node.step({ type: "tick" });
      this.settle();
    }
  }

  /** Ticks until `isReached`, at most `ticksMax`. Returns how many it took; throws if it is not. */
  tickUntil(isReached: () => boolean, ticksMax: number): number {
    for (let tick = 0; tick <= ticksMax; tick += 1) {
      if (isReached()) return tick;
      this.tick(1);
    }
    throw new Error(`not reached within ${ticksMax} ticks`);
  }

  /** Delivers until nothing is on its way. */
  settle(): void {
    for (let count = 0; ; count += 1) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      if (count > MESSAGES_PER_TICK_MAX) throw new Error("message storm");
      this.#deliver(message);
    }
  }

  /** No message from `from` reaches `to`. */
  cutOneWay(from: number, to: number): void {
    this.#cut.add(`${from}>${to}`);
  }

  /** Nothing passes between `a` and `b`. */
  cut(a: number, b: number): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }

  /** Nothing passes between `id` and anybody. */
  isolate(id: number): void {
    for (const node of this.nodes) if (node.id !== id) this.cut(id, node.id);
  }

  /** Only the links of `pairs` are left. */
  connectOnly(...pairs: readonly (readonly [number, number])[]): void {
    const kept = new Set(pairs.flatMap(([a, b]) => [`${a}>${b}`, `${b}>${a}`]));
    for (const { id: a } of this.nodes) {
      for (const { id: b } of this.nodes) {
        if (a !== b && !kept.has(`${a}>${b}`)) this.cutOneWay(a, b);
      }
    }
  }

  /** Every link works again. */
  heal(): void {
    this.#cut.clear();
  }

  /** Messages that `filter` takes are kept back instead of delivered. */
  hold(filter: Filter): void {
    this.#holds = filter;
  }

  /** Nothing is held from now on. Returns what was, undelivered. */
  takeHeld(): readonly RaftMessage[] {
    const held = this.#held;
    this.#held = [];
    this.#holds = () => false;
    return held;
  }

  /** What was held is on its way again, and nothing is held from now on. */
  releaseHeld(): void {
    this.#queue.push(...this.takeHeld());
  }

  /** Messages that `filter` takes arrive twice. */
  duplicate(filter: Filter): void {
    this.#copies = filter;
  }

  /** Delivers `messages` now, whatever is cut or held. */
  inject(...messages: readonly RaftMessage[]): void {
    for (const message of messages) this.node(message.to).step({ type: "message", message });
    this.settle();
  }

  /** What has happened so far. */
  report(): {
    readonly changeCount: number;
    readonly jointCount: number;
    readonly snapshotCount: number;
    readonly leaderCount: number;
    readonly appliedCount: number;
  } {
    const { changeCount, jointCount, snapshotCount } = this.#counts;
    const leaderCount = this.#leaders.size;
    return {
      changeCount,
      jointCount,
      snapshotCount,
      leaderCount,
      appliedCount: this.#applied.size,
    };
  }

  #send(message: RaftMessage): void {
    if (message.type === "voteAnswer" && message.isGranted) this.#countVote(message);
    this.#queue.push(message);
    if (this.#copies(message)) this.#queue.push(message);
  }

  #deliver(message: RaftMessage): void {
    if (this.#cut.has(`${message.from}>${message.to}`) || !this.node(message.to).isUp) return;
    if (this.#holds(message)) this.#held.push(message);
    else this.node(message.to).step({ type: "message", message });
  }

  #observe(node: ScenarioNode, effects: RaftEffects): void {
    for (const happening of effects.trace) {
      if (happening.type === "becameCandidate") this.candidacyCount += 1;
      if (happening.type === "snapshotReceived") this.#counts.snapshotCount += 1;
      if (happening.type === "configurationChanged") {
        this.#counts.changeCount += 1;
        if (isJoint(happening.configuration)) this.#counts.jointCount += 1;
      }
      if (happening.type === "becameLeader") this.#countLeader(node.id, happening.term);
    }
  }

  #countLeader(id: number, term: number): void {
    const other = this.#leaders.get(term) ?? id;
    if (other !== id) throw new Error(`nodes ${other} and ${id} both lead term ${term}`);
    this.#leaders.set(term, id);
  }

  #countVote({ from, to, term }: RaftMessage): void {
    const key = `${from} in term ${term}`;
    const other = this.#votes.get(key) ?? to;
    if (other !== to) throw new Error(`node ${key} votes for ${other} and for ${to}`);
    this.#votes.set(key, to);
  }

  // Equal digests: the same entries since the first, with none left out.
  #checkApplied({ id, digest }: ScenarioNode, entry: Entry): void {
    const other = this.#applied.get(entry.index);
    if (other !== undefined && other.digest !== digest) {
      throw new Error(`node ${id} applies another entry ${entry.index} than was applied before`);
    }
    this.#applied.set(entry.index, { entry, digest });
  }
}

/** Entries with these terms, from index 1. */
export function entriesOf(...terms: readonly number[]): readonly Entry[] {
  return terms.map((term, position) => ({
    index: position + 1,
    term,
    type: "normal",
    data: new TextEncoder().encode(`${position + 1} of ${term}`),
  }));
}
