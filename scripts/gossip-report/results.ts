import type { Done } from "./workers.ts";
import type { Findings, Task } from "./tasks.ts";

type TaskOf<Kind extends Task["kind"]> = Extract<Task, { readonly kind: Kind }>;

/** What all tasks have found. */
export class Results {
  readonly #done: readonly Done[];

  constructor(done: readonly Done[]) {
    this.#done = done;
  }

  /** The findings of the tasks of a kind, in the order in which they were planned. */
  all<Kind extends keyof Findings>(
    kind: Kind,
    accept: (task: TaskOf<Kind>) => boolean = () => true,
  ): readonly Findings[Kind][] {
    return this.#done
      .filter(({ task }) => task.kind === kind && accept(task as TaskOf<Kind>))
      .map(({ found }) => found as Findings[Kind]);
  }
}

/** The value that a share of all, 0–1, does not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
