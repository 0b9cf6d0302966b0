import type { Clock } from "../ports/clock.ts";
import type { Files, OpenFile } from "../ports/files.ts";
import type { Meter } from "../ports/meter.ts";

export interface MeteredFilesDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** `files`, whose flushes are counted and timed: what a node does most is wait for the disk. */
export function meteredFiles({ files, clock, meter }: MeteredFilesDeps): Files {
  const flushSeconds = meter.histogram({
    name: "disk_flush_duration",
    help: "Seconds to make a file's content durable.",
  });
  const sync = async (file: OpenFile): Promise<void> => {
    const startMs = clock.monotonicMs();
    await file.sync();
    flushSeconds.observe((clock.monotonicMs() - startMs) / 1000);
  };
  return {
    makeDirectory: (path) => files.makeDirectory(path),
    list: (path) => files.list(path),
    exists: (path) => files.exists(path),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    removeDirectory: (path) => files.removeDirectory(path),
    freeBytes: (path) => files.freeBytes(path),
    syncDirectory: (path) => files.syncDirectory(path),
    open: async (path, options) => {
      const file = await files.open(path, options);
      return {
        size: () => file.size(),
        readAt: (offset, length) => file.readAt(offset, length),
        writeAt: (offset, bytes) => file.writeAt(offset, bytes),
        truncate: (size) => file.truncate(size),
        sync: () => sync(file),
        close: () => file.close(),
      };
    },
  };
}
