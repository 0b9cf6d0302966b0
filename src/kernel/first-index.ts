/**
 * The smallest index from `from` to below `to` for which `isTrue`, by halving; `to` where there is none. Where it is true for an
 * index it must be true for all above.
 */
export function firstIndexWhere(
  from: number,
  to: number,
  isTrue: (index: number) => boolean,
): number {
  let low = from;
  let high = to;
  // Invariant: false below low, true from high on.
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
