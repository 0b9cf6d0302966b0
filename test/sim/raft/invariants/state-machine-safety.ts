import type { Invariant, Observation } from "../observation.ts";
import { entryIdentity, mustHold } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

/** Raft figure 3, State Machine Safety: every node applies the same entries, each once for each start, in order. */
export class StateMachineSafety implements Invariant {
  readonly name = "state machine safety";
  readonly #committed: CommittedLog;
  readonly #applied = new Map<string, number>();

  constructor(committed: CommittedLog) {
    this.#committed = committed;
  }

  check({ event, effects, before, after, nodeId, incarnation }: Observation): void {
    const key = `${nodeId}.${incarnation}`;
    let last = this.#applied.get(key) ?? before.appliedIndex;
    if (event === "snapshotInstalled") last = Math.max(last, after.appliedIndex);
    for (const entry of effects.apply) {
      mustHold(entry.index === last + 1, `node ${nodeId} applies ${entry.index} after ${last}`);
      mustHold(
        this.#committed.at(entry.index)?.identity === entryIdentity(entry),
        `node ${nodeId} applies another entry ${entry.index} than was committed`,
      );
      last = entry.index;
    }
    this.#applied.set(key, last);
  }
}
