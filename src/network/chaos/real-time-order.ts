/** An acknowledged transaction: from when to when its client waited, and the block that has it. */
export interface Placed {
  readonly transactionId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly block: number;
}

/**
 * What of a chain does not respect time, in words: a transaction that was begun after another's commit was confirmed stands in a
 * later block. With one order at all peers, and every valid transaction judged against the state before it, that makes a
 * ledger strictly serializable.
 */
export function tooEarly(placed: readonly Placed[]): readonly string[] {
  const byStart = placed.toSorted((a, b) => a.startMs - b.startMs);
  const byEnd = placed.toSorted((a, b) => a.endMs - b.endMs);
  const faults: string[] = [];
  // The highest block of all that had ended when the one that is looked at began.
  let highest: Placed | undefined;
  let endedCount = 0;
  for (const each of byStart) {
    for (
      let next = byEnd[endedCount];
      next !== undefined && next.endMs < each.startMs;
      next = byEnd[endedCount]
    ) {
      if (highest === undefined || next.block > highest.block) highest = next;
      endedCount += 1;
    }
    if (highest === undefined || each.block > highest.block) continue;
    faults.push(
      `${each.transactionId}, in block ${each.block}, was begun after ${highest.transactionId}, in block ${highest.block}, was acknowledged`,
    );
  }
  return faults;
}
