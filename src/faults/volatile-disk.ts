import type { Files, OpenFile } from "../kernel/ports/files.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import { errorMessage } from "../kernel/error.ts";
import { SeededRandom } from "../kernel/seeded-random.ts";
import type { DiskStep } from "./disk-step.ts";
import { DiskFault } from "./errors.ts";
import type { PowerLoss } from "./fault-settings.ts";
import type { Faults } from "./faults.ts";
import { UNFLUSHED_BYTES_MAX, UNFLUSHED_CHANGES_MAX } from "./limits.ts";
import { restoreDisk } from "./restore-disk.ts";
import { stepName } from "./step-names.ts";
import type { TrackedFile } from "./tracked-file.ts";
import { Turns } from "./turns.ts";
import { UndoLog, type Leaver } from "./undo-log.ts";
import { parentOf } from "./unflushed-entries.ts";
import type { FileChange } from "./unflushed-changes.ts";

export interface VolatileDiskDeps {
  readonly files: Files;
  /** Tells at which steps the process is to die. */
  readonly faults: Faults;
  readonly logger: Logger;
  /** Ends the process at once. */
  readonly end: () => void;
}

export interface VolatileDiskOptions {
  /** What becomes of changes to a disk that is cut off: whoever waits for them waits for ever, or is told. Default "waits". */
  readonly whenCut?: "waits" | "fails";
  /** Default `UNFLUSHED_BYTES_MAX`. */
  readonly bytesMax?: number;
  /** Default `UNFLUSHED_CHANGES_MAX`. */
  readonly changesMax?: number;
}

/**
 * A disk that can be made to forget, and a process that can be made to die in the middle of what it does to it: what was changed
 * and not flushed since the process began is kept with what undoes it, and each change is a step that has a name.
 *
 * Invariant: once it is cut off nothing more is changed, but by the loss of power itself.
 */
export class VolatileDisk {
  /** Those of `deps`, watched. */
  readonly files: Files;
  readonly #deps: VolatileDiskDeps;
  readonly #options: Required<VolatileDiskOptions>;
  readonly #log = new UndoLog();
  /** Names change one after the other: what a name was is read before it changes. */
  readonly #turns = new Turns();
  readonly #underWay = new Set<Promise<unknown>>();
  #isCut = false;
  #ending: Promise<void> | undefined;
  #earlyFlushCount = 0;

  constructor(deps: VolatileDiskDeps, options: VolatileDiskOptions = {}) {
    this.#deps = deps;
    this.#options = {
      whenCut: "waits",
      bytesMax: UNFLUSHED_BYTES_MAX,
      changesMax: UNFLUSHED_CHANGES_MAX,
      ...options,
    };
    const { files } = deps;
    this.files = {
      list: (path) => files.list(path),
      exists: (path) => files.exists(path),
      freeBytes: (path) => files.freeBytes(path),
      makeDirectory: (path) => this.take("makeDirectory", path, () => files.makeDirectory(path)),
      open: (path, { create }) => (create ? this.#create(path) : this.#open(path)),
      rename: (from, to) => this.#rename(from, to),
      remove: (path) => this.#remove(path),
      removeDirectory: (path) => this.#removeDirectory(path),
      syncDirectory: (path) => this.#syncDirectory(path),
    };
  }

  /** Nothing is changed any more: the process is about to die. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** The process dies, and with `powerLoss` the disk loses what was not flushed. Nothing is changed from the call on. */
  crash(powerLoss?: PowerLoss): Promise<void> {
    return (this.#ending ??= this.#die(powerLoss));
  }

  /** A flush of the file at `path` has failed: what was written to it stays visible, and a loss of power takes it. */
  loseFlush(path: string): void {
    const file = this.#log.fileAt(path);
    file.unflushed.failFlush(file.doneCount);
    this.#log.release(file);
  }

  /** Does one step, unless the process dies before it; and answers, unless it dies after it. */
  async take<T>(step: DiskStep, path: string, run: () => Promise<T>): Promise<T> {
    if (this.#isOver() || this.#diesAt("before", step, path)) return this.#nevermore();
    const result = await this.#doing(run());
    if (this.#isOver() || this.#diesAt("after", step, path)) return this.#nevermore();
    return result;
  }

  async #die(powerLoss: PowerLoss | undefined): Promise<void> {
    this.#isCut = true;
    if (powerLoss !== undefined) await this.#losePower(powerLoss);
    this.#deps.end();
  }

  #diesAt(moment: "before" | "after", step: DiskStep, path: string): boolean {
    const { failpoints } = this.#deps.faults;
    if (failpoints.length === 0) return false;
    const name = stepName(step, path);
    const found = failpoints.find((each) => each.step === name && each.moment === moment);
    if (found === undefined) return false;
    this.#deps.logger.warn("dies at a failpoint", { step: found.step, moment });
    void this.crash(found.powerLoss);
    return true;
  }

  // May come to hold wherever something is waited for.
  #isOver(): boolean {
    return this.#isCut;
  }

  async #doing<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  #nevermore(): Promise<never> {
    if (this.#options.whenCut === "waits") return new Promise(() => undefined);
    return Promise.reject(new DiskFault("EIO", "the disk is cut off, by an injected fault"));
  }

