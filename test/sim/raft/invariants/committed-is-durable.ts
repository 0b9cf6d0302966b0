import type { RaftConfiguration } from "../../../../cluster/raft/index.ts";
import type { DurableState, Invariant, Observation } from "../observation.ts";
import { entryIdentity, mustHold } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

/**
 * TLA+ CommittedIsDurableInv, QuorumLogInv: what is committed is on the disks of a majority of each half of the
 * configuration in force, at the moment it is committed and after every later write and crash.
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
    const holds = (disk: DurableState | undefined): boolean => {
      if (disk === undefined || index <= disk.snapshot.index) return disk !== undefined;
      const entry = disk.entryAt(index);
      if (entry === undefined || entry === committed.entry) return entry !== undefined;
      return entry.term === committed.term && entryIdentity(entry) === committed.identity;
    };
    const holders = new Set(disks.flatMap((disk, at) => (holds(disk) ? [at + 1] : [])));
    mustHold(
      this.#committed.configurationsInForce.some((members) => hasQuorum(members, holders)),
      `entry ${index} is committed and on the disks of ${[...holders].join(", ")} only`,
    );
  }
}

/** Whether `ids` hold a majority of each half. */
export function hasQuorum(
  { voters, votersOutgoing }: RaftConfiguration,
  ids: ReadonlySet<number>,
): boolean {
  return [voters, votersOutgoing].every((half) => {
    return half.length === 0 || half.filter((id) => ids.has(id)).length * 2 > half.length;
  });
}
