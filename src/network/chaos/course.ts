/** The course of faults that was asked for. Pure. */
import { SeededRandom } from "../../kernel/seeded-random.ts";
import { NetworkError } from "../errors.ts";
import { randomSteps } from "./random-steps.ts";
import type { ChaosPlan } from "./run-chaos.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { ChaosSite } from "./site.ts";
import type { SiteAbilities } from "./abilities.ts";
import { isPossible, type Step } from "./steps.ts";

export interface CourseRequest {
  /** A name of `SCENARIOS`; absent: faults that the seed chooses. */
  readonly scenario?: string;
  readonly seed: number;
  /** How long faults go on that the seed chooses. */
  readonly minutes: number;
}

/** Throws `NetworkError` ("unknown name", "refused") with the cure. */
export function courseOf(
  { scenario, seed, minutes }: CourseRequest,
  { names, abilities }: Pick<ChaosSite, "names" | "abilities">,
): Omit<ChaosPlan, "chaincode"> {
  if (scenario === undefined) {
    const durationMsMax = minutes * 60_000;
    const options = { durationMs: durationMsMax, abilities };
    const steps = randomSteps(new SeededRandom(seed), names, options);
    return { seed, title: `random-${seed}`, steps, durationMsMax };
  }
  const known = Object.hasOwn(SCENARIOS, scenario) ? SCENARIOS[scenario] : undefined;
  if (known === undefined) {
    const all = Object.keys(SCENARIOS).join(", ");
    throw new NetworkError("unknown name", `there is no scenario ${scenario}, but ${all}`);
  }
  if (names.orderers.length < known.ordererCountMin) {
    const cure = `start a network with \`heddle up --orderers ${known.ordererCountMin}\``;
    throw new NetworkError(
      "refused",
      `${scenario} takes ${known.ordererCountMin} orderers, and there are ${names.orderers.length}; ${cure}`,
    );
  }
  const steps = known.steps(names);
  if (!steps.every(({ fault }) => isPossible(fault, abilities))) {
    throw new NetworkError("refused", `${scenario} ${whyImpossible(steps, abilities)}`);
  }
  return { seed, title: scenario, steps, durationMsMax: Number.POSITIVE_INFINITY };
}

function whyImpossible(steps: readonly Step[], { hasProcesses }: SiteAbilities): string {
  if (hasProcesses) {
    return "needs what networks of namespaces do not know; make one without --namespaces";
  }
  const changesMembers = steps.some(({ fault }) => fault.kind === "add" || fault.kind === "remove");
  const what = changesMembers
    ? "adds and removes nodes, and these are fixed"
    : "pauses a process, and these nodes share one";
  return `${what}; use \`heddle up\` and \`heddle chaos run\``;
}
