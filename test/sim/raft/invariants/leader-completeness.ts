import type { Invariant, Observation } from "../observation.ts";
import { entryIdentity, mustHold } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

/** Raft figure 3, Leader Completeness (TLA+ LeaderCompletenessInv): a leader holds all that earlier terms committed. */
export class LeaderCompleteness implements Invariant {
  readonly name = "leader completeness";
  readonly #committed: CommittedLog;
  readonly #leaders = new Map<number, Observation>();

  constructor(committed: CommittedLog) {
    this.#committed = committed;
  }

  check(observation: Observation): void {
    const isElected = observation.effects.trace.some((event) => event.type === "becameLeader");
    if (isElected) this.#checkFrom(observation, 1);
    if (observation.after.role === "leader") this.#leaders.set(observation.nodeId, observation);
    else this.#leaders.delete(observation.nodeId);
    if (observation.after.commitIndex === observation.before.commitIndex) return;
    for (const leader of this.#leaders.values()) {
      this.#checkFrom(leader, observation.before.commitIndex + 1);
    }
  }

  #checkFrom({ after, entryAt, nodeId }: Observation, firstIndex: number): void {
    // What the log no longer holds is in a snapshot, which is checked where it is installed.
    for (
      let index = Math.max(firstIndex, after.firstIndex);
      index <= this.#committed.lastIndex;
      index += 1
    ) {
      const committed = this.#committed.at(index)!;
      if (committed.committedInTerm >= after.term) continue;
      const entry = entryAt(index);
      mustHold(
        entry !== undefined && entryIdentity(entry) === committed.identity,
        `node ${nodeId}, leader of ${after.term}, lacks entry ${index} committed in ${committed.committedInTerm}`,
      );
    }
  }
}
