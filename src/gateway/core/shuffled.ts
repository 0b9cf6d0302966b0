import type { Random } from "../../kernel/ports/random.ts";

/** The items in an order in which every order is equally likely. */
export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const result = [...items];
  // Fisher and Yates.
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    const [a, b] = [result[last] as T, result[other] as T];
    result[last] = b;
    result[other] = a;
  }
  return result;
}