  // What is under way when the power goes was not told to anybody: it counts as not flushed, and ends first.
  async #losePower({ seed }: PowerLoss): Promise<void> {
    const { files, logger } = this.#deps;
    await Promise.allSettled([...this.#underWay]);
    const { changeCount, byteCount, dirty } = this.#log;
    logger.warn("the power goes", {
      seed,
      unflushedChanges: changeCount,
      unflushedBytes: byteCount,
      unflushedFiles: dirty.length,
      earlyFlushes: this.#earlyFlushCount,
    });
    try {
      await restoreDisk(files, this.#log, new SeededRandom(seed));
    } catch (error) {
      logger.error("the loss of power was not simulated to its end", {
        error: errorMessage(error),
      });
    }
  }

  async #open(path: string): Promise<OpenFile> {
    return this.#watched(path, await this.#deps.files.open(path, { create: false }));
  }

  #create(path: string): Promise<OpenFile> {
    return this.#turns.take(async () => {
      const { files } = this.#deps;
      if (await files.exists(path)) return this.#open(path);
      return this.take("create", path, async () => {
        const handle = await files.open(path, { create: true });
        this.#log.created(path);
        return this.#watched(path, handle);
      });
    });
  }

  #watched(path: string, handle: OpenFile): OpenFile {
    const file = this.#log.fileAt(path);
    file.handleCount += 1;
    let isClosed = false;
    return {
      size: () => handle.size(),
      readAt: (offset, length) => handle.readAt(offset, length),
      writeAt: (offset, bytes) =>
        // Whoever writes may use the bytes for something else once they are written.
        this.#change(file, handle, { kind: "write", offset, bytes: bytes.slice() }, () =>
          handle.writeAt(offset, bytes),
        ),
      truncate: (size) =>
        this.#change(file, handle, { kind: "truncate", size }, () => handle.truncate(size)),
      sync: () => this.#sync(file, handle),
      close: async () => {
        await handle.close();
        if (isClosed) return;
        isClosed = true;
        file.handleCount -= 1;
        this.#log.release(file);
      },
    };
  }

  async #change(
    file: TrackedFile,
    handle: OpenFile,
    change: FileChange,
    run: () => Promise<void>,
  ): Promise<void> {
    const step = change.kind === "write" ? "write" : "truncate";
    const { bytesMax } = this.#options;
    await file.turns.take(() =>
      this.take(step, file.path, async () => {
        if (await file.change(handle, change, bytesMax, run)) return;
        await handle.sync();
        file.unflushed.forget();
        this.#earlyFlushCount += 1;
      }),
    );
    if (this.#isOverfull()) await this.#flushAll();
  }

  #sync(file: TrackedFile, handle: OpenFile): Promise<void> {
    const through = file.doneCount;
    return this.take("sync", file.path, async () => {
      try {
        await handle.sync();
      } catch (error) {
        file.unflushed.failFlush(through);
        throw error;
      }
      if (!this.#isCut) file.unflushed.flush(through);
    });
  }

  #rename(from: string, to: string): Promise<void> {
    return this.#turns.take(() =>
      this.take("rename", to, async () => {
        const displaced = await this.#leaver(to);
        await this.#deps.files.rename(from, to);
        if (displaced === "too large") this.#log.forget(to);
        this.#log.renamed(from, to, displaced === "too large" ? undefined : displaced);
        if (displaced === "too large") await this.#flushDirectory(parentOf(to));
      }),
    );
  }

  #remove(path: string): Promise<void> {
    return this.#turns.take(() =>
      this.take("remove", path, async () => {
        const leaver = await this.#leaver(path);
        await this.#deps.files.remove(path);
        if (leaver === undefined) return;
        if (leaver !== "too large") {
          this.#log.removed(leaver);
          return;
        }
        this.#log.forget(path);
        await this.#flushDirectory(parentOf(path));
      }),
    );
  }

  #removeDirectory(path: string): Promise<void> {
    return this.#turns.take(() =>
      this.take("syncDirectory", path, async () => {
        await this.#deps.files.removeDirectory(path);
        this.#log.removedDirectory(path);
      }),
    );
  }

  #syncDirectory(path: string): Promise<void> {
    const through = this.#log.entries.count;
    return this.take("syncDirectory", path, async () => {
      await this.#deps.files.syncDirectory(path);
      if (!this.#isCut) this.#log.flushedDirectory(path, through);
    });
  }

  /** The file that has this name, with its bytes unless these are too many to be kept. */
  async #leaver(path: string): Promise<Leaver | "too large" | undefined> {
    const { files } = this.#deps;
    if (!(await files.exists(path))) return undefined;
    const handle = await files.open(path, { create: false });
    try {
      const size = await handle.size();
      if (size > this.#options.bytesMax) return "too large";
      return { file: this.#log.fileAt(path), content: await handle.readAt(0, size) };
    } finally {
      await handle.close();
    }
  }

  #isOverfull(): boolean {
    const { bytesMax, changesMax } = this.#options;
    return this.#log.byteCount > bytesMax || this.#log.changeCount > changesMax;
  }

  // A disk may flush whenever it likes.
  async #flushAll(): Promise<void> {
    if (this.#isOver()) return this.#nevermore();
    this.#earlyFlushCount += 1;
    await this.#doing(this.#flushEverything());
    if (this.#isOver()) return this.#nevermore();
  }

  async #flushEverything(): Promise<void> {
    for (const file of this.#log.dirty) {
      const through = file.doneCount;
      const handle = await this.#deps.files.open(file.path, { create: false });
      await handle.sync().finally(() => handle.close());
      file.unflushed.forget(through);
    }
    for (const directory of this.#log.entries.directories) await this.#flushDirectory(directory);
  }

  async #flushDirectory(directory: string): Promise<void> {
    const through = this.#log.entries.count;
    await this.#deps.files.syncDirectory(directory);
    this.#log.flushedDirectory(directory, through);
  }
}
