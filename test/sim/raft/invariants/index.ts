import type { RaftMessage } from "../../../../cluster/raft/index.ts";
import type { DurableState, Invariant, Observation } from "../observation.ts";
import { SimViolation } from "../observation.ts";
import { CommittedIsDurable } from "./committed-is-durable.ts";
import { CommittedLog } from "./committed-log.ts";
import { ConfigurationRules } from "./configuration-rules.ts";
import { DurablePromises } from "./durable-promises.ts";
import { ElectedByMembers } from "./elected-by-members.ts";
import { ElectionSafety } from "./election-safety.ts";
import { LeaderAppendOnly } from "./leader-append-only.ts";
import { LeaderCompleteness } from "./leader-completeness.ts";
import { LogMatching } from "./log-matching.ts";
import { Monotone } from "./monotone.ts";
import { Reads } from "./reads.ts";
import { SingleVote } from "./single-vote.ts";
import { StateMachineSafety } from "./state-machine-safety.ts";

/** Every property, checked after every step. */
export class Invariants {
  readonly committed: CommittedLog;
  readonly reads: Reads;
  readonly #all: readonly Invariant[];
  readonly #singleVote = new SingleVote();
  readonly #durablePromises = new DurablePromises();
  readonly #electedByMembers = new ElectedByMembers();

  /** `voters`: of the configuration that the group begins with. */
  constructor(voters: readonly number[]) {
    this.committed = new CommittedLog(voters);
    this.reads = new Reads(this.committed);
    this.#all = [
      new Monotone(),
      new ElectionSafety(),
      this.#electedByMembers,
      new LeaderAppendOnly(),
      new LogMatching(this.committed),
      new CommittedIsDurable(this.committed),
      new LeaderCompleteness(this.committed),
      new StateMachineSafety(this.committed),
      new ConfigurationRules(this.committed),
      this.reads,
    ];
  }

  /** For each message when it leaves its node, whose disk is `disk`. Throws as `check` does. */
  checkSent(message: RaftMessage, disk: DurableState): void {
    this.#electedByMembers.checkSent(message);
    named(this.#singleVote.name, () => {
      this.#singleVote.checkSent(message);
    });
    named(this.#durablePromises.name, () => {
      this.#durablePromises.checkSent(message, disk);
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
