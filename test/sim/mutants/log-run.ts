import { WriteAheadLog } from "../../../cluster/replica/write-ahead-log.ts";
import type { LogBatch } from "../../../cluster/replica/write-ahead-log.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";

const ROUND_COUNT = 10;
const BATCHES_PER_ROUND_MAX = 8;
const OPTIONS = { directory: "/log", owner: "1 of ch1", segmentBytes: 2_048 };

/** Power goes in the middle of writing, again and again. Throws if a log loses what it acknowledged, or mixes its batches up. */
export async function runLog(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const files = new SimulatedFiles({ random });
  let batches: LogBatch[] = [];
  let acknowledgedCount = 0;
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    const { log, recovered } = await WriteAheadLog.open({ files, logger: silentLogger }, OPTIONS);
    const found = textOf(recovered);
    let kept = batches.length;
    while (kept >= acknowledgedCount && contentOf(batches.slice(0, kept)) !== found) kept -= 1;
    if (kept < acknowledgedCount) throw new Error("the log holds another content than was written");
    batches = batches.slice(0, kept);
    let isUp = true;
    const writes: Promise<void>[] = [];
    for (let count = 1 + random.below(BATCHES_PER_ROUND_MAX); count > 0; count -= 1) {
      batches.push(nextBatch(batches, random));
      const position = batches.length;
      const written = (): void => {
        if (isUp) acknowledgedCount = Math.max(acknowledgedCount, position);
      };
      writes.push(log.append(batches[position - 1]!).then(written));
      for (let wait = random.below(12); wait > 0; wait -= 1) await Promise.resolve();
    }
    isUp = false;
    files.faults.crashNow();
    // The dead process ends before the next one starts.
    await Promise.allSettled(writes);
    files.powerLoss();
  }
}

function nextBatch(batches: readonly LogBatch[], random: SeededRandom): LogBatch {
  const term = batches.length + 1;
  const lastIndex = replay(batches).entries.length;
  const index = Math.max(lastIndex + 1 - random.below(3), 1);
  const entries = Array.from({ length: random.below(3) }, (_, position) => {
    const data = new Uint8Array(random.below(300)).fill(term);
    return { index: index + position, term, type: "normal", data } as const;
  });
  return { hardState: { term, votedFor: 1 + random.below(3), commit: 0 }, entries };
}

type Content = Pick<LogBatch, "hardState" | "entries">;

function replay(batches: readonly LogBatch[]): Content {
  let entries: LogBatch["entries"] = [];
  for (const batch of batches) {
    const first = batch.entries[0]?.index ?? Number.POSITIVE_INFINITY;
    entries = [...entries.filter(({ index }) => index < first), ...batch.entries];
  }
  return { hardState: batches.at(-1)?.hardState, entries };
}

function contentOf(batches: readonly LogBatch[]): string {
  return textOf(replay(batches));
}

function textOf({ hardState, entries }: Content): string {
  const state = `${hardState?.term ?? 0} ${hardState?.votedFor ?? 0}`;
  return [state, ...entries.map(({ index, term, data }) => `${index} ${term} ${data.join()}`)].join(
    "\n",
  );
}
