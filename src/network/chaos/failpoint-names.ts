/** Names of steps at which a node can be made to die, as people give them. Pure. */
import { FAILPOINTS } from "../../faults/index.ts";
import { NetworkError } from "../errors.ts";
import type { Role } from "./steps.ts";

const NEAR_COUNT_MAX = 5;

/** Throws `NetworkError` ("unknown name") with the nearest ones for a step that a node of this role never takes. */
export function requireStep(role: Role, step: string): void {
  if (FAILPOINTS[role].includes(step)) return;
  const near = nearest(role, step).map((each) => `"${each}"`);
  const cure = near.length === 0 ? "" : `; did you mean ${near.join(", ")}?`;
  throw new NetworkError(
    "unknown name",
    `"${step}" is no durable step of a${role === "orderer" ? "n" : ""} ${role}${cure} (\`heddle chaos crash-at --list\` lists all)`,
  );
}

/** Those that share the most words with it, at least one. */
function nearest(role: Role, step: string): readonly string[] {
  const words = new Set(step.toLowerCase().split(/\s+/));
  const shared = (name: string): number => name.split(" ").filter((word) => words.has(word)).length;
  return FAILPOINTS[role]
    .filter((name) => shared(name) > 0)
    .toSorted((a, b) => shared(b) - shared(a))
    .slice(0, NEAR_COUNT_MAX);
}
