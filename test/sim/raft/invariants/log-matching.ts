import type { Invariant, Observation } from "../observation.ts";
import { entryIdentity, mustHold } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

interface Link {
  readonly identity: string;
  readonly previousTerm: number;
}

/**
 * Raft figure 3, Log Matching (TLA+ LogMatchingInv): entries with equal index and term are equal, and so is everything
 * before them. It follows by induction if they are equal and the entries right before them have equal terms.
 */
export class LogMatching implements Invariant {
  readonly name = "log matching";
  readonly #links = new Map<string, Link>();
  readonly #committed: CommittedLog;

  constructor(committed: CommittedLog) {
    this.#committed = committed;
  }

  check({ effects, entryAt, nodeId }: Observation): void {
    for (const entry of effects.append) {
      const key = `${entry.index} of term ${entry.term}`;
      const link = {
        identity: entryIdentity(entry),
        // What the log no longer holds was committed.
        previousTerm: (entryAt(entry.index - 1) ?? this.#committed.at(entry.index - 1))?.term ?? 0,
      };
      const other = this.#links.get(key) ?? link;
      mustHold(
        other.identity === link.identity && other.previousTerm === link.previousTerm,
        `node ${nodeId} has another entry ${key}, or another one before it`,
      );
      this.#links.set(key, link);
    }
  }
}
