import type { Files, OpenFile } from "../kernel/ports/files.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { sleep } from "../kernel/sleep.ts";
import { DiskFault } from "./errors.ts";
import type { Faults } from "./faults.ts";

export interface FaultyFilesDeps {
  readonly files: Files;
  readonly faults: Faults;
  readonly timers: Timers;
  readonly random: Random;
  /** Told of a flush that fails by an injected fault. */
  readonly onLostFlush?: (path: string) => void;
}

const CHANCE_STEPS = 1_000_000;

/** `files` of a disk that is slow, full, failing or rotten when it is told to be. */
export function faultyFiles(deps: FaultyFilesDeps): Files {
  const { files, faults } = deps;
  return {
    makeDirectory: (path) => files.makeDirectory(path),
    list: (path) => files.list(path),
    exists: (path) => files.exists(path),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    removeDirectory: (path) => files.removeDirectory(path),
    freeBytes: (path) => (faults.disk.full ? Promise.resolve(0) : files.freeBytes(path)),
    syncDirectory: (path) => flush(deps, path, () => files.syncDirectory(path)),
    open: async (path, options) => faultyFile(deps, path, await files.open(path, options)),
  };
}

function faultyFile(deps: FaultyFilesDeps, path: string, file: OpenFile): OpenFile {
  return {
    size: () => file.size(),
    readAt: async (offset, length) => rotten(deps, await file.readAt(offset, length)),
    writeAt: async (offset, bytes) => {
      if (deps.faults.disk.full) {
        throw new DiskFault("ENOSPC", `no space left on device for ${path}, by an injected fault`);
      }
      await file.writeAt(offset, bytes);
    },
    truncate: (size) => file.truncate(size),
    sync: () => flush(deps, path, () => file.sync()),
    close: () => file.close(),
  };
}

async function flush(
  { faults, timers, onLostFlush }: FaultyFilesDeps,
  path: string,
  run: () => Promise<void>,
): Promise<void> {
  const { syncDelayMs } = faults.disk;
  if (syncDelayMs > 0) await sleep(timers, syncDelayMs);
  if (faults.disk.failSync) {
    onLostFlush?.(path);
    throw new DiskFault("EIO", `cannot flush ${path}, by an injected fault`);
  }
  await run();
}

function rotten({ faults, random }: FaultyFilesDeps, bytes: Uint8Array): Uint8Array {
  const { corruptReads } = faults.disk;
  if (corruptReads === 0 || bytes.length === 0) return bytes;
  if (random.below(CHANCE_STEPS) >= corruptReads * CHANCE_STEPS) return bytes;
  const index = random.below(bytes.length);
  bytes[index] = (bytes[index] ?? 0) ^ (1 << random.below(8));
  return bytes;
}
