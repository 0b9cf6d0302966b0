import { TrackedFile } from "./tracked-file.ts";
import { isInside, UnflushedEntries } from "./unflushed-entries.ts";

/** A file that is to lose its name, and its bytes. */
export interface Leaver {
  readonly file: TrackedFile;
  readonly content: Uint8Array;
}

/** What of a node's files is not durable, and what would undo it. */
export class UndoLog {
  readonly entries: UnflushedEntries = new UnflushedEntries();
  /** By their names: those that are open or not durable, in content or in name. */
  readonly #files = new Map<string, TrackedFile>();

  get byteCount(): number {
    let count = this.entries.byteCount;
    for (const { unflushed } of this.#files.values()) count += unflushed.byteCount;
    return count;
  }

  get changeCount(): number {
    let count = this.entries.pendingCount;
    for (const { unflushed } of this.#files.values()) count += unflushed.pendingCount;
    return count;
  }

  /** Those whose content is not durable. */
  get dirty(): readonly TrackedFile[] {
    return [...this.#files.values()].filter(({ unflushed }) => !unflushed.isEmpty);
  }

  fileAt(path: string): TrackedFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const file = new TrackedFile(path);
    this.#files.set(path, file);
    return file;
  }

  created(path: string): void {
    this.entries.add(path, undefined, this.fileAt(path));
  }

  removed({ file, content }: Leaver): void {
    this.#leave({ file, content });
    this.entries.add(file.path, file, undefined);
  }

  /** `displaced` had the name before. */
  renamed(from: string, to: string, displaced: Leaver | undefined): void {
    const file = this.fileAt(from);
    if (displaced !== undefined) this.#leave(displaced);
    this.entries.add(to, displaced?.file, file);
    this.entries.add(from, file, undefined);
    this.#files.delete(from);
    this.#files.set(to, file);
    file.path = to;
  }

  /** What of that directory has changed up to the change of that number is durable. */
  flushedDirectory(directory: string, through: number): void {
    this.entries.flush(directory, through);
    for (const file of [...this.#files.values()]) this.release(file);
  }

  /** All that is inside of that directory is gone for good. */
  removedDirectory(directory: string): void {
    this.entries.forgetInside(directory);
    for (const path of [...this.#files.keys()]) if (isInside(path, directory)) this.forget(path);
  }

  /** The file of that name is gone for good. */
  forget(path: string): void {
    const file = this.#files.get(path);
    if (file !== undefined) this.#leave({ file, content: new Uint8Array(0) });
  }

  /** Forgets a file that is durable and that nobody has open. */
  release(file: TrackedFile): void {
    if (file.handleCount > 0 || !file.unflushed.isEmpty || this.entries.refersTo(file)) return;
    if (this.#files.get(file.path) === file) this.#files.delete(file.path);
  }

  #leave({ file, content }: Leaver): void {
    file.content = content;
    this.#files.delete(file.path);
  }
}
