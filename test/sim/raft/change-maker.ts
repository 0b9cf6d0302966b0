import type { ConfChangeOp } from "../../../cluster/raft/index.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";
import type { SimNode } from "./sim-node.ts";

const OP_TYPES = ["addVoter", "addVoter", "addLearner", "remove"] as const;
const VOTERS_MIN = 2;

/** Proposes changes of the members: one at a time or several, with and without a joint configuration to be left by hand. */
export class ChangeMaker {
  readonly #random: Random;
  readonly #nodeCount: number;
  #proposedCount = 0;

  constructor(random: Random, nodeCount: number) {
    this.#random = random;
    this.#nodeCount = nodeCount;
  }

  propose(leader: SimNode): void {
    const { status } = leader;
    if (status === undefined) return;
    this.#proposedCount += 1;
    const name = `change ${this.#proposedCount}`;
    const { voters, votersOutgoing } = status.configuration;
    if (votersOutgoing.length > 0) {
      leader.change("auto", [], name);
      return;
    }
    const ops = Array.from({ length: 1 + this.#random.below(3) }, () => this.#op());
    const left = voters.filter((id) => !ops.some((op) => op.id === id && op.type !== "addVoter"));
    // With fewer, most of the run would be without a majority.
    if (left.length < VOTERS_MIN) return;
    const transition = (["auto", "auto", "implicit", "explicit"] as const)[this.#random.below(4)]!;
    leader.change(transition, ops, name);
  }

  #op(): ConfChangeOp {
    const type = OP_TYPES[this.#random.below(OP_TYPES.length)]!;
    return { type, id: 1 + this.#random.below(this.#nodeCount) };
  }
}
