import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { Simulator } from "../../../src/sim/index.ts";
import { drawProfile, type FaultClass, type Profile } from "../../../src/sim/faults/profile.ts";

/** Short, so that many seeds can be looked at: what a bug does shows soon where much is going on. */
const CHAOS_MS = 15_000;
/** Which nodes recover from, and which every run has. */
const ALWAYS: readonly FaultClass[] = ["power", "failpoint", "crash", "blackout"];

const simulator = new Simulator();

/** A small network with crashes of all kinds for a short time, and whatever else the seed draws. Throws the first violation. */
export async function runNetwork(seed: number): Promise<void> {
  const { violations } = await simulator.run(seed, { profile: profileOf(seed), cpuMs: () => 0 });
  const [violation] = violations;
  if (violation !== undefined) throw new Error(violation);
}

function profileOf(seed: number): Profile {
  const random = new SeededRandom(seed).child("short");
  const drawn = drawProfile(random);
  return {
    ...drawn,
    orderers: 3,
    organizations: 2,
    peersPerOrganization: 1 + random.below(2),
    joiners: random.below(2),
    consenterChangeMs: undefined,
    quality: { delayMs: 1, jitterMs: random.below(10), loss: 0, duplicate: 0, reorder: 0 },
    classes: [...new Set([...ALWAYS, ...drawn.classes])],
    faultIntervalMs: 700,
    faultMsMax: 3_000,
    chaosMs: CHAOS_MS,
    load: {
      ...drawn.load,
      clients: 4,
      thinkMs: 300,
      replayPercent: 20,
      forgePercent: 10,
      unendorsedPercent: 10,
      retriesMax: 4,
    },
  };
}
