import type { Invariant, Observation } from "../observation.ts";
import { mustHold } from "../observation.ts";

/** Raft figure 3, Leader Append-Only: a leader never deletes or overwrites entries of its log. */
export class LeaderAppendOnly implements Invariant {
  readonly name = "leader append-only";
  // For each leader, the last entry that it handed to its disk while leading.
  readonly #written = new Map<string, number>();

  check({ before, after, effects, nodeId, incarnation }: Observation): void {
    const key = `${nodeId}.${incarnation}`;
    if (before.role !== "leader" || after.role !== "leader" || before.term !== after.term) {
      this.#written.delete(key);
    } else {
      const written = this.#written.get(key) ?? 0;
      const isKept = after.lastIndex >= before.lastIndex;
      const isAppended = effects.append.every((entry) => entry.index > written);
      mustHold(isKept && isAppended, `leader ${nodeId} rewrites its log before ${written}`);
    }
    const last = effects.append.at(-1);
    if (after.role === "leader" && last !== undefined) this.#written.set(key, last.index);
  }
}
