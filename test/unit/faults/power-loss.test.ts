/** An orderer's log on a real disk that loses its power. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WriteAheadLog, type RecoveredLog } from "../../../cluster/replica/index.ts";
import { Faults, VolatileDisk } from "../../../src/faults/index.ts";
import { nodeFiles } from "../../../src/kernel/adapters/node-files.ts";
import { utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import type { Files } from "../../../src/kernel/ports/files.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { withoutFlushes } from "./without-flushes.ts";

const SEEDS = Array.from({ length: 12 }, (_, seed) => seed);
const SEGMENT_BYTES = 64 * 512;

let scratch: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "heddle-power-"));
});

afterEach(async () => {
  await rm(scratch, { recursive: true, force: true });
});

function open(
  files: Files,
  directory: string,
): Promise<{ log: WriteAheadLog; recovered: RecoveredLog }> {
  const options = { directory, owner: "ch/1", segmentBytes: SEGMENT_BYTES };
  return WriteAheadLog.open({ files, logger: silentLogger }, options);
}

/** Acknowledges some entries, takes the power while the next are being written, and answers what both sides know then. */
async function losePower(
  seed: number,
  given: (files: Files) => Files,
): Promise<{ readonly acknowledged: readonly string[]; readonly left: readonly string[] }> {
  const directory = join(scratch, String(seed));
  const end = (): void => undefined;
  const deps = { files: nodeFiles, faults: new Faults(), logger: silentLogger, end };
  const disk = new VolatileDisk(deps, { whenCut: "fails" });
  const { log } = await open(given(disk.files), directory);
  const acknowledged: string[] = [];
  const append = async (index: number): Promise<void> => {
    const data = utf8(`entry ${index}`);
    const hardState = { term: 1, votedFor: 1, commit: index - 1 };
    await log.append({ hardState, entries: [{ type: "normal", term: 1, index, data }] });
    acknowledged.push(`entry ${index}`);
  };
  for (let index = 1; index <= 5; index += 1) await append(index);
  const late = [6, 7].map((index) => append(index).catch(() => undefined));
  await disk.crash({ seed });
  await Promise.all(late);
  await log.close().catch(() => undefined);
  const again = await open(nodeFiles, directory);
  await again.log.close();
  return { acknowledged, left: again.recovered.entries.map(({ data }) => utf8Decode(data)) };
}

test("a log keeps all that it has acknowledged", async () => {
  for (const seed of SEEDS) {
    const { acknowledged, left } = await losePower(seed, (files) => files);
    expect(acknowledged.length).toBeGreaterThanOrEqual(5);
    expect(left.slice(0, acknowledged.length)).toEqual(acknowledged);
  }
});

test("a log that leaves its flushes out is found to lose what it has acknowledged", async () => {
  const losers: number[] = [];
  for (const seed of SEEDS) {
    const found = await losePower(seed, withoutFlushes).catch(() => undefined);
    const isKept = found?.acknowledged.every((entry, index) => found.left[index] === entry);
    if (isKept !== true) losers.push(seed);
  }
  expect(losers.length).toBeGreaterThan(SEEDS.length / 2);
});
