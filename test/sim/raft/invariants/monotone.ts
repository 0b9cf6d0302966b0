import type { Invariant, Observation } from "../observation.ts";
import { mustHold } from "../observation.ts";

/** Raft figure 2: term, commit index and applied index never fall while a node runs. */
export class Monotone implements Invariant {
  readonly name = "monotone";

  check({ before, after, nodeId }: Observation): void {
    for (const field of ["term", "commitIndex", "appliedIndex"] as const) {
      mustHold(
        after[field] >= before[field],
        `${field} of node ${nodeId} falls from ${before[field]} to ${after[field]}`,
      );
    }
    mustHold(
      after.appliedIndex <= after.commitIndex && after.commitIndex <= after.lastIndex,
      `node ${nodeId} has applied ${after.appliedIndex}, committed ${after.commitIndex} of ${after.lastIndex}`,
    );
  }
}
