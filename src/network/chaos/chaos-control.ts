import {
  between,
  cutLinks,
  linkTo,
  NO_FAULTS,
  withLink,
  type ClockFaults,
  type Cut,
  type DirectionFaults,
  type DiskFaults,
  type Failpoint,
  type FaultSettings,
  type OneWayCut,
  type PowerLoss,
} from "../../faults/index.ts";
import { assert } from "../../kernel/assert.ts";
import { NetworkError } from "../errors.ts";
import type { DevelopmentNetwork } from "../development-network.ts";
import { nodeNamed, nodesNamed } from "../node-names.ts";
import type { NodeStatus } from "../node-status.ts";
import { requireStep } from "./failpoint-names.ts";
import {
  killNode,
  pauseNode,
  readFaults,
  resumeNode,
  resetLink,
  reviveNode,
  stateOf,
  takePower,
  writeFaults,
  type NodeState,
} from "./node-control.ts";

/** Takes a fault back; what was in force before it stays. */
export type Undo = () => Promise<void>;

export interface NodeChaos {
  readonly name: string;
  readonly state: NodeState;
  /** Undefined while the node does not answer. */
  readonly faults: FaultSettings | undefined;
}

/** Faults on a running development network. Nodes are named in full or by their first labels. */
export class ChaosControl {
  readonly #network: DevelopmentNetwork;

  constructor(network: DevelopmentNetwork) {
    this.#network = network;
  }

  /**
   * Cuts the groups off from each other; `isOneWay`: only what the first group sends is lost. An organisation stands for its
   * peers, `orderers` and `peers` for all of them.
   */
  partition(groups: readonly (readonly string[])[], isOneWay: boolean): Promise<Undo> {
    const whole = groups.map((group) => group.flatMap((name) => nodesNamed(name, this.#network)));
    return this.cut(between(whole, isOneWay));
  }

  /** What is sent over these links is lost. Nodes are named in full. */
  async cut(cuts: readonly OneWayCut[]): Promise<Undo> {
    const { namespaces } = this.#network;
    if (namespaces !== undefined) return namespaces.cut(cuts);
    const cut = cutLinks(cuts);
    return this.#change([...cut.keys()], (settings, name) =>
      (cut.get(name) ?? []).reduce(withLink, settings),
    );
  }

  /** Cuts a node off from all others. */
  async isolate(name: string): Promise<Undo> {
    const names = (await this.#network.status()).map((node) => node.name);
    const alone = nodeNamed(name, names);
    const others = names.filter((other) => other !== alone);
    return this.partition([[alone], others], false);
  }

  /** Worsens what goes between the node and all others, in both directions. */
  async degrade(name: string, faults: Partial<DirectionFaults>): Promise<Undo> {
    const names = (await this.#network.status()).map((node) => node.name);
    const subject = nodeNamed(name, names);
    const worsen = (settings: FaultSettings, peer: string): FaultSettings => {
      const link = linkTo(settings, peer);
      return withLink(settings, {
        peer,
        out: { ...link.out, ...faults },
        in: { ...link.in, ...faults },
      });
    };
    const others = names.filter((other) => other !== subject);
    return this.#change(names, (settings, each) =>
      each === subject ? others.reduce(worsen, settings) : worsen(settings, subject),
    );
  }

  async disk(name: string, faults: Partial<DiskFaults>): Promise<Undo> {
    const node = await this.#node(name);
    return this.#change([node.name], (settings) => ({
      ...settings,
      disk: { ...settings.disk, ...faults },
    }));
  }

  /** Sets the node's time of day wrong. */
  async clock(name: string, clock: ClockFaults): Promise<Undo> {
    const node = await this.#node(name);
    return this.#change([node.name], (settings) => ({ ...settings, clock }));
  }

