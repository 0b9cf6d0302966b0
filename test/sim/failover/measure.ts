import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { ELECTION_TIMEOUT_MS, Group } from "./group.ts";

/** A group that takes longer than this many election timeouts counts as one that does not come back. */
const TIMEOUTS_MAX = 60;

export interface FailoverSetting {
  readonly nodeCount: number;
  readonly lossPercent: number;
  /** The transport of the others notices that the leader's connections are gone, as when a process dies and its machine lives. */
  readonly isNoticed: boolean;
}

/** Times in election timeouts. */
export interface FailoverFigures extends FailoverSetting {
  readonly seeds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Of the slowest. */
  readonly slowestSeed: number;
}

/**
 * Kills the leader at a random moment; time until the next commit of an entry that is offered after the kill, in election
 * timeouts. Throws when the group does not come back, or when a safety property is violated.
 */
export function failoverOf(seed: number, setting: FailoverSetting): number {
  const group = new Group({ seed, ...setting });
  try {
    const random = new SeededRandom(seed).child("kill");
    group.node(1 + random.below(setting.nodeCount)).step({ type: "campaign" });
    const hasLeader = (): boolean => group.leader !== undefined;
    group.until(hasLeader, TIMEOUTS_MAX);
    group.runFor(ELECTION_TIMEOUT_MS / 2 + random.below(ELECTION_TIMEOUT_MS));
    // At high loss there may be nobody for a moment.
    group.until(hasLeader, TIMEOUTS_MAX);
    const { leader } = group;
    if (leader === undefined) throw new Error("there is no leader to kill");
    leader.crash();
    if (setting.isNoticed) group.reportUnreachable(leader.id);
    const took = group.nextCommit(TIMEOUTS_MAX);
    if (took === undefined) throw new Error(`no commit within ${TIMEOUTS_MAX} election timeouts`);
    return took;
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`seed ${seed}, ${JSON.stringify(setting)}: ${what}`, { cause: error });
  }
}

/** Seeds 1 to `seeds` of one setting. `onSeed` is told of each. */
export function measureFailover(
  setting: FailoverSetting,
  seeds: number,
  onSeed: (seed: number) => void = () => undefined,
): FailoverFigures {
  const times: { readonly seed: number; readonly took: number }[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    times.push({ seed, took: failoverOf(seed, setting) });
    onSeed(seed);
  }
  times.sort((a, b) => a.took - b.took);
  const at = (share: number): number => times[Math.floor(seeds * share)]?.took ?? 0;
  const slowest = times.at(-1);
  return {
    ...setting,
    seeds,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    max: slowest?.took ?? 0,
    slowestSeed: slowest?.seed ?? 0,
  };
}
