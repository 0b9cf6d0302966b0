/** States that random runs should reach at some time: a campaign that never does has not tested what lies behind them. */

import { FAILPOINTS } from "../faults/index.ts";

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
  "fault: step",
  "fault: strand",
  "burst of calls",
  "transaction was valid",
  "transaction got code 11",
  "transaction was refused",
  "fate of a transaction was unknown",
  "retry after an unknown end was taken",
  "replay was answered as ordered",
  "forged envelope was refused",
  "unendorsed transaction was ordered",
  "call with a certificate that had ended: refused",
  "peer runs with a certificate that has ended",
  "leader signs with a certificate that has ended",
  "process did not start with a certificate that had ended",
  "server was left for its certificate",
  "certificate was renewed in time",
  "certificate was renewed after its end",
  "remove: acknowledged",
  "remove: refused",
  "remove: unknown",
  "add: unknown",
  "renew: acknowledged",
  "renew: unknown",
  "join: unknown",
  "removed orderer lost nothing",
  "removed orderer lost the channel",
  "removed orderer lost its disk",
  "orderer was replaced",
  "leader was taken out",
  "consenters changed while an orderer was down",
  "voters change",
  "leader changed during a configuration change",
  "consenter's vote counts for nobody else",
  "orderer without the channel",
  "orderer follows and does not order",
  "orderer stands by",
  "orderer has no room and orders nothing",
  "log was compacted",
  "orderer behind what the leader's log holds",
  "earlier leader leads again",
  "third orderer leads",
  "leader died",
  "leader lost its power",
  "leader was paused",
  "leader's disk went bad",
  "leader's clock went wrong",
  "process died while it started",
  "process could not start",
  "two faults at once",
  "five faults at once",
  "cut mended between unequal heights",
  "peer sees nobody",
  "peer suspects another",
  "peer doubts its own hearing",
  "peer waits for room on its disk",
  "peer has blocks ahead of a gap",
  "peer has not joined yet",
  "joiner killed while catching up",
  "joiner level with the others",
  "nobody delivers for an organisation",
  "two peers deliver for an organisation",
  "duplicate over a leader change",
  "block with five transactions",
  "block with valid and invalid transactions",
  "configuration came into force",
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
  "private value was kept",
  "private value was lost",
  "unknown turned out committed",
  "unknown turned out absent",
] as const;

/** A process crashed at a step that is named: counted too, and missed where it never happened. */
export function failpointState(role: keyof typeof FAILPOINTS, step: string): string {
  return `crash of ${role === "peer" ? "a peer" : "an orderer"}: ${step}`;
}

/** Every named step of every role at which a crash can be ordered. */
export const FAILPOINT_STATES: readonly string[] = (["orderer", "peer"] as const).flatMap((role) =>
  FAILPOINTS[role].map((step) => failpointState(role, step)),
);

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

  /** Failpoints that never fired. */
  missedFailpoints(): readonly string[] {
    return FAILPOINT_STATES.filter((state) => !this.#counts.has(state));
  }

  /** Listed states that were reached. */
  reachedCount(): number {
    return [...this.#counts.keys()].filter((state) => KNOWN.has(state)).length;
  }
}
