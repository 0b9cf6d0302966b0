import type { Observation } from "../observation.ts";
import { entryIdentity, mustHold } from "../observation.ts";

interface CommittedEntry {
  readonly identity: string;
  readonly term: number;
  /** The leader's term in which it was committed first, at the latest. */
  readonly committedInTerm: number;
}

/** What any node ever regarded as committed: the history that nobody may contradict. */
export class CommittedLog {
  readonly #entries: CommittedEntry[] = [];

  get lastIndex(): number {
    return this.#entries.length;
  }

  at(index: number): CommittedEntry | undefined {
    return this.#entries[index - 1];
  }

  /** Adds what the observed node commits, and compares what was committed elsewhere before. */
  extend({ before, after, entryAt, nodeId }: Observation): void {
    for (let index = before.commitIndex + 1; index <= after.commitIndex; index += 1) {
      const entry = entryAt(index);
      mustHold(entry !== undefined, `node ${nodeId} commits entry ${index} that it does not hold`);
      const identity = entryIdentity(entry);
      const known = this.at(index);
      if (known === undefined) {
        this.#entries.push({ identity, term: entry.term, committedInTerm: after.term });
      } else {
        const what = `node ${nodeId} commits ${identity} at ${index}, elsewhere ${known.identity}`;
        mustHold(known.identity === identity, what);
      }
    }
  }
}
