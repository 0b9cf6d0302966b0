import type { Hunt } from "./mutation.ts";

interface HuntPlan {
  /** The program that runs in a thread of its own with the bug in it, in this folder. */
  readonly program: string;
  /** Within how many seeds a bug must be caught. Scripts have none. */
  readonly seedsMax: number;
  /** `npm test` plants one bug in so many. */
  readonly sampled: number;
}

/** What bugs are hunted with; docs/TESTING.md says what runs. */
export const HUNTS: Readonly<Record<Hunt, HuntPlan>> = {
  script: { program: "hunt.ts", seedsMax: 0, sampled: 4 },
  group: { program: "hunt.ts", seedsMax: 20, sampled: 4 },
  membership: { program: "hunt.ts", seedsMax: 120, sampled: 2 },
  log: { program: "hunt.ts", seedsMax: 60, sampled: 3 },
  ledger: { program: "ledger-hunt.ts", seedsMax: 60, sampled: 5 },
  orderers: { program: "orderers-hunt.ts", seedsMax: 40, sampled: 5 },
  gossip: { program: "gossip-hunt.ts", seedsMax: 150, sampled: 6 },
  delivery: { program: "delivery-hunt.ts", seedsMax: 100, sampled: 4 },
  network: { program: "network-hunt.ts", seedsMax: 150, sampled: 5 },
};
