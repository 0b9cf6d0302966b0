/** What is aimed at, for the sizes that there are targets for. Rounds are of 200 ms; times in seconds; all of them for the 99th percentile. */
export interface Targets {
  readonly nearlyAllRounds: number;
  readonly allRounds: number;
  /** With one message in five lost and one peer in ten dead. */
  readonly allRoughRounds: number;
  readonly copies: number;
  readonly deathKnown: number;
  readonly deathKnownFast: number;
  readonly joinKnown: number;
  readonly healed: number;
  /** From the moment that the membership is one until the last peer that lags is being served. */
  readonly levelRounds: number;
}

function targets(
  rounds: readonly [nearlyAll: number, all: number, rough: number, level: number],
  copies: number,
  seconds: readonly [death: number, fast: number, join: number, healed: number],
): Targets {
  const [nearlyAllRounds, allRounds, allRoughRounds, levelRounds] = rounds;
  const [deathKnown, deathKnownFast, joinKnown, healed] = seconds;
  return {
    nearlyAllRounds,
    allRounds,
    allRoughRounds,
    levelRounds,
    copies,
    deathKnown,
    deathKnownFast,
    joinKnown,
    healed,
  };
}

const TARGETS: ReadonlyMap<number, Targets> = new Map([
  [5, targets([2, 3, 4, 4], 2.5, [8, 2, 1, 3])],
  [50, targets([5, 6, 10, 5], 4, [14, 3, 2, 4])],
  [500, targets([7, 8, 14, 6], 4, [18, 4, 2.5, 5])],
  [5_000, targets([8, 9, 16, 6], 4, [22, 6, 3, 8])],
]);

export function targetsFor(size: number): Targets | undefined {
  return TARGETS.get(size);
}

export const FALSE_DEATHS_PER_1000_NODE_HOURS = 1;
export const CPU_SECONDS = 60;
export const MEBIBYTES = 2_048;
/** How much more than the logarithm of the network the cost of a peer may grow, measured noise included. */
export const LOG_GROWTH_SLACK = 1.25;
/** Claims that reach a peer when halves meet, for each member: one is new to everybody. */
export const CLAIMS_PER_MEMBER = 6;
