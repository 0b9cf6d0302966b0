import type { Random } from "../kernel/ports/random.ts";
import type { FileChange } from "./unflushed-changes.ts";

/** The unit that a disk writes or does not write: a torn write keeps some of them. */
const SECTOR_BYTES = 512;

/** What a loss of power leaves of a change that was not flushed: all of it, nothing, or, of a write, any set of its sectors. */
export function survivingParts(change: FileChange, random: Random): readonly FileChange[] {
  const fate = random.below(3);
  if (fate === 0) return [];
  if (fate === 1 || change.kind === "truncate") return [change];
  const sectors: FileChange[] = [];
  for (let start = 0; start < change.bytes.length;) {
    const offset = change.offset + start;
    const end = start + SECTOR_BYTES - (offset % SECTOR_BYTES);
    if (random.below(2) === 1) {
      sectors.push({ kind: "write", offset, bytes: change.bytes.subarray(start, end) });
    }
    start = end;
  }
  return sectors;
}
