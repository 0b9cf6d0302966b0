import { isSameConfiguration } from "../../../../cluster/raft/configuration.ts";
import type { RaftConfiguration } from "../../../../cluster/raft/index.ts";
import type { Invariant, Observation } from "../observation.ts";
import { mustHold } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

/**
 * Thesis §4.1, one change at a time: a log holds at most one change that is not committed, and each node's
 * configuration is what the committed changes that it has applied came to.
 */
export class ConfigurationRules implements Invariant {
  readonly name = "configuration rules";
  readonly #committed: CommittedLog;
  // What was found equal before, which is nearly always asked again.
  readonly #equals = new WeakMap<RaftConfiguration, RaftConfiguration>();

  constructor(committed: CommittedLog) {
    this.#committed = committed;
  }

  check({ after, effects, entryAt, nodeId }: Observation): void {
    const index = after.installingIndex ?? after.appliedIndex;
    mustHold(
      this.#isEqual(after.configuration, this.#committed.configurationAt(index)),
      `node ${nodeId} has applied ${index} but another configuration is in force there`,
    );
    if (effects.append.every((entry) => entry.change === undefined)) return;
    let uncommittedCount = 0;
    for (let at = this.#committed.lastIndex + 1; at <= after.lastIndex; at += 1) {
      if (entryAt(at)?.change !== undefined) uncommittedCount += 1;
    }
    mustHold(uncommittedCount <= 1, `node ${nodeId} holds ${uncommittedCount} uncommitted changes`);
  }

  #isEqual(actual: RaftConfiguration, expected: RaftConfiguration): boolean {
    if (this.#equals.get(actual) === expected) return true;
    if (!isSameConfiguration(actual, expected)) return false;
    this.#equals.set(actual, expected);
    return true;
  }
}
