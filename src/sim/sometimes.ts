/** States that random runs should reach at some time: a campaign that never does has not tested what lies behind them. */

/** Every state that is counted. */
export const SOMETIMES_STATES = [
  "fault: crash",
  "fault: pause",
  "fault: lose-disk",
  "fault: cut",
  "fault: link",
  "fault: reset",
  "fault: full",
  "fault: failing-sync",
  "fault: slow",
  "fault: rot",
  "fault: clock",
  "fault: failpoint",
  "fault: strand",
  "burst of calls",
  "transaction was valid",
  "transaction got code 11",
  "transaction was refused",
  "fate of a transaction was unknown",
  "retry after an unknown end was taken",
  "replay was answered as ordered",
  "forged envelope was refused",
  "remove: acknowledged",
  "remove: refused",
  "add: acknowledged",
  "join: acknowledged",
  "leader changed",
  "no leader",
  "two candidates in a term",
  "two nodes believe to lead",
  "consenter is out",
  "leader changed while a consenter was out",
  "minority of orderers up",
  "all orderers down",
  "all peers down",
  "orderer behind by 10 blocks",
  "peer behind by 10 blocks",
  "peer ahead of an orderer",
  "peer level again after 10 blocks",
  "organisation without a peer",
  "peers see different members",
  "node started a third time",
  "node began with an empty disk",
  "block with several transactions",
  "unknown turned out committed",
  "unknown turned out absent",
] as const;

export type SometimesState = (typeof SOMETIMES_STATES)[number];

const KNOWN: ReadonlySet<string> = new Set(SOMETIMES_STATES);

/** How often each state was reached; of one run, or of a campaign. */
export class Sometimes {
  readonly #counts = new Map<string, number>();

  /** A state that is not listed is counted too: it is shown, and never missed. */
  reach(state: string, count = 1): void {
    this.#counts.set(state, (this.#counts.get(state) ?? 0) + count);
  }

  /** Adds the counts of another run. */
  add(counts: Readonly<Record<string, number>>): void {
    for (const [state, count] of Object.entries(counts)) this.reach(state, count);
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Listed states that were never reached. */
  missed(): readonly SometimesState[] {
    return SOMETIMES_STATES.filter((state) => !this.#counts.has(state));
  }

  /** Listed states that were reached. */
  reachedCount(): number {
    return [...this.#counts.keys()].filter((state) => KNOWN.has(state)).length;
  }
}
