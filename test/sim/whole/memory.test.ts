import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { DEFAULT_PROFILE, Simulator, type Profile } from "../../../src/sim/index.ts";

/** Crashes, so that processes die with calls that they serve. */
const PROFILE: Profile = {
  ...DEFAULT_PROFILE,
  classes: ["crash", "power"],
  faultIntervalMs: 500,
  faultMsMax: 1_000,
  chaosMs: 4_000,
};
const RUNS = 6;
const GROWTH_MEBIBYTES_MAX = 4;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Of what is alive, buffers included. */
async function mebibytesHeld(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

test("a world that is over keeps no memory", { timeout: 300_000 }, async () => {
  const simulator = new Simulator();
  const run = async (seed: number): Promise<void> => {
    const { violations } = await simulator.run(seed, { profile: PROFILE, cpuMs: () => 0 });
    expect(violations).toEqual([]);
  };
  // What is made once, code and caches among it.
  for (let seed = 1; seed <= 4; seed += 1) await run(seed);
  const before = await mebibytesHeld();
  for (let seed = 5; seed < 5 + RUNS; seed += 1) await run(seed);
  expect((await mebibytesHeld()) - before).toBeLessThan(RUNS * GROWTH_MEBIBYTES_MAX);
});
