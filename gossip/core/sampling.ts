import type { Random } from "../../src/kernel/ports/random.ts";

/** Up to `count` different elements of `items` in random order, all subsets equally likely. `items` is left as it is. */
export function sample<T>(items: readonly T[], count: number, random: Random): readonly T[] {
  const rest = [...items];
  const taken: T[] = [];
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
