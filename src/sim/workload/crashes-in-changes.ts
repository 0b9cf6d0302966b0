import type { Random } from "../../kernel/ports/random.ts";
import type { NodeName, StepOfNode } from "../contracts.ts";
import { STEPS_OF_CHANGES, type Change } from "../ports/steps-of-changes.ts";

/** Orders a crash at a step of a node, until what is returned is called. */
export type CrashAt = (node: NodeName, point: StepOfNode) => () => void;

/** Crashes that are ordered for one change: what the first leaves of it, the next meets. */
const ORDERED_MAX = 6;

interface Ordered {
  readonly change: Change;
  readonly undos: readonly (() => void)[];
}

/** Crashes of whoever is being changed, at durable steps that such a change takes, for as long as it takes. */
export class CrashesInChanges {
  readonly #crashAt: CrashAt;
  readonly #random: Random;
  readonly #ordered = new Map<NodeName, Ordered>();
  readonly #aims: readonly string[];
  readonly #hasOthers: boolean;

  /** `aims`: steps that are ordered in every change that takes them; `hasOthers`: and others, by chance. */
  constructor(
    crashAt: CrashAt,
    random: Random,
    { aims, hasOthers }: { readonly aims: readonly string[]; readonly hasOthers: boolean },
  ) {
    this.#crashAt = crashAt;
    this.#random = random;
    this.#aims = aims;
    this.#hasOthers = hasOthers;
  }

  /** In place of those for another change of this node. A change that is tried again meets what is left of its own. */
  order(node: NodeName, change: Change): void {
    if (this.#ordered.get(node)?.change === change) return;
    this.callOff(node);
    const count = this.#hasOthers ? 1 + this.#random.below(ORDERED_MAX) : 0;
    const drawn = Array.from({ length: count }, () => this.#drawPoint(change));
    const aimed = this.#aims
      .filter((step) => STEPS_OF_CHANGES[change].includes(step))
      .map((step) => this.#at(step));
    const undos = [...drawn, ...aimed].map((point) => this.#crashAt(node, point));
    this.#ordered.set(node, { change, undos });
  }

  callOff(node: NodeName): void {
    for (const undo of this.#ordered.get(node)?.undos ?? []) undo();
    this.#ordered.delete(node);
  }

  #drawPoint(change: Change): StepOfNode {
    const steps = STEPS_OF_CHANGES[change];
    // No change is without steps.
    const step = steps[this.#random.below(steps.length)] ?? "";
    return this.#at(step);
  }

  #at(step: string): StepOfNode {
    return { step, when: this.#random.below(2) === 0 ? "before" : "after" };
  }
}
