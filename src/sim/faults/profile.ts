import type { Random } from "../../kernel/ports/random.ts";
import type { LinkQuality } from "../contracts.ts";
import { LINK_DEFAULT } from "../ports/links.ts";
import type { Load } from "../workload/load.ts";

/** Kinds of trouble that a seed may have or not. */
export const FAULT_CLASSES = [
  "crash",
  "power",
  "blackout",
  "failpoint",
  "pause",
  "lose-disk",
  "isolate",
  "split",
  "one-way",
  "topology",
  "strand",
  "flaky",
  "clog",
  "reset",
  "full-disk",
  "slow-disk",
  "failing-sync",
  "rot",
  "clock",
] as const;

export type FaultClass = (typeof FAULT_CLASSES)[number];

export type AimedState =
  "orderer stands by" | "two nodes believe to lead" | "joiner killed while catching up";

export interface AimedStep {
  readonly role: "orderer" | "peer";
  readonly step: string;
}

export interface Aims {
  readonly steps: readonly AimedStep[];
  readonly state: AimedState | undefined;
}

/** How one run is: its size, its load, and which kinds of trouble it has. Each seed draws its own. */
export interface Profile {
  readonly orderers: number;
  readonly organizations: number;
  readonly peersPerOrganization: number;
  /** Peers that run from the beginning and join the channel during the run. */
  readonly joiners: number;
  /** Of every link without a fault of its own. */
  readonly quality: LinkQuality;
  readonly classes: readonly FaultClass[];
  /** Mean time between two faults. */
  readonly faultIntervalMs: number;
  /** How long a fault lasts at most. */
  readonly faultMsMax: number;
  /** In 1/100: faults that go for the leader. */
  readonly leaderPercent: number;
  readonly chaosMs: number;
  /** Mean time between two changes of the consenters; `undefined`: none. */
  readonly consenterChangeMs: number | undefined;
  /** In 1/100: certificates of nodes that end in the middle of a minute of chaos and are renewed before or after. Default 0. */
  readonly endingPercent?: number;
  /** What the run goes for beside what is drawn. Default: nothing. */
  readonly aims?: Aims;
  readonly load: Load;
}

/** Certificates end after two thirds of it. */
const ENDING_CHAOS_MS_MIN = 60_000;
/** How long the chaos lasts where nobody says otherwise. */
const CHAOS_MS = 60_000;

/**
 * What nothing is drawn for: three orderers, two organisations of two peers, calls of all kinds at about one a second, and
 * now and then a fault of any class. Speeds are measured on it.
 */
export const DEFAULT_PROFILE: Profile = {
  orderers: 3,
  organizations: 2,
  peersPerOrganization: 2,
  joiners: 0,
  quality: LINK_DEFAULT,
  classes: FAULT_CLASSES,
  faultIntervalMs: 10_000,
  faultMsMax: 5_000,
  leaderPercent: 30,
  chaosMs: CHAOS_MS,
  consenterChangeMs: undefined,
  load: {
    clients: 4,
    thinkMs: 3_500,
    burstPercent: 2,
    burstSize: 5,
    accounts: 12,
    hotPercent: 20,
    replayPercent: 5,
    forgePercent: 2,
    unendorsedPercent: 2,
    retriesMax: 1,
  },
};

/**
 * A seed's own world. Whole classes are switched off, each by its own coin: what always happens together hides what only
 * happens alone (swarm testing).
 */
export function drawProfile(random: Random, chaosMs: number = CHAOS_MS): Profile {
  const pick = <T>(...values: readonly T[]): T => pickOf(random, values);
  const classSharePercent = pick(0, 15, 40, 70);
  const size = {
    orderers: pick(3, 3, 3, 5),
    organizations: 2,
    peersPerOrganization: pick(1, 2, 2),
    joiners: pick(0, 0, 1),
  };
  const quality = {
    delayMs: pick(1, 1, 10, 60),
    jitterMs: pick(0, 2, 20, 100),
    loss: pick(0, 0, 0.002),
    duplicate: 0,
    reorder: 0,
  };
  const classes = FAULT_CLASSES.filter(() => random.below(100) < classSharePercent);
  const pace = {
    faultIntervalMs: pick(700, 2_000, 5_000),
    faultMsMax: pick(1_000, 5_000, 15_000),
    leaderPercent: pick(10, 50, 90),
    chaosMs,
    // Most named steps are taken in changes: where crashes are ordered at them, changes are the rule.
    consenterChangeMs: classes.includes("failpoint")
      ? pick(undefined, 4_000, 8_000, 20_000)
      : pick(undefined, undefined, 8_000, 20_000),
  };
  const load = drawLoad(random);
  return {
    ...size,
    quality,
    classes,
    ...pace,
    ...(chaosMs >= ENDING_CHAOS_MS_MIN ? { endingPercent: pick(0, 0, 40) } : {}),
    // What is drawn later leaves what is drawn before as it was.
    load: { ...load, privatePercent: pick(0, 0, 10, 40) },
  };
}

function drawLoad(random: Random): Load {
  const pick = <T>(...values: readonly T[]): T => pickOf(random, values);
  return {
    clients: pick(2, 3, 5),
    thinkMs: pick(500, 1_000, 3_000),
    burstPercent: pick(0, 2, 8),
    burstSize: pick(5, 12),
    accounts: pick(4, 12),
    hotPercent: pick(5, 20, 60),
    replayPercent: pick(0, 5, 20),
    forgePercent: pick(0, 2),
    retriesMax: pick(0, 1, 4),
    unendorsedPercent: pick(0, 3),
  };
}

function pickOf<T>(random: Random, values: readonly T[]): T {
  const value = values[random.below(values.length)];
  // Every list above has a first value.
  return value ?? (values[0] as T);
}
