import type { ConfigGroup, ConfigPolicy, ConfigValue } from "../wire/index.ts";
import { CHANNEL_PATH } from "./config-tree.ts";
import { groupKey, policyKey, valueKey, type ConfigElements } from "./config-elements.ts";

/** What `rebuildGroup` answers. */
export type RebuiltGroup =
  | { readonly ok: true; readonly group: ConfigGroup }
  | { readonly ok: false; readonly reason: string };

const DEFAULT_MOD_POLICY = "Admins";

/**
 * The tree of `elements`, from its root, by each group's own lists: what a group does not list vanishes, which is how
 * elements are removed. Fabric: once orderers have capabilities an empty `mod_policy`, which old tools wrote and which
 * would lock its element for ever, becomes `Admins`.
 */
export function rebuildGroup(elements: ConfigElements): RebuiltGroup {
  const mendsModPolicy = elements.has(valueKey(`${CHANNEL_PATH}/Orderer/Capabilities`));
  return new Rebuilding(elements, mendsModPolicy).group(CHANNEL_PATH);
}

class Rebuilding {
  readonly #elements: ConfigElements;
  readonly #mendsModPolicy: boolean;

  constructor(elements: ConfigElements, mendsModPolicy: boolean) {
    this.#elements = elements;
    this.#mendsModPolicy = mendsModPolicy;
  }

  group(path: string): RebuiltGroup {
    const listing = this.#elements.get(groupKey(path));
    if (listing?.kind !== "group") {
      return { ok: false, reason: `missing group at path: ${groupKey(path)}` };
    }
    const { groups: names, values, policies, version, modPolicy } = listing.element;
    const groups = new Map<string, ConfigGroup>();
    for (const name of names.keys()) {
      const rebuilt = this.group(`${path}/${name}`);
      if (!rebuilt.ok) return rebuilt;
      groups.set(name, rebuilt.group);
    }
    const group: ConfigGroup = {
      version,
      groups,
      values: new Map<string, ConfigValue>(),
      policies: new Map<string, ConfigPolicy>(),
      modPolicy: this.#modPolicy(modPolicy),
    };
    const missing =
      this.#addValues(group, path, values.keys()) ??
      this.#addPolicies(group, path, policies.keys());
    return missing === undefined ? { ok: true, group } : { ok: false, reason: missing };
  }

  #addValues(group: ConfigGroup, path: string, names: Iterable<string>): string | undefined {
    for (const name of names) {
      const key = valueKey(`${path}/${name}`);
      const listed = this.#elements.get(key);
      if (listed?.kind !== "value") return `missing value at path: ${key}`;
      const { element } = listed;
      group.values.set(name, { ...element, modPolicy: this.#modPolicy(element.modPolicy) });
    }
    return undefined;
  }

  #addPolicies(group: ConfigGroup, path: string, names: Iterable<string>): string | undefined {
    for (const name of names) {
      const key = policyKey(`${path}/${name}`);
      const listed = this.#elements.get(key);
      if (listed?.kind !== "policy") return `missing policy at path: ${key}`;
      const { element } = listed;
      group.policies.set(name, { ...element, modPolicy: this.#modPolicy(element.modPolicy) });
    }
    return undefined;
  }

  #modPolicy(modPolicy: string): string {
    return modPolicy === "" && this.#mendsModPolicy ? DEFAULT_MOD_POLICY : modPolicy;
  }
}
