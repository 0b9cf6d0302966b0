import type { Catch } from "./mutation.ts";

/** The first seed from 1 to `seedsMax` whose run fails, and how. For a thread of its own: whatever nobody awaits counts. */
export async function huntInSeeds(
  seedsMax: number,
  run: (seed: number) => Promise<unknown>,
): Promise<Catch | undefined> {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    try {
      await Promise.race([run(seed), firstUnhandled()]);
    } catch (error) {
      const [violation = "?"] = (error instanceof Error ? error.message : "?").split("\n");
      return { by: `seed ${seed}`, violation };
    } finally {
      process.removeAllListeners("unhandledRejection");
    }
  }
  return undefined;
}

/** Rejects with the first rejection that nobody handles. */
function firstUnhandled(): Promise<never> {
  return new Promise((_, reject) => {
    process.once("unhandledRejection", reject);
  });
}
