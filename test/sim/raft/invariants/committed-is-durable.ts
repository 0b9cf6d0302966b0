import type { DurableLog, Invariant, Observation } from "../observation.ts";
import { entryIdentity, mustHold } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

/**
 * TLA+ CommittedIsDurableInv, QuorumLogInv: what is committed is on the disks of a majority, at the moment it is
 * committed and after every later write and crash.
 */
export class CommittedIsDurable implements Invariant {
  readonly name = "committed is durable";
  readonly #committed: CommittedLog;

  constructor(committed: CommittedLog) {
    this.#committed = committed;
  }

  // The last committed entry stands for the earlier ones, by Log Matching.
  check({ disks }: Observation): void {
    const index = this.#committed.lastIndex;
    const committed = this.#committed.at(index);
    if (committed === undefined) return;
    const holds = ({ entries }: DurableLog): boolean => {
      const entry = entries[index - 1];
      return entry?.term === committed.term && entryIdentity(entry) === committed.identity;
    };
    const count = disks.filter(holds).length;
    mustHold(
      count * 2 > disks.length,
      `entry ${index} is committed and on ${count} of ${disks.length} disks`,
    );
  }
}
