import { equalBytes } from "../kernel/bytes.ts";
import type { ConfigGroup, ConfigPolicy, ConfigValue } from "../wire/index.ts";

/** True for trees of the same content and versions, whatever the order of their maps. The caller bounds their depth. */
export function isSameGroup(a: ConfigGroup, b: ConfigGroup): boolean {
  return (
    a.version === b.version &&
    a.modPolicy === b.modPolicy &&
    isSameMap(a.groups, b.groups, isSameGroup) &&
    isSameMap(a.values, b.values, isSameValue) &&
    isSameMap(a.policies, b.policies, isSamePolicy)
  );
}

function isSameValue(a: ConfigValue, b: ConfigValue): boolean {
  return a.version === b.version && hasSameContent(a, b);
}

function isSamePolicy(a: ConfigPolicy, b: ConfigPolicy): boolean {
  return a.version === b.version && hasSamePolicy(a, b);
}

/** Everything but the version. */
export function hasSameContent(a: ConfigValue, b: ConfigValue): boolean {
  return a.modPolicy === b.modPolicy && equalBytes(a.value, b.value);
}

/** Everything but the version. */
export function hasSamePolicy(a: ConfigPolicy, b: ConfigPolicy): boolean {
  if (a.modPolicy !== b.modPolicy) return false;
  if (a.policy === undefined || b.policy === undefined) return a.policy === b.policy;
  return a.policy.type === b.policy.type && equalBytes(a.policy.value, b.policy.value);
}

function isSameMap<Value>(
  a: ReadonlyMap<string, Value>,
  b: ReadonlyMap<string, Value>,
  isSame: (a: Value, b: Value) => boolean,
): boolean {
  if (a.size !== b.size) return false;
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other === undefined || !isSame(value, other)) return false;
  }
  return true;
}
