/** Named courses of faults. Pure: who leads is known only when a step is taken. */
import type { Failpoint } from "../../faults/index.ts";
import { ORDERER_COUNT_MIN, SHAPE_TEXTS, SHAPES, type Shape } from "./shapes.ts";
import {
  LEADER,
  node,
  type Fault,
  type MemberChange,
  type NetworkNames,
  type Step,
  type Target,
} from "./steps.ts";

export interface Scenario {
  /** What happens, in a line. */
  readonly about: string;
  readonly ordererCountMin: number;
  readonly steps: (names: NetworkNames) => readonly Step[];
}

const HOLD_MS = 8_000;
const FLAPS = 5;
const SLOW_FLUSH_MS = 300;
/** Longer than any fault is held. */
const STALLED_FLUSH_MS = 30_000;
const DAY_MS = 86_400_000;

const FIRST_PEER = { kind: "first-peer" } as const;
const FOLLOWER = { kind: "follower" } as const;

/** Each takes a minute or less, without the checks after it. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "leader-kill": one("the leader's process is killed and started again", {
    kind: "kill",
    target: LEADER,
  }),
  "leader-pause": one("the leader's process stops where it is", { kind: "pause", target: LEADER }),
  "leader-hunting": repeated("each new leader is killed", { kind: "kill", target: LEADER }),
  "rolling-restart": {
    about: "every node is killed and started again, one after the other",
    ordererCountMin: 1,
    steps: ({ orderers, peers }) =>
      [...orderers, ...peers].map((name) => ({
        waitMs: 2_000,
        fault: { kind: "kill", target: node(name) },
        holdMs: 500,
      })),
  },
  "orderers-down": one("all orderers are killed", { kind: "outage", role: "orderers" }),
  "peers-down": one("all peers are killed", { kind: "outage", role: "peers" }),
  "peer-kill": one("a peer is killed", { kind: "kill", target: FIRST_PEER }),
  "peer-pause": one("a peer's process stops where it is", { kind: "pause", target: FIRST_PEER }),
  "power-loss": {
    about:
      "the power goes at the leader, at all orderers at once, at a peer and at all peers at once",
    ordererCountMin: 1,
    steps: () =>
      [
        { kind: "power-loss", target: LEADER, seed: 1 } as const,
        { kind: "blackout", role: "orderers", seed: 2 } as const,
        { kind: "power-loss", target: FIRST_PEER, seed: 3 } as const,
        { kind: "blackout", role: "peers", seed: 4 } as const,
      ].map((fault) => ({ waitMs: 2_500, fault, holdMs: 1_500 })),
  },
  failpoints: {
    about:
      "the leader, a follower and a peer die in the middle of what they write, some without power",
    ordererCountMin: 1,
    steps: () => [
      crash(LEADER, { step: "log segment written", moment: "after", powerLoss: { seed: 5 } }),
      crash(LEADER, { step: "log segment flushed", moment: "after" }),
      crash(FOLLOWER, { step: "block file written", moment: "after", powerLoss: { seed: 6 } }),
      crash(LEADER, { step: "block file flushed", moment: "before" }),
      crash(FIRST_PEER, { step: "block file written", moment: "after", powerLoss: { seed: 7 } }),
      crash(FIRST_PEER, { step: "state batch written", moment: "before" }),
    ],
  },
  "minority-partition": {
    about: "a follower is alone, then the leader",
    ordererCountMin: 3,
    steps: () => [
      ...once({ kind: "isolate", target: FOLLOWER }),
      ...once({ kind: "isolate", target: LEADER }),
    ],
  },
  "one-way-partition": one("what the leader sends is lost", { kind: "mute", target: LEADER }, 3),
  ...Object.fromEntries(SHAPES.map((shape) => [nameOf(shape), ofShape(shape)])),
  constrained: one(
    "only one with an old log reaches a majority: Raft cannot elect, and nothing may be lost",
    { kind: "constrained" },
    5,
  ),
  flapping: repeated("the leader is cut off again and again", { kind: "isolate", target: LEADER }),
  resets: repeated("all connections of the leader break", { kind: "reset", target: LEADER }),
  "lossy-leader": one("the leader loses one message in a hundred", {
    kind: "degrade",
    target: LEADER,
    loss: 0.01,
    delayMs: 0,
  }),
  "slow-leader": one("what the leader sends and receives comes 100 ms late", {
    kind: "degrade",
    target: LEADER,
    loss: 0,
    delayMs: 100,
  }),
  members: {
    about: "peers and an orderer are added and removed while others are killed and cut off",
    ordererCountMin: 3,
    // The last peer stays until the ledgers have been compared.
    steps: () => [
      change("add", "peer", { kind: "isolate", target: LEADER }),
      change("add", "orderer", { kind: "kill", target: LEADER }),
      change("remove", "peer", { kind: "kill", target: FIRST_PEER }),
      change("add", "peer", { kind: "kill", target: FIRST_PEER }),
      change("remove", "orderer", { kind: "isolate", target: LEADER }),
    ],
  },
  jumbled: {
    about: "a third of a peer's and of the leader's messages come twice, and a third are overtaken",
    ordererCountMin: 1,
    steps: () =>
      [FIRST_PEER, LEADER].map((target) => ({
        waitMs: 2_000,
        fault: { kind: "jumble", target, share: 1 / 3 },
        holdMs: 5_000,
      })),
  },
  "peers-split": one("half the peers do not reach the others", { kind: "peers-split" }),
  "peers-cut-off": one("half the peers reach no orderer", { kind: "peers-cut-off" }),
  "slow-disk": one("the leader's flushes are slow", {
    kind: "slow-disk",
    target: LEADER,
    delayMs: SLOW_FLUSH_MS,
  }),
  "stalled-disk": one("the leader's disk stalls", {
    kind: "slow-disk",
    target: LEADER,
    delayMs: STALLED_FLUSH_MS,
  }),
  "disk-full": one("the leader's disk is full", { kind: "disk-full", target: LEADER }),
  "failing-disk": one("the leader's flushes fail; it is restarted when they work again", {
    kind: "fail-disk",
    target: LEADER,
  }),
  "clock-jump": one("the leader's time of day is a day ahead", {
    kind: "clock",
    target: LEADER,
    offsetMs: DAY_MS,
  }),
};

function once(fault: Fault): readonly Step[] {
  return [{ waitMs: 3_000, fault, holdMs: HOLD_MS }];
}

function one(about: string, fault: Fault, ordererCountMin = 1): Scenario {
  return { about, ordererCountMin, steps: () => once(fault) };
}

function crash(target: Target, failpoint: Failpoint): Step {
  return { waitMs: 2_500, fault: { kind: "crash-at", target, failpoint }, holdMs: 4_000 };
}

function change(
  kind: MemberChange["kind"],
  role: MemberChange["role"],
  meanwhile: MemberChange["meanwhile"],
): Step {
  return { waitMs: 1_000, fault: { kind, role, meanwhile }, holdMs: 2_500 };
}

function repeated(about: string, fault: Fault): Scenario {
  const steps = Array.from({ length: FLAPS }, () => ({ waitMs: 2_500, fault, holdMs: 1_500 }));
  return { about, ordererCountMin: 1, steps: () => steps };
}

function ofShape(shape: Shape): Scenario {
  return one(SHAPE_TEXTS[shape], { kind: "shape", shape }, ORDERER_COUNT_MIN[shape]);
}

function nameOf(shape: Shape): string {
  return shape === "scatter" ? "majority-partition" : shape;
}
