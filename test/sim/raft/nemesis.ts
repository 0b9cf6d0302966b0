import type { Random } from "../../../src/kernel/ports/random.ts";
import type { SimNetwork } from "./network.ts";
import type { SimNode } from "./sim-node.ts";

/** Brings one fault, or the end of some, upon the cluster at a time. */
export class Nemesis {
  readonly #random: Random;
  readonly #network: SimNetwork;
  readonly #nodes: readonly SimNode[];
  readonly #faults: readonly (() => void)[];
  readonly #later: (run: () => void) => void;

  /** `later` runs an action after some time. */
  constructor(
    random: Random,
    network: SimNetwork,
    nodes: readonly SimNode[],
    later: (run: () => void) => void,
  ) {
    this.#later = later;
    this.#random = random;
    this.#network = network;
    this.#nodes = nodes;
    this.#faults = [
      () => {
        this.#any().crash();
      },
      () => {
        this.#leaderOrAny().crash();
      },
      () => {
        for (const node of nodes) node.crash();
      },
      () => {
        this.#any().start();
      },
      () => {
        this.#isolate(this.#leaderOrAny());
      },
      () => {
        this.#split();
      },
      () => {
        this.#cutInbound(this.#any());
      },
      () => {
        network.cut(this.#any().id, this.#any().id);
      },
      // More often than the others, or a group would soon be cut and stopped for good.
      ...Array.from({ length: 4 }, () => (): void => {
        network.reconnect();
        for (const node of nodes) node.start();
      }),
      () => {
        this.#leaderOrAny().stallDisk(500 + random.below(5_000));
      },
      () => {
        this.#leaderOrAny().step({ type: "transfer", to: this.#any().id });
      },
      () => {
        this.#any().step({ type: "campaign" });
      },
      () => {
        this.#leaderOrAny().step({ type: "unreachable", id: this.#any().id });
      },
      () => {
        this.#any().step({ type: "forgetLeader" });
      },
      () => {
        this.#leaveOneFollower(this.#leaderOrAny());
      },
    ];
  }

  strike(): void {
    this.#faults[this.#random.below(this.#faults.length)]!();
  }

  #any(): SimNode {
    return this.#nodes[this.#random.below(this.#nodes.length)]!;
  }

  #leaderOrAny(): SimNode {
    return this.#nodes.find((node) => node.status?.role === "leader") ?? this.#any();
  }

  #isolate(node: SimNode): void {
    for (const other of this.#nodes) {
      this.#network.cut(node.id, other.id);
      this.#network.cut(other.id, node.id);
    }
  }

  // What the leader appends now is on two nodes at most when it crashes.
  #leaveOneFollower(leader: SimNode): void {
    const follower = this.#any();
    for (const other of this.#nodes) {
      if (other !== follower) this.#network.cut(leader.id, other.id);
    }
    this.#later(() => {
      leader.crash();
    });
  }

  #cutInbound(node: SimNode): void {
    for (const other of this.#nodes) this.#network.cut(other.id, node.id);
  }

  #split(): void {
    const side = new Set(
      this.#nodes.filter(() => this.#random.below(2) === 0).map((node) => node.id),
    );
    for (const a of this.#nodes) {
      for (const b of this.#nodes) {
        if (side.has(a.id) !== side.has(b.id)) this.#network.cut(a.id, b.id);
      }
    }
  }
}
