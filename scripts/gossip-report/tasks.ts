/** What the report measures: tasks of a few seconds each that any process can do, and what each of them finds. */
import { processCpuMs } from "../../src/kernel/adapters/process-time.ts";
import {
  measureCalm,
  type Calm,
  type CalmPlan,
} from "../../test/sim/gossip/scale/measures/calm.ts";
import {
  measureDetection,
  type Detection,
  type DetectionPlan,
} from "../../test/sim/gossip/scale/measures/detection.ts";
import {
  measureHeal,
  measureLevelling,
  measureSplit,
  type Heal,
  type Levelling,
  type PartitionPlan,
  type Split,
} from "../../test/sim/gossip/scale/measures/partition.ts";
import {
  measureSpread,
  type Spread,
  type SpreadPlan,
} from "../../test/sim/gossip/scale/measures/spread.ts";
import {
  measureTurmoil,
  type Turmoil,
  type TurmoilPlan,
} from "../../test/sim/gossip/scale/measures/turmoil.ts";
import { stallFor, type StallOutcome, type StallPlan } from "../../test/sim/gossip/scale/stall.ts";

export type Task =
  | ({ readonly kind: "spread" } & SpreadPlan)
  | ({ readonly kind: "detection" } & DetectionPlan)
  | ({ readonly kind: "heal" } & PartitionPlan)
  | ({ readonly kind: "split" } & PartitionPlan)
  | ({ readonly kind: "levelling" } & PartitionPlan)
  | ({ readonly kind: "turmoil" } & TurmoilPlan)
  | ({ readonly kind: "calm" } & CalmPlan)
  | ({ readonly kind: "stall" } & StallPlan)
  /** One block after another among so many peers, and one death: what the simulation itself costs. */
  | { readonly kind: "cost"; readonly size: number };

export interface Cost {
  readonly cpuSeconds: number;
  readonly mebibytes: number;
}

/** What a task has found, by its kind. */
export interface Findings {
  readonly spread: Spread;
  readonly detection: Detection;
  readonly heal: Heal;
  readonly split: Split;
  readonly levelling: Levelling;
  readonly turmoil: Turmoil;
  readonly calm: Calm;
  readonly stall: StallOutcome;
  readonly cost: Cost;
}

export function perform(task: Task): Findings[Task["kind"]] {
  switch (task.kind) {
    case "spread":
      return measureSpread(task);
    case "detection":
      return measureDetection(task);
    case "heal":
      return measureHeal(task);
    case "split":
      return measureSplit(task);
    case "levelling":
      return measureLevelling(task);
    case "turmoil":
      return measureTurmoil(task);
    case "calm":
      return measureCalm(task);
    case "stall":
      return stallFor(task);
    case "cost":
      return measureCost(task.size);
  }
}

/** Of this whole process: it must have done nothing else. */
function measureCost(size: number): Cost {
  const seeds = [1];
  measureSpread({ size, seeds, lossRate: 0, deadShare: 0, isLoadWanted: false });
  measureDetection({ size, seeds, lossRate: 0, isFast: false });
  return {
    cpuSeconds: processCpuMs() / 1_000,
    mebibytes: process.resourceUsage().maxRSS / 1_024,
  };
}
