import type { OpenFile } from "../kernel/ports/files.ts";
import { Turns } from "./turns.ts";
import { UnflushedChanges, type FileChange } from "./unflushed-changes.ts";

/** A file of which is known what it was when it was last flushed. */
export class TrackedFile {
  /** Where it is, or was at last. */
  path: string;
  /** Its bytes, once it has no name any more; what is written to it from then on leaves no trace. */
  content: Uint8Array | undefined;
  /** Handles that are open. */
  handleCount = 0;
  readonly unflushed: UnflushedChanges = new UnflushedChanges();
  /** Changes come one after the other: what undoes one is read before it. */
  readonly turns: Turns = new Turns();
  #size: number | undefined;
  #doneCount = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Number of the newest change that has come to its end: what a flush that begins now makes durable. */
  get doneCount(): number {
    return this.#doneCount;
  }

  /**
   * Makes `change` by `run`, and keeps what undoes it. Answers false where that would be more than `bytesMax`: then nothing is
   * kept. In its turn only.
   */
  async change(
    handle: OpenFile,
    change: FileChange,
    bytesMax: number,
    run: () => Promise<void>,
  ): Promise<boolean> {
    const isKept = await this.#keep(handle, change, bytesMax);
    try {
      await run();
    } catch (error) {
      // How much of it was done is not known.
      this.#size = undefined;
      throw error;
    } finally {
      this.#doneCount = this.unflushed.count;
    }
    return isKept;
  }

  async #keep(handle: OpenFile, change: FileChange, bytesMax: number): Promise<boolean> {
    const isNothing = change.kind === "write" && change.bytes.length === 0;
    if (isNothing || this.content !== undefined) return true;
    const sizeBefore = (this.#size ??= await handle.size());
    const isWrite = change.kind === "write";
    const newEnd = isWrite ? change.offset + change.bytes.length : change.size;
    this.#size = isWrite ? Math.max(sizeBefore, newEnd) : newEnd;
    const offset = Math.min(isWrite ? change.offset : change.size, sizeBefore);
    const end = isWrite ? Math.min(newEnd, sizeBefore) : sizeBefore;
    if (end - offset + (isWrite ? change.bytes.length : 0) > bytesMax) return false;
    const bytes = end > offset ? await handle.readAt(offset, end - offset) : new Uint8Array(0);
    this.unflushed.add(change, { sizeBefore, offset, bytes });
    return true;
  }
}
