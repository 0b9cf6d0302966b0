import type { RaftConfiguration } from "./configuration.ts";
import { ascending, membersOf } from "./configuration.ts";
import type { JointVoters } from "./quorum.ts";

/** A configuration as the rules ask for it. Immutable: a change makes another one. */
export class Membership implements JointVoters {
  readonly configuration: RaftConfiguration;
  readonly voters: ReadonlySet<number>;
  readonly votersOutgoing: ReadonlySet<number>;
  /** Ascending. */
  readonly members: readonly number[];
  /** Voters of either half, ascending. */
  readonly electorate: readonly number[];
  readonly #learners: ReadonlySet<number>;

  constructor(configuration: RaftConfiguration) {
    this.configuration = configuration;
    this.voters = new Set(configuration.voters);
    this.votersOutgoing = new Set(configuration.votersOutgoing);
    this.members = membersOf(configuration);
    this.electorate = ascending([...configuration.voters, ...configuration.votersOutgoing]);
    this.#learners = new Set(configuration.learners);
  }

  isMember(id: number): boolean {
    return this.isVoter(id) || this.isLearner(id);
  }

  /** In either half of the configuration. */
  isVoter(id: number): boolean {
    return this.voters.has(id) || this.votersOutgoing.has(id);
  }

  isLearner(id: number): boolean {
    return this.#learners.has(id);
  }

  /** Whether `id` decides alone. */
  isSoleVoter(id: number): boolean {
    return this.electorate.length === 1 && this.isVoter(id);
  }
}
