import type { ConfigGroup, ConfigPolicy, ConfigValue } from "../wire/index.ts";
import { CONFIG_DEPTH_MAX, CONFIG_ELEMENTS_MAX, NAME_LENGTH_MAX } from "./limits.ts";
import { isConfigName } from "./names.ts";

/** One group, value or policy of a configuration tree. */
export type ConfigElement = {
  /** Absolute path of the group that its `mod_policy` is looked up in: a group's own, or that of what holds it. */
  readonly groupPath: string;
} & (
  | { readonly kind: "group"; readonly element: ConfigGroup }
  | { readonly kind: "value"; readonly element: ConfigValue }
  | { readonly kind: "policy"; readonly element: ConfigPolicy }
);

/** Elements by kind and path, as Fabric writes them in what it says to clients: `[Value]  /Channel/Orderer/BatchSize`. */
export type ConfigElements = ReadonlyMap<string, ConfigElement>;

/** What `configElements` answers. */
export type ConfigElementsReading =
  | { readonly ok: true; readonly elements: ConfigElements }
  | { readonly ok: false; readonly reason: string };

export function groupKey(path: string): string {
  return `[Group]  ${path}`;
}

export function valueKey(path: string): string {
  return `[Value]  ${path}`;
}

export function policyKey(path: string): string {
  return `[Policy] ${path}`;
}

/**
 * Every element of the tree under `root`, whose path is `path`: a group before what it holds. A tree of illegal names
 * is refused, and so is one larger or deeper than a configuration may be.
 */
export function configElements(path: string, root: ConfigGroup | undefined): ConfigElementsReading {
  const elements = new Map<string, ConfigElement>();
  const reason = root === undefined ? undefined : addGroup(elements, path, root, 1);
  return reason === undefined ? { ok: true, elements } : { ok: false, reason };
}

// Answers why not, if not.
function addGroup(
  elements: Map<string, ConfigElement>,
  path: string,
  group: ConfigGroup,
  depth: number,
): string | undefined {
  if (depth > CONFIG_DEPTH_MAX)
    return `groups are nested more than ${CONFIG_DEPTH_MAX} levels deep`;
  elements.set(groupKey(path), { kind: "group", groupPath: path, element: group });
  for (const [name, sub] of group.groups) {
    const reason =
      nameFault(groupKey(""), name) ?? addGroup(elements, `${path}/${name}`, sub, depth + 1);
    if (reason !== undefined) return reason;
  }
  for (const [name, element] of group.values) {
    const reason = nameFault(valueKey(""), name);
    if (reason !== undefined) return reason;
    elements.set(valueKey(`${path}/${name}`), { kind: "value", groupPath: path, element });
  }
  for (const [name, element] of group.policies) {
    const reason = nameFault(policyKey(""), name);
    if (reason !== undefined) return reason;
    elements.set(policyKey(`${path}/${name}`), { kind: "policy", groupPath: path, element });
  }
  return elements.size > CONFIG_ELEMENTS_MAX
    ? `there are more than ${CONFIG_ELEMENTS_MAX} elements`
    : undefined;
}

function nameFault(prefix: string, name: string): string | undefined {
  const fault = configNameFault(name);
  return fault === undefined ? undefined : `illegal characters in key: ${prefix}: ${fault}`;
}

/** Why `name` cannot name an element of a configuration, in Fabric's words; `undefined` when it can. */
export function configNameFault(name: string): string | undefined {
  if (isConfigName(name)) return undefined;
  if (name === "") return "config ID illegal, cannot be empty";
  if (name.length > NAME_LENGTH_MAX) {
    return `config ID illegal, cannot be longer than ${NAME_LENGTH_MAX}`;
  }
  if (name === "." || name === "..") return `name '${name}' for config ID is not allowed`;
  return `config ID '${name}' contains illegal characters`;
}
