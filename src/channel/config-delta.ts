import type { PolicyIdentity, PolicyVerdict } from "../policy/index.ts";
import { configNameFault, type ConfigElement, type ConfigElements } from "./config-elements.ts";

/** Evaluates the channel's policy at an absolute path; `undefined` when there is none. */
export type PolicyEvaluation = (path: string) => PolicyVerdict | undefined;

/** Why the elements read are not as they are said to be, or `undefined`. Only versions are compared. */
export function readSetFault(current: ConfigElements, readSet: ConfigElements): string | undefined {
  for (const [key, { element }] of readSet) {
    const existing = current.get(key)?.element;
    if (existing === undefined) {
      return `existing config does not contain element for ${key} but was in the read set`;
    }
    if (existing.version !== element.version) {
      return `proposed update requires that key ${key} be at version ${element.version}, but it is currently at version ${existing.version}`;
    }
  }
  return undefined;
}

/** What is written and not merely named: elements that are not read, or not in the version that is written. */
export function deltaOf(readSet: ConfigElements, writeSet: ConfigElements): ConfigElements {
  return new Map(
    [...writeSet].filter(([key, { element }]) => {
      return readSet.get(key)?.element.version !== element.version;
    }),
  );
}

/**
 * Why the changes may not be made, or `undefined`. Fabric: who may change an element is for its present `mod_policy` to
 * say; a new element is guarded by that of the group whose membership changes with it.
 */
export function deltaFault(
  current: ConfigElements,
  delta: ConfigElements,
  evaluate: PolicyEvaluation,
): string | undefined {
  if (delta.size === 0) return "delta set was empty -- update would have no effect";
  for (const [key, changed] of delta) {
    const fault = changeFault(key, changed, current.get(key), evaluate);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function changeFault(
  key: string,
  { element }: ConfigElement,
  existing: ConfigElement | undefined,
  evaluate: PolicyEvaluation,
): string | undefined {
  const fault = modPolicyFault(element.modPolicy);
  if (fault !== undefined) return `invalid mod_policy for element ${key}: ${fault}`;
  if (existing === undefined) {
    return element.version === 0
      ? undefined
      : `attempted to set key ${key} to version ${element.version}, but key does not exist`;
  }
  if (element.version !== existing.element.version + 1) {
    return `attempt to set key ${key} to version ${element.version}, but key is at version ${existing.element.version}`;
  }
  const verdict = evaluateModPolicy(existing, evaluate);
  if (verdict === undefined) {
    return `unexpected missing policy ${existing.element.modPolicy} for item ${key}`;
  }
  return verdict.satisfied ? undefined : `policy for ${key} not satisfied: ${verdict.reason}`;
}

function evaluateModPolicy(
  { element: { modPolicy }, groupPath }: ConfigElement,
  evaluate: PolicyEvaluation,
): PolicyVerdict | undefined {
  if (modPolicy === "") return undefined;
  return evaluate(modPolicy.startsWith("/") ? modPolicy : `${groupPath}/${modPolicy}`);
}

function modPolicyFault(modPolicy: string): string | undefined {
  if (modPolicy === "") return "mod_policy not set";
  const path = modPolicy.startsWith("/") ? modPolicy.slice(1) : modPolicy;
  for (const [index, name] of path.split("/").entries()) {
    const fault = configNameFault(name);
    if (fault !== undefined) return `path element at ${index} is invalid: ${fault}`;
  }
  return undefined;
}

/** Evaluates each policy once, however many elements it guards. */
export function evaluationBy(
  signers: readonly PolicyIdentity[],
  policyAt: (
    path: string,
  ) => { evaluate(signers: readonly PolicyIdentity[]): PolicyVerdict } | undefined,
): PolicyEvaluation {
  const verdicts = new Map<string, PolicyVerdict | undefined>();
  return (path) => {
    if (!verdicts.has(path)) verdicts.set(path, policyAt(path)?.evaluate(signers));
    return verdicts.get(path);
  };
}
