import { parentOf, survivingParts, type DiskStep, type FileChange } from "../../faults/index.ts";
import type { Files, OpenFile } from "../../kernel/ports/files.ts";
import type { Random } from "../../kernel/ports/random.ts";
import { FaultPlan, SimulatedDiskError } from "./fault-plan.ts";
import { keptBytes, SimulatedInode } from "./simulated-inode.ts";

/** A directory entry that appeared (`inode`) or disappeared (undefined) and is not yet synced. */
interface EntryChange {
  readonly path: string;
  readonly inode: SimulatedInode | undefined;
}

export interface SimulatedFilesOptions {
  /** Decides what a power loss keeps of the changes that were not synced. */
  readonly random: Random;
  readonly faults?: FaultPlan;
  /** Bytes of all files together; a write beyond it rejects with ENOSPC. Default: no bound. */
  readonly capacityBytes?: number;
}

/** The `Files` port in memory, with the port's crash semantics: `powerLoss` keeps what was synced, and some of the rest. */
export class SimulatedFiles implements Files {
  readonly faults: FaultPlan;
  capacityBytes: number;
  /** Called before a folder goes that has files in it. */
  onFolderRemoved: (path: string) => void = () => undefined;
  readonly #random: Random;
  readonly #directories = new Set<string>(["/"]);
  #entries = new Map<string, SimulatedInode>();
  #durableEntries = new Map<string, SimulatedInode>();
  #pendingEntries: EntryChange[] = [];

  constructor(options: SimulatedFilesOptions) {
    this.#random = options.random;
    this.faults = options.faults ?? new FaultPlan();
    this.capacityBytes = options.capacityBytes ?? Number.MAX_SAFE_INTEGER;
  }

