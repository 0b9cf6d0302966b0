import { PRINCIPAL_SET_COMPARISONS_MAX } from "./limits.ts";

/** Numbers in ascending order, repeats included. */
export type Multiset = readonly number[];

/**
 * The sets that contain no other of them, in the given order. The sets must differ from each other, so that only a
 * smaller one can be contained.
 */
export function minimalMultisets(sets: readonly Multiset[]): readonly Multiset[] {
  const bySize = sets.toSorted((a, b) => a.length - b.length);
  const kept: Multiset[] = [];
  const dropped = new Set<Multiset>();
  let comparisonsLeft = PRINCIPAL_SET_COMPARISONS_MAX;
  for (const candidate of bySize) {
    for (const smaller of kept) {
      if (smaller.length >= candidate.length || comparisonsLeft <= 0) break;
      comparisonsLeft -= smaller.length;
      if (!isContained(smaller, candidate)) continue;
      dropped.add(candidate);
      break;
    }
    if (!dropped.has(candidate)) kept.push(candidate);
  }
  return sets.filter((set) => !dropped.has(set));
}

function isContained(part: Multiset, whole: Multiset): boolean {
  let position = 0;
  for (const element of part) {
    while (position < whole.length && (whole[position] ?? element) < element) position += 1;
    if (whole[position] !== element) return false;
    position += 1;
  }
  return true;
}
