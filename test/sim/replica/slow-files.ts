import type { Files, OpenFile } from "../../../src/kernel/ports/files.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";
import type { Timers } from "../../../src/kernel/ports/timers.ts";
import { sleep } from "../../../src/kernel/sleep.ts";

export interface SlowFilesOptions {
  readonly delayMsMax: number;
  /** Flushes below this directory say that they flushed and did not. */
  readonly lyingDirectory: string | undefined;
}

/** `files` whose flushes take a random time up to `delayMsMax`, so that others act meanwhile. */
export function slowFiles(
  files: Files,
  timers: Timers,
  random: Random,
  { delayMsMax, lyingDirectory }: SlowFilesOptions,
): Files {
  const slow = (file: OpenFile, isHonest: boolean): OpenFile => ({
    size: () => file.size(),
    readAt: (offset, length) => file.readAt(offset, length),
    writeAt: (offset, bytes) => file.writeAt(offset, bytes),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
    sync: async () => {
      await sleep(timers, random.below(delayMsMax + 1));
      if (isHonest) await file.sync();
    },
  });
  return {
    makeDirectory: (path) => files.makeDirectory(path),
    list: (path) => files.list(path),
    exists: (path) => files.exists(path),
    open: async (path, options) => {
      const isHonest = lyingDirectory === undefined || !path.startsWith(lyingDirectory);
      return slow(await files.open(path, options), isHonest);
    },
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    removeDirectory: (path) => files.removeDirectory(path),
    syncDirectory: (path) => files.syncDirectory(path),
    freeBytes: (path) => files.freeBytes(path),
  };
}
