import {
  between,
  cutLinks,
  linkTo,
  NO_FAULTS,
  withLink,
  type DirectionFaults,
  type DiskFaults,
  type Failpoint,
  type FaultSettings,
  type OneWayCut,
} from "../faults/index.ts";
import { nodeNamed } from "../network/index.ts";
import { TestNetworkError } from "./errors.ts";
import type { TestNode } from "./test-node.ts";

/** Takes a fault back; what was in force before it is so again. */
export type TakeBack = () => void;

/** The faults of all nodes of one network. Nodes are named in full or by their first labels. */
export class TestFaults {
  readonly #nodes: readonly TestNode[];

  constructor(nodes: readonly TestNode[]) {
    this.#nodes = nodes;
  }

  node(name: string): TestNode {
    const names = this.#nodes.map((node) => node.name);
    const whole = nodeNamed(name, names);
    const found = this.#nodes.find((node) => node.name === whole);
    if (found === undefined) throw new TestNetworkError("unknown name", `there is no node ${name}`);
    return found;
  }

  partition(groups: readonly (readonly string[])[], isOneWay: boolean): TakeBack {
    const named = groups.map((group) => group.map((name) => this.node(name).name));
    return this.cut(between(named, isOneWay));
  }

  cut(cuts: readonly OneWayCut[]): TakeBack {
    const undos = [...cutLinks(cuts)].map(([name, links]) =>
      change(this.node(name), (settings) => links.reduce(withLink, settings)),
    );
    return all(undos);
  }

  degrade(from: string, to: string, faults: Partial<DirectionFaults>): TakeBack {
    const sender = this.node(from);
    const receiver = this.node(to);
    return all([
      worsen(sender, receiver.name, "out", faults),
      worsen(receiver, sender.name, "in", faults),
    ]);
  }

  reset(a: string, b: string): void {
    const [first, second] = [this.node(a), this.node(b)];
    first.resetLink(second.name);
    second.resetLink(first.name);
  }

  disk(name: string, faults: Partial<DiskFaults>): TakeBack {
    return change(this.node(name), (settings) => ({
      ...settings,
      disk: { ...settings.disk, ...faults },
    }));
  }

  clock(name: string, offsetMs: number): TakeBack {
    return change(this.node(name), (settings) => ({ ...settings, clock: { offsetMs } }));
  }

  crashAt(name: string, failpoint: Failpoint): TakeBack {
    return change(this.node(name), (settings) => ({
      ...settings,
      failpoints: [...settings.failpoints, failpoint],
    }));
  }

  heal(): void {
    for (const node of this.#nodes) node.applyFaults(NO_FAULTS);
  }
}

function worsen(
  node: TestNode,
  peer: string,
  direction: "in" | "out",
  faults: Partial<DirectionFaults>,
): TakeBack {
  return change(node, (settings) => {
    const link = linkTo(settings, peer);
    return withLink(settings, { ...link, [direction]: { ...link[direction], ...faults } });
  });
}

function change(node: TestNode, next: (settings: FaultSettings) => FaultSettings): TakeBack {
  const before = node.faults;
  node.applyFaults(next(before));
  return () => {
    node.applyFaults(before);
  };
}

// The last first: each puts back what it found.
function all(undos: readonly TakeBack[]): TakeBack {
  return () => {
    for (const undo of [...undos].reverse()) undo();
  };
}
