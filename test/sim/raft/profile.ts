import type { Random } from "../../../src/kernel/ports/random.ts";

/** How hostile one run is. Each seed draws its own, so that calm and rough runs are both seen. */
export interface Profile {
  /** Voters at the beginning. */
  readonly nodeCount: number;
  /** Nodes that are not members at the beginning. */
  readonly spareCount: number;
  readonly delayMsMax: number;
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  readonly flushMsMax: number;
  readonly applyMsMax: number;
  /** Mean time between two faults. */
  readonly faultIntervalMs: number;
  readonly proposalIntervalMs: number;
  /** Mean time between two changes of the members; `undefined`: none. */
  readonly changeIntervalMs: number | undefined;
  /** Mean time between two snapshots somewhere; `undefined`: none. */
  readonly compactIntervalMs: number | undefined;
  readonly readIntervalMs: number;
  /** Crash right after a step that promised a vote or an acknowledgement, in 1/1000. */
  readonly crashOnPromisePermille: number;
  readonly inflightMessagesMax: number;
  readonly messageBytesMax: number;
  readonly preVote: boolean;
}

export function drawProfile(random: Random): Profile {
  const pick = <T>(...values: readonly T[]): T => values[random.below(values.length)]!;
  return {
    nodeCount: pick(3, 3, 5),
    spareCount: pick(0, 1, 2),
    delayMsMax: pick(5, 50, 400, 1_500),
    lossPercent: pick(0, 5, 20),
    duplicatePercent: pick(0, 10, 30),
    flushMsMax: pick(2, 30, 300),
    applyMsMax: pick(1, 100, 1_000),
    faultIntervalMs: pick(500, 1_500, 4_000),
    proposalIntervalMs: pick(20, 100, 400),
    changeIntervalMs: pick(undefined, 200, 1_000),
    compactIntervalMs: pick(undefined, 100, 1_000),
    readIntervalMs: pick(100, 500),
    crashOnPromisePermille: pick(0, 3, 15),
    inflightMessagesMax: pick(1, 3, 8),
    messageBytesMax: pick(20, 100, 4_096),
    preVote: pick(true, true, false),
  };
}
