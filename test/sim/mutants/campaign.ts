import type { Hunter } from "./hunter.ts";
import type { Catch, Mutant } from "./mutation.ts";

export interface Outcome {
  readonly mutant: Mutant;
  readonly caught: Catch | undefined;
}

const HUNTS_AT_ONCE = 2;

/** Plants `mutants`, two at a time, and says of each at once what became of it. The answer is in the order of `mutants`. */
export async function plantAll(
  hunter: Hunter,
  mutants: readonly Mutant[],
  onOutcome: (outcome: Outcome) => void = () => undefined,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < mutants.length; index = next++) {
      const mutant = mutants[index] as Mutant;
      const outcome = { mutant, caught: await hunter.hunt(mutant.edits, mutant.hunt) };
      outcomes[index] = outcome;
      onOutcome(outcome);
    }
  };
  await Promise.all(Array.from({ length: HUNTS_AT_ONCE }, work));
  return outcomes;
}
