import { USUAL_STEPS } from "../../faults/index.ts";
import type { Random } from "../../kernel/ports/random.ts";
import type { SeededRandom } from "../../kernel/seeded-random.ts";
import type { DiskState, LinkQuality, NodeName } from "../contracts.ts";
import { faultsFor } from "./aims.ts";
import { ringCuts, type NodePair } from "./partial-topologies.ts";
import type { FaultClass, Profile } from "./profile.ts";
import type { Fault, Nodes, Schedule, ScheduledFault, Victim } from "./schedule.ts";

/** Faults of one run at most: an hour at the shortest interval that is drawn. */
const FAULTS_MAX = 5_000;

/** How long a crash at a step is ordered for. */
const STEP_MS = 20_000;

/** All faults of a run, drawn before it begins: the schedule is data and knows nothing of how the run goes. */
export function drawSchedule(profile: Profile, nodes: Nodes, random: SeededRandom): Schedule {
  const durationMs = profile.chaosMs;
  const drawer = new FaultDrawer(profile, nodes, random);
  const faults: ScheduledFault[] = [];
  let atMs = 0;
  while (profile.classes.length > 0 && faults.length < FAULTS_MAX) {
    atMs += 1 + random.below(2 * profile.faultIntervalMs);
    if (atMs >= durationMs) break;
    const forMs = 50 + random.below(profile.faultMsMax);
    for (const fault of drawer.draw()) {
      faults.push({ atMs, forMs: fault.kind === "step" ? STEP_MS : forMs, fault });
    }
  }
  const aimed = faultsFor(profile, nodes, random.child("aims"));
  return { durationMs, faults: [...faults, ...aimed].sort((a, b) => a.atMs - b.atMs) };
}

class FaultDrawer {
  readonly #profile: Profile;
  readonly #nodes: Nodes;
  readonly #random: Random;
  readonly #draw: Readonly<Record<FaultClass, () => readonly Fault[]>>;
  /** Nodes whose disk is lost or rotten at some time of the run. */
  readonly #spoiled = new Set<NodeName>();

