import type { Invariant, Observation } from "../observation.ts";
import { mustHold } from "../observation.ts";

/** Raft figure 3, Election Safety (TLA+ ElectionSafetyInv): at most one leader in a term, ever, across restarts. */
export class ElectionSafety implements Invariant {
  readonly name = "election safety";
  readonly #leaders = new Map<number, string>();

  check({ effects, nodeId, incarnation }: Observation): void {
    const leader = `node ${nodeId} start ${incarnation}`;
    for (const event of effects.trace) {
      if (event.type !== "becameLeader") continue;
      const other = this.#leaders.get(event.term);
      mustHold(other === undefined, `term ${event.term} has two leaders: ${other} and ${leader}`);
      this.#leaders.set(event.term, leader);
    }
  }
}