  /** Breaks all connections between two nodes, once. */
  async reset(a: string, b: string): Promise<void> {
    this.#requireFaultLayer();
    const [first, second] = [await this.#node(a), await this.#node(b)];
    await resetLink(first, second.name);
    await resetLink(second, first.name);
  }

  async pause(name: string): Promise<Undo> {
    const node = await this.#node(name);
    pauseNode(node);
    return () => {
      resumeNode(node);
      return Promise.resolve();
    };
  }

  async kill(name: string): Promise<Undo> {
    const node = await this.#node(name);
    await killNode(node);
    return () => this.restart(node.name);
  }

  /** The node's process ends at once, and what it had not flushed is left or lost by chance. */
  async losePower(name: string, powerLoss: PowerLoss): Promise<Undo> {
    this.#requireFaultLayer();
    const node = await this.#node(name);
    await takePower(node, powerLoss);
    return () => this.restart(node.name);
  }

  /** The node's process ends at once at a step, as soon as it takes it. Rejects for a step that its role never takes. */
  async crashAt(name: string, failpoint: Failpoint): Promise<Undo> {
    this.#requireFaultLayer();
    const node = await this.#node(name);
    requireStep(node.role, failpoint.step);
    const before = await readFaults(node);
    // It may take the step before it has answered.
    await this.#write(node, { ...before, failpoints: [...before.failpoints, failpoint] });
    return async () => {
      await this.#write(node, before);
      if (!(await this.#network.isRunning(node.name))) await this.restart(node.name);
    };
  }

  /** Starts a node that is down. */
  async restart(name: string): Promise<void> {
    const node = await this.#node(name);
    await reviveNode(node, this.#network.processOf(node));
  }

  /** Takes all faults of links and disks back and lets paused nodes go on. Answers the nodes that are down and stay so. */
  async heal(): Promise<readonly string[]> {
    const nodes = await this.#network.status();
    const running = nodes.filter(({ pid }) => pid !== undefined);
    for (const node of running) resumeNode(node);
    const { namespaces } = this.#network;
    if (namespaces === undefined) {
      await Promise.all(running.map((node) => this.#write(node, NO_FAULTS)));
    } else await namespaces.heal();
    const left = await this.#network.status();
    return left.filter(({ pid }) => pid === undefined).map(({ name }) => name);
  }

  async status(): Promise<readonly NodeChaos[]> {
    const nodes = await this.#network.status();
    const cut = cutLinks((await this.#network.namespaces?.cuts()) ?? []);
    return Promise.all(
      nodes.map(async (node) => {
        const state = await stateOf(node);
        const faults = await this.#faultsOf(node, state, cut);
        return { name: node.name, state, faults };
      }),
    );
  }

  #faultsOf(node: NodeStatus, state: NodeState, cut: Cut): Promise<FaultSettings | undefined> {
    if (this.#network.namespaces !== undefined) {
      return Promise.resolve({ ...NO_FAULTS, links: cut.get(node.name) ?? [] });
    }
    return state === "up" ? readFaults(node).catch(() => undefined) : Promise.resolve(undefined);
  }

  // A node that is down has no links: it is passed over.
  async #change(
    names: readonly string[],
    change: (settings: FaultSettings, name: string) => FaultSettings,
  ): Promise<Undo> {
    this.#requireFaultLayer();
    const nodes = (await this.#network.status()).filter(
      ({ name, pid }) => names.includes(name) && pid !== undefined,
    );
    const before = await Promise.all(
      nodes.map(async (node) => ({ node, settings: await readFaults(node) })),
    );
    await Promise.all(
      before.map(({ node, settings }) => writeFaults(node, change(settings, node.name))),
    );
    return async () => {
      await Promise.all(before.map(({ node, settings }) => this.#write(node, settings)));
    };
  }

  // A node that has ended meanwhile took its faults with it.
  async #write(node: NodeStatus, settings: FaultSettings): Promise<void> {
    try {
      await writeFaults(node, settings);
    } catch (error) {
      if (await this.#network.isRunning(node.name)) throw error;
    }
  }

  // Where links are the kernel's, nodes take no faults.
  #requireFaultLayer(): void {
    if (this.#network.namespaces === undefined) return;
    throw new NetworkError(
      "refused",
      "a network of namespaces knows partitions, pauses and kills only; make one without --namespaces for the rest",
    );
  }

  async #node(name: string): Promise<NodeStatus> {
    const nodes = await this.#network.status();
    const whole = nodeNamed(
      name,
      nodes.map((node) => node.name),
    );
    const node = nodes.find((each) => each.name === whole);
    assert(node !== undefined, "the name was chosen among the nodes'");
    return node;
  }
}
