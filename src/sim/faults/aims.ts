/**
 * What a seed goes for beside what it draws: steps at which somebody is to crash, and states that chance alone seldom leads to. Seeds
 * take turns, so that few of them reach all. One in three goes for nothing: what always happens hides what happens without it.
 */
import { FAILPOINTS, USUAL_STEPS } from "../../faults/index.ts";
import type { Random } from "../../kernel/ports/random.ts";
import type { NodeName } from "../contracts.ts";
import { STEPS_OF_CHANGES, type Change } from "../ports/steps-of-changes.ts";
import type { AimedState, AimedStep, Aims, Profile } from "./profile.ts";
import type { Nodes, ScheduledFault } from "./schedule.ts";

const WITHOUT_IN = 3;
/** Neighbours in the list are steps of one path. */
const STEPS_OF_A_SEED = 8;
const STATES: readonly AimedState[] = [
  "orderer stands by",
  "two nodes believe to lead",
  "joiner killed while catching up",
];
/** Of the states each is gone for by one in so many of the seeds that go for something. */
const STATE_TURNS = 9;
const STEPS: readonly AimedStep[] = (["orderer", "peer"] as const).flatMap((role) =>
  FAILPOINTS[role].map((step) => ({ role, step })),
);
/** Between two changes of the consenters, where some step of theirs is gone for. */
const CHANGE_MS = 4_000;
const NONE: Aims = { steps: [], state: undefined };
/** A crash at a step is ordered for so long, and a node is hindered for so long. */
const STEP_MS = 20_000;
const HINDRANCE_MS = 12_000;
/** The first quarter is for what must be there to be lost. */
const BEGINS_AT = 0.25;
const BEGIN_MS = 5_000;
const SOON_MS = 500;
const LOG_FLIPS = 20;
const SLOW_MS = 1_500;
const KILL_EVERY_MS = 7_000;
const KILL_MS = 500;

export function aimsOf(seed: number): Aims {
  if (seed % WITHOUT_IN === 0) return NONE;
  const turn = Math.floor(seed / WITHOUT_IN) * (WITHOUT_IN - 1) + (seed % WITHOUT_IN) - 1;
  const first = (turn * STEPS_OF_A_SEED) % STEPS.length;
  return {
    steps: STEPS.slice(first, first + STEPS_OF_A_SEED),
    state: STATES[turn % STATE_TURNS],
  };
}

/** The world in which the paths to them are taken. */
export function profileFor(profile: Profile, aims: Aims): Profile {
  const changes = aims.steps.flatMap(changesWith);
  const isJoining = changes.includes("join") || aims.state === "joiner killed while catching up";
  const isChanging = changes.some((change) => change !== "join");
  const { consenterChangeMs, joiners } = profile;
  return {
    ...profile,
    aims,
    // A change that is broken off again and again takes its time.
    chaosMs: changes.length > 0 ? 2 * profile.chaosMs : profile.chaosMs,
    joiners: isJoining ? Math.max(1, joiners) : joiners,
    consenterChangeMs: isChanging
      ? Math.min(CHANGE_MS, consenterChangeMs ?? CHANGE_MS)
      : consenterChangeMs,
  };
}

/** Faults beside those that are drawn. */
export function faultsFor(
  { aims, chaosMs }: Profile,
  nodes: Nodes,
  random: Random,
): readonly ScheduledFault[] {
  if (aims === undefined) return [];
  const beginMs = Math.floor(chaosMs * BEGINS_AT);
  const atMs = (): number => beginMs + random.below(chaosMs / 2);
  const steps = aims.steps
    .filter(({ role, step }) => USUAL_STEPS[role].includes(step))
    .map(({ role, step }): ScheduledFault => {
      const node = anyOf(role === "peer" ? nodes.peers : nodes.orderers, random);
      const when = random.below(2) === 0 ? "before" : "after";
      const fault = { kind: "step", node, step, when, restarts: true } as const;
      return { atMs: atMs(), forMs: STEP_MS, fault };
    });
  return [...steps, ...faultsToward(aims.state, nodes, { random, chaosMs })];
}

function faultsToward(
  state: AimedState | undefined,
  nodes: Nodes,
  { random, chaosMs }: { readonly random: Random; readonly chaosMs: number },
): readonly ScheduledFault[] {
  switch (state) {
    case undefined:
      return [];
    case "orderer stands by": {
      const node = anyOf(nodes.orderers, random);
      const rot = { kind: "rot", flips: LOG_FLIPS, isOfLog: true } as const;
      const fault = { kind: "disk", node, state: rot, restarts: true } as const;
      // Before an administrator changes anything: then no other consenter can be spared.
      return [{ atMs: 1 + random.below(SOON_MS), forMs: HINDRANCE_MS, fault }];
    }
    case "two nodes believe to lead":
      return [0, chaosMs / 3].map((laterMs) => ({
        atMs: BEGIN_MS + laterMs,
        forMs: HINDRANCE_MS,
        fault: { kind: "pause", node: "leader" },
      }));
    case "joiner killed while catching up":
      return (nodes.joiners ?? []).flatMap((node) => killsOfSlow(node, chaosMs));
  }
}

// Whenever it comes: it is slow, and is killed again and again.
function killsOfSlow(node: NodeName, chaosMs: number): readonly ScheduledFault[] {
  const slow = { kind: "disk", node, state: { kind: "slow", delayMs: SLOW_MS } } as const;
  const kill = { kind: "crash", nodes: [node], power: false } as const;
  const count = Math.floor(chaosMs / KILL_EVERY_MS);
  const kills = Array.from({ length: count }, (_, index): ScheduledFault => ({
    atMs: index * KILL_EVERY_MS + KILL_MS,
    forMs: KILL_MS,
    fault: kill,
  }));
  return [{ atMs: 0, forMs: chaosMs, fault: slow }, ...kills];
}

function changesWith({ role, step }: AimedStep): readonly Change[] {
  return (Object.keys(STEPS_OF_CHANGES) as Change[]).filter(
    (change) =>
      (change === "join") === (role === "peer") && STEPS_OF_CHANGES[change].includes(step),
  );
}

function anyOf<T>(items: readonly T[], random: Random): T {
  // Networks have nodes of either role.
  return items[random.below(items.length)] as T;
}
