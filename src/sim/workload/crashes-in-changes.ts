import type { Random } from "../../kernel/ports/random.ts";
import type { NodeName, StepOfNode } from "../contracts.ts";
import { STEPS_OF_CHANGES, type Change } from "../ports/step-names.ts";

/** Orders a crash at a step of a node, until what is returned is called. */
export type CrashAt = (node: NodeName, point: StepOfNode) => () => void;

/** Crashes that are ordered at once: what the first leaves of a change, the next meets. */
const ORDERED_MAX = 3;

/** Crashes of whoever is being changed, at durable steps that such a change takes, for as long as it takes. */
export class CrashesInChanges {
  readonly #crashAt: CrashAt;
  readonly #random: Random;
  readonly #ordered = new Map<NodeName, readonly (() => void)[]>();

  constructor(crashAt: CrashAt, random: Random) {
    this.#crashAt = crashAt;
    this.#random = random;
  }

  /** In place of those that were ordered for the change before of this node. */
  order(node: NodeName, change: Change): void {
    this.callOff(node);
    const count = 1 + this.#random.below(ORDERED_MAX);
    this.#ordered.set(
      node,
      Array.from({ length: count }, () => this.#crashAt(node, this.#drawPoint(change))),
    );
  }

  callOff(node: NodeName): void {
    for (const undo of this.#ordered.get(node) ?? []) undo();
    this.#ordered.delete(node);
  }

  #drawPoint(change: Change): StepOfNode {
    const steps = STEPS_OF_CHANGES[change];
    // No change is without steps.
    const step = steps[this.#random.below(steps.length)] ?? "";
    return { step, when: this.#random.below(2) === 0 ? "before" : "after" };
  }
}
