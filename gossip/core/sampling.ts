import type { Random } from "../../src/kernel/ports/random.ts";

/** Draws per element wanted before all are looked at. */
const DRAWS_PER_ELEMENT = 6;

/** Up to `count` different elements of `items` in random order, all subsets equally likely. `items` is left as it is. */
export function sample<T>(items: readonly T[], count: number, random: Random): readonly T[] {
  return sampleWhere(items, count, random, () => true);
}

/**
 * Up to `count` different elements that `accept` takes, in random order, all subsets equally likely. Looks at all of `items` only where few
 * of them are taken: among many peers a handful must not cost a pass over all.
 */
export function sampleWhere<T>(
  items: readonly T[],
  count: number,
  random: Random,
  accept: (item: T) => boolean,
): readonly T[] {
  const taken: T[] = [];
  if (items.length > count * DRAWS_PER_ELEMENT) {
    for (let draw = 0; draw < count * DRAWS_PER_ELEMENT && taken.length < count; draw += 1) {
      const item = items[random.below(items.length)] as T;
      if (!taken.includes(item) && accept(item)) taken.push(item);
    }
    if (taken.length === count) return taken;
  }
  const rest = items.filter((item) => !taken.includes(item) && accept(item));
  while (taken.length < count && rest.length > 0) {
    const index = random.below(rest.length);
    taken.push(rest[index] as T);
    rest[index] = rest[rest.length - 1] as T;
    rest.pop();
  }
  return taken;
}

/** A number that others cannot guess, as the wire carries it: an unsigned 64-bit integer in decimal. */
export function newNonce(random: Random): string {
  return ((BigInt(random.uint32()) << 32n) | BigInt(random.uint32())).toString();
}
