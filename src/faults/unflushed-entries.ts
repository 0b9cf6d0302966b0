import type { Random } from "../kernel/ports/random.ts";
import type { TrackedFile } from "./tracked-file.ts";

interface EntryChange {
  /** Of all changes, from 1 on. */
  readonly number: number;
  readonly path: string;
  readonly before: TrackedFile | undefined;
  readonly after: TrackedFile | undefined;
}

/** Names of files that appeared, went or passed to another file since their directories were last flushed, in their order. */
export class UnflushedEntries {
  #changes: EntryChange[] = [];
  #count = 0;

  /** Number of the newest change. */
  get count(): number {
    return this.#count;
  }

  get pendingCount(): number {
    return this.#changes.length;
  }

  /** Bytes of files that have no name any more. */
  get byteCount(): number {
    return this.#changes.reduce((sum, { before }) => sum + (before?.content?.length ?? 0), 0);
  }

  get directories(): ReadonlySet<string> {
    return new Set(this.#changes.map(({ path }) => parentOf(path)));
  }

  add(path: string, before: TrackedFile | undefined, after: TrackedFile | undefined): void {
    this.#count += 1;
    this.#changes.push({ number: this.#count, path, before, after });
  }

  refersTo(file: TrackedFile): boolean {
    return this.#changes.some(({ before, after }) => before === file || after === file);
  }

  /** What of that directory has numbers up to `through` is durable. */
  flush(directory: string, through: number): void {
    this.#changes = this.#changes.filter(
      ({ path, number }) => number > through || parentOf(path) !== directory,
    );
  }

  /** All that is inside of that directory is gone for good. */
  forgetInside(directory: string): void {
    this.#changes = this.#changes.filter(({ path }) => !isInside(path, directory));
  }

  /** Whose each name is after a loss of power: changes reach a journal in order, so that the first ones of them survive. */
  settle(random: Random): ReadonlyMap<string, TrackedFile | undefined> {
    const owners = new Map<string, TrackedFile | undefined>();
    for (const { path, before } of this.#changes) if (!owners.has(path)) owners.set(path, before);
    const survivorCount = random.below(this.#changes.length + 1);
    for (const { path, after } of this.#changes.slice(0, survivorCount)) owners.set(path, after);
    this.#changes = [];
    return owners;
  }
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

export function isInside(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`);
}
