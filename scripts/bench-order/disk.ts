/** The disk alone: what no orderer on it can pass. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFiles } from "../../src/kernel/adapters/node-files.ts";

export interface DiskFigures {
  readonly flushesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Appends `bytes` and flushes, over and over. */
export async function measureDisk(bytes: number, rounds: number): Promise<DiskFigures> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-bench-disk-"));
  const file = await nodeFiles.open(join(directory, "file"), { create: true });
  const chunk = new Uint8Array(bytes).fill(7);
  const timesMs: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const startMs = performance.now();
      await file.writeAt(round * bytes, chunk);
      await file.sync();
      timesMs.push(performance.now() - startMs);
    }
  } finally {
    await file.close();
    await rm(directory, { recursive: true, force: true });
  }
  const totalMs = timesMs.reduce((sum, ms) => sum + ms, 0);
  timesMs.sort((a, b) => a - b);
  const at = (share: number): number => timesMs[Math.floor(timesMs.length * share)] ?? 0;
  return { flushesPerSecond: (rounds * 1_000) / totalMs, p50Ms: at(0.5), p99Ms: at(0.99) };
}