  constructor(profile: Profile, nodes: Nodes, random: Random) {
    this.#profile = profile;
    this.#nodes = nodes;
    this.#random = random;
    const all = [...nodes.orderers, ...nodes.peers];
    const disk = (state: DiskState): readonly Fault[] => [
      { kind: "disk", node: this.#anybody(), state },
    ];
    this.#draw = {
      crash: () => [{ kind: "crash", nodes: [this.#anybody()], power: false }],
      power: () => [{ kind: "crash", nodes: [this.#anybody()], power: true }],
      blackout: () => [{ kind: "crash", nodes: this.#crowd(), power: random.below(2) === 0 }],
      failpoint: () => [random.below(3) === 0 ? this.#anyStep() : this.#step()],
      pause: () => [{ kind: "pause", node: this.#anybody() }],
      "lose-disk": () => this.#spoil((node) => ({ kind: "lose-disk", node })),
      isolate: () => this.#isolate(this.#anybody()),
      split: () => this.#split(),
      "one-way": () => [{ kind: "cut", from: [this.#anybody()], to: this.#someOf(all) }],
      topology: () => this.#topology(),
      strand: () => [
        {
          kind: "strand",
          follower: this.#anyOf(nodes.orderers),
          reachMs: 50 + random.below(500),
        },
      ],
      flaky: () => this.#link(this.#flaky()),
      clog: () => this.#link({ ...CLEAN, delayMs: 200 + random.below(4_000) }),
      reset: () => [{ kind: "reset", a: this.#anybody(), b: this.#anyOf(all) }],
      "full-disk": () => disk({ kind: "full" }),
      "slow-disk": () => disk({ kind: "slow", delayMs: 20 + random.below(3_000) }),
      "failing-sync": () => disk({ kind: "failing-sync" }),
      rot: () =>
        this.#spoil((node) => ({
          kind: "disk",
          node,
          state: { kind: "rot", flips: 1 + random.below(12) },
          restarts: random.below(2) === 0,
        })),
      clock: () => [
        {
          kind: "clock",
          node: this.#anybody(),
          skew: {
            offsetMs: random.below(600_000) - 300_000,
            driftPerMille: random.below(101) - 50,
          },
        },
      ],
    };
  }

  draw(): readonly Fault[] {
    return this.#draw[this.#anyOf(this.#profile.classes)]();
  }

  #anyOf<T>(items: readonly T[]): T {
    const item = items[this.#random.below(items.length)];
    // Networks have nodes, and nothing is drawn without a class.
    return item ?? (items[0] as T);
  }

  #someOf(names: readonly NodeName[]): readonly NodeName[] {
    return names.filter(() => this.#random.below(2) === 0);
  }

  #anybody(): Victim {
    if (this.#random.below(100) < this.#profile.leaderPercent) return "leader";
    return this.#anyOf([...this.#nodes.orderers, ...this.#nodes.peers]);
  }

  #crowd(): readonly NodeName[] {
    const { orderers, peers } = this.#nodes;
    return this.#anyOf([orderers, peers, [...orderers, ...peers]]);
  }

  // What is lost must be somewhere else, so one peer is always spared. An orderer without its disk does not know what it
  // has promised; whoever administers the channel replaces it.
  #spoil(fault: (node: NodeName) => Fault): readonly Fault[] {
    if (this.#random.below(3) > 0) return this.#spoilPeer(fault);
    return [fault(this.#anyOf(this.#nodes.orderers))];
  }

  #spoilPeer(fault: (node: NodeName) => Fault): readonly Fault[] {
    const { peers } = this.#nodes;
    const node = this.#anyOf(peers);
    if (this.#spoiled.size >= peers.length - 1 || this.#spoiled.has(node)) return [];
    this.#spoiled.add(node);
    return [fault(node)];
  }

  #anyStep(): Fault {
    return { kind: "failpoint", node: this.#anybody(), durableStep: 1 + this.#random.below(6) };
  }

  // Many steps are taken at starts only. Those of changes the administrators know better.
  #step(): Fault {
    const node = this.#anybody();
    const isPeer = this.#nodes.peers.includes(node);
    const step = this.#anyOf<string>(isPeer ? USUAL_STEPS.peer : USUAL_STEPS.orderer);
    const when = this.#random.below(2) === 0 ? "before" : "after";
    return { kind: "step", node, step, when, restarts: this.#random.below(3) === 0 };
  }

  #isolate(node: Victim): readonly Fault[] {
    const all = [...this.#nodes.orderers, ...this.#nodes.peers];
    const others = all.filter((name) => name !== node);
    if (node === "leader") return [{ kind: "cut", from: [node], to: others }];
    return both([node], others);
  }

  #split(): readonly Fault[] {
    const all = [...this.#nodes.orderers, ...this.#nodes.peers];
    const side = this.#someOf(all);
    const rest = all.filter((name) => !side.includes(name));
    return both(side, rest);
  }

  // Orderers that see only some of each other: a line or a ring of majorities.
  #topology(): readonly Fault[] {
    const pairs: readonly NodePair[] = ringCuts(this.#nodes.orderers, this.#random.below(2) === 0);
    return pairs.flatMap(([a, b]) => both([a], [b]));
  }

  #link(quality: LinkQuality): readonly Fault[] {
    const all = [...this.#nodes.orderers, ...this.#nodes.peers];
    return [{ kind: "link", from: this.#someOf(all), to: this.#someOf(all), quality }];
  }

  #flaky(): LinkQuality {
    const share = (max: number): number => this.#random.below(max) / 100;
    return {
      delayMs: 1 + this.#random.below(50),
      jitterMs: this.#random.below(400),
      loss: share(30),
      duplicate: share(30),
      reorder: share(50),
    };
  }
}

const CLEAN: LinkQuality = { delayMs: 1, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0 };

function both(a: readonly NodeName[], b: readonly NodeName[]): readonly Fault[] {
  return [
    { kind: "cut", from: a, to: b },
    { kind: "cut", from: b, to: a },
  ];
}
