import { initialSnapshot } from "../../../../cluster/raft/index.ts";
import type { Entry, RaftConfiguration, Snapshot } from "../../../../cluster/raft/index.ts";
import { isSameConfiguration } from "../../../../cluster/raft/configuration.ts";
import { changeConfiguration } from "../../../../cluster/raft/conf-changer.ts";
import type { Observation } from "../observation.ts";
import { entryIdentity, mustHold } from "../observation.ts";

interface CommittedEntry {
  readonly entry: Entry;
  readonly identity: string;
  readonly term: number;
  /** The leader's term in which it was committed first, at the latest. */
  readonly committedInTerm: number;
  /** After it and everything before it. */
  readonly configuration: RaftConfiguration;
}

/** What any node ever regarded as committed: the history that nobody may contradict. */
export class CommittedLog {
  readonly #entries: CommittedEntry[] = [];
  readonly #initial: RaftConfiguration;
  #previous: RaftConfiguration;

  constructor(voters: readonly number[]) {
    this.#initial = initialSnapshot(voters).configuration;
    this.#previous = this.#initial;
  }

  get lastIndex(): number {
    return this.#entries.length;
  }

  at(index: number): CommittedEntry | undefined {
    return this.#entries[index - 1];
  }

  configurationAt(index: number): RaftConfiguration {
    return this.at(index)?.configuration ?? this.#initial;
  }

  /** After the last committed change, and before it: one of them is in force at the leader. */
  get configurationsInForce(): readonly RaftConfiguration[] {
    return [this.configurationAt(this.lastIndex), this.#previous];
  }

  /** Adds what the observed node commits, and compares what was committed elsewhere before. */
  extend({ before, after, entryAt, effects, nodeId }: Observation): void {
    if (effects.installSnapshot !== undefined) this.#checkSnapshot(effects.installSnapshot, nodeId);
    for (let index = before.commitIndex + 1; index <= after.commitIndex; index += 1) {
      const entry = entryAt(index);
      if (entry === undefined && index <= after.snapshotIndex) continue;
      mustHold(entry !== undefined, `node ${nodeId} commits entry ${index} that it does not hold`);
      this.#add(index, entry, after.term, nodeId);
    }
  }

  #add(index: number, entry: Entry, term: number, nodeId: number): void {
    const identity = entryIdentity(entry);
    const known = this.at(index);
    if (known !== undefined) {
      const what = `node ${nodeId} commits ${identity} at ${index}, elsewhere ${known.identity}`;
      mustHold(known.identity === identity, what);
      return;
    }
    const configuration = this.#changed(entry);
    this.#entries.push({ entry, identity, term: entry.term, committedInTerm: term, configuration });
  }

  #changed(entry: Entry): RaftConfiguration {
    const current = this.configurationAt(this.lastIndex);
    if (entry.change === undefined) return current;
    const result = changeConfiguration(current, entry.change);
    mustHold(result.ok, `a change that is impossible was committed at ${entry.index}`);
    this.#previous = current;
    return result.configuration;
  }

  // R14: a snapshot stands for what is committed, and names the configuration that it led to.
  #checkSnapshot({ index, term, configuration }: Snapshot, nodeId: number): void {
    const known = this.at(index);
    mustHold(
      known?.term === term,
      `node ${nodeId} installs a snapshot of other entries at ${index}`,
    );
    mustHold(
      isSameConfiguration(known.configuration, configuration),
      `node ${nodeId} installs another configuration at ${index}`,
    );
  }
}