  /** The machine goes dark and comes back: open files are gone, changes that were not synced survive by chance. */
  powerLoss(): void {
    const kept = new Map(this.#durableEntries);
    // Entries reach the disk in order within a journal: a prefix of them survives.
    const entryCount = this.#random.below(this.#pendingEntries.length + 1);
    for (const change of this.#pendingEntries.slice(0, entryCount)) setEntry(kept, change);
    this.#entries = kept;
    this.#durableEntries = new Map(kept);
    this.#pendingEntries = [];
    const survivors = (change: FileChange): readonly FileChange[] =>
      survivingParts(change, this.#random);
    for (const inode of new Set(kept.values())) inode.settle(survivors);
    this.faults.restart();
  }

  /** Takes over what is durable on `other`, in place of everything here. */
  copyFrom(other: SimulatedFiles): void {
    this.#entries = new Map();
    for (const [path, inode] of other.#durableEntries) this.#entries.set(path, inode.clone());
    this.#durableEntries = new Map(this.#entries);
    this.#pendingEntries = [];
    for (const directory of other.#directories) this.#directories.add(directory);
  }

  /** Everything is gone. */
  erase(): void {
    this.#entries = new Map();
    this.#durableEntries = new Map();
    this.#pendingEntries = [];
    this.#directories.clear();
    this.#directories.add("/");
  }

  /** Paths of all files, sorted. */
  paths(): readonly string[] {
    return [...this.#entries.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  /** The bytes of a file as a process sees them; for tests that look at or spoil the disk. */
  contentOf(path: string): Uint8Array {
    return this.#inode(path).read();
  }

  /** Rot: replaces a file's bytes behind everyone's back, durably. */
  overwrite(path: string, content: Uint8Array): void {
    this.#inode(path).replace(content);
  }

  makeDirectory(path: string): Promise<void> {
    return this.#step("makeDirectory", path, () => {
      for (let made = path; made !== "/"; made = parentOf(made)) this.#directories.add(made);
    });
  }

  list(path: string): Promise<readonly string[]> {
    return this.#read(() => {
      const prefix = `${path}/`;
      const names = new Set<string>();
      for (const full of [...this.#entries.keys(), ...this.#directories]) {
        if (full.startsWith(prefix)) names.add(full.slice(prefix.length).split("/", 1).join());
      }
      return [...names].sort((a, b) => (a < b ? -1 : 1));
    });
  }

  exists(path: string): Promise<boolean> {
    return this.#read(() => this.#entries.has(path) || this.#directories.has(path));
  }

  open(path: string, options: { readonly create: boolean }): Promise<OpenFile> {
    if (this.#entries.has(path)) return this.#read(() => this.#handle(path, this.#inode(path)));
    if (!options.create) return this.#read(() => this.#handle(path, this.#inode(path)));
    if (!this.#directories.has(parentOf(path))) {
      return Promise.reject(new SimulatedDiskError("ENOENT", `no directory for ${path}`));
    }
    return this.#step("create", path, () => {
      const inode = new SimulatedInode();
      this.#change({ path, inode });
      return this.#handle(path, inode);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#step("rename", to, () => {
      const inode = this.#inode(from);
      this.#change({ path: to, inode });
      this.#change({ path: from, inode: undefined });
    });
  }

  remove(path: string): Promise<void> {
    return this.#step("remove", path, () => {
      if (this.#entries.has(path)) this.#change({ path, inode: undefined });
    });
  }

  async removeDirectory(path: string): Promise<void> {
    const isInside = (each: string): boolean => each.startsWith(`${path}/`);
    if (this.paths().some(isInside)) this.onFolderRemoved(path);
    for (const each of [...this.#entries.keys()].filter(isInside)) await this.remove(each);
    await this.#step("syncDirectory", path, () => {
      for (const each of [...this.#durableEntries.keys()].filter(isInside))
        this.#durableEntries.delete(each);
      this.#pendingEntries = this.#pendingEntries.filter((change) => !isInside(change.path));
      for (const each of [...this.#directories])
        if (each === path || isInside(each)) this.#directories.delete(each);
    });
  }

  syncDirectory(path: string): Promise<void> {
    return this.#step("syncDirectory", path, () => {
      const later: EntryChange[] = [];
      for (const change of this.#pendingEntries) {
        if (parentOf(change.path) === path) setEntry(this.#durableEntries, change);
        else later.push(change);
      }
      this.#pendingEntries = later;
    });
  }

  freeBytes(): Promise<number> {
    return this.#read(() => {
      let used = 0;
      for (const inode of new Set(this.#entries.values())) used += inode.size;
      return Math.max(0, this.capacityBytes - used);
    });
  }

  #handle(path: string, inode: SimulatedInode): OpenFile {
    let isClosed = false;
    const use = (): void => {
      if (isClosed) throw new SimulatedDiskError("EBADF", "the file is closed");
    };
    return {
      size: () => this.#read(() => (use(), inode.size)),
      readAt: (offset, length) => this.#read(() => (use(), inode.read(offset, offset + length))),
      writeAt: (offset, bytes) =>
        this.#step("write", path, () => {
          use();
          this.#reserve(inode, offset + bytes.length);
          inode.apply({ kind: "write", offset, bytes: keptBytes(bytes) });
        }),
      truncate: (size) =>
        this.#step("truncate", path, () => {
          use();
          inode.apply({ kind: "truncate", size });
        }),
      sync: () =>
        this.#step(
          "sync",
          path,
          () => {
            use();
            inode.sync();
          },
          () => {
            inode.failSync();
          },
        ),
      close: () => {
        isClosed = true;
        return Promise.resolve();
      },
    };
  }

  #reserve(inode: SimulatedInode, end: number): void {
    if (this.capacityBytes === Number.MAX_SAFE_INTEGER) return;
    let total = Math.max(0, end - inode.size);
    for (const each of new Set(this.#entries.values())) total += each.size;
    if (total > this.capacityBytes) {
      throw new SimulatedDiskError("ENOSPC", "no space left on the simulated disk");
    }
  }

  #change(change: EntryChange): void {
    setEntry(this.#entries, change);
    this.#pendingEntries.push(change);
  }

  #inode(path: string): SimulatedInode {
    const inode = this.#entries.get(path);
    if (inode === undefined) throw new SimulatedDiskError("ENOENT", `no such file: ${path}`);
    return inode;
  }

  // Executors run at the call and reject on what they throw, as the real port's calls do.
  #read<T>(run: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.faults.checkAlive();
      resolve(run());
    });
  }

  #step<T>(
    step: DiskStep,
    path: string,
    run: () => T,
    onFailure: () => void = () => undefined,
  ): Promise<T> {
    return new Promise((resolve) => {
      let fate: ReturnType<FaultPlan["take"]>;
      try {
        fate = this.faults.take(step, path);
      } catch (error) {
        onFailure();
        throw error;
      }
      // The power may go before or after the change reached the drive.
      const isLost = fate === "crash" ? this.#random.below(2) === 0 : fate === "crash before";
      if (isLost) this.faults.checkAlive();
      const result = run();
      this.faults.checkAlive();
      resolve(result);
    });
  }
}

function setEntry(entries: Map<string, SimulatedInode>, change: EntryChange): void {
  if (change.inode === undefined) entries.delete(change.path);
  else entries.set(change.path, change.inode);
}
