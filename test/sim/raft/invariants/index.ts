import type { RaftMessage } from "../../../../cluster/raft/index.ts";
import type { Invariant, Observation } from "../observation.ts";
import { SimViolation } from "../observation.ts";
import { CommittedIsDurable } from "./committed-is-durable.ts";
import { CommittedLog } from "./committed-log.ts";
import { ElectionSafety } from "./election-safety.ts";
import { LeaderAppendOnly } from "./leader-append-only.ts";
import { LeaderCompleteness } from "./leader-completeness.ts";
import { LogMatching } from "./log-matching.ts";
import { Monotone } from "./monotone.ts";
import { SingleVote } from "./single-vote.ts";
import { StateMachineSafety } from "./state-machine-safety.ts";

/** Every property, checked after every step. */
export class Invariants {
  readonly committed: CommittedLog = new CommittedLog();
  readonly #all: readonly Invariant[] = [
    new Monotone(),
    new ElectionSafety(),
    new LeaderAppendOnly(),
    new LogMatching(),
    new CommittedIsDurable(this.committed),
    new LeaderCompleteness(this.committed),
    new StateMachineSafety(this.committed),
  ];

  readonly #singleVote = new SingleVote();

  /** For each message when it leaves its node. Throws as `check` does. */
  checkSent(message: RaftMessage): void {
    named(this.#singleVote.name, () => {
      this.#singleVote.checkSent(message);
    });
  }

  /** Throws `SimViolation` naming the property. */
  check(observation: Observation): void {
    named("committed entries agree", () => {
      this.committed.extend(observation);
    });
    for (const invariant of this.#all) {
      named(invariant.name, () => {
        invariant.check(observation);
      });
    }
  }
}

function named(name: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof SimViolation ? new SimViolation(`${name}: ${error.message}`) : error;
  }
}
