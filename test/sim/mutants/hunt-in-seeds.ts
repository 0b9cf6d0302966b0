import type { Catch } from "./mutation.ts";

const LOOSE_ENDS = ["unhandledRejection", "uncaughtException"] as const;

/** The first seed from 1 to `seedsMax` whose run fails, and how. For a thread of its own: whatever nobody awaits counts. */
export async function huntInSeeds(
  seedsMax: number,
  run: (seed: number) => unknown,
): Promise<Catch | undefined> {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    try {
      await Promise.race([run(seed), firstLooseEnd()]);
    } catch (error) {
      const violation = error instanceof Error ? error.message : String(error);
      return { seed, by: `seed ${seed}`, violation };
    } finally {
      for (const event of LOOSE_ENDS) process.removeAllListeners(event);
    }
  }
  return undefined;
}

/** Rejects with the first error that nobody handles. */
function firstLooseEnd(): Promise<never> {
  return new Promise((_, reject) => {
    for (const event of LOOSE_ENDS) process.once(event, reject);
  });
}
