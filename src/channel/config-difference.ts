import type { ConfigGroup, ConfigPolicy, ConfigUpdate, ConfigValue } from "../wire/index.ts";
import { hasSameContent, hasSamePolicy } from "./config-equality.ts";
import { checkTree } from "./config-tree.ts";

/** What two versions of a map differ in, as read and write set have it. `same` holds versions alone. */
interface MapDifference<Element> {
  readonly read: Map<string, Element>;
  readonly write: Map<string, Element>;
  readonly same: Map<string, Element>;
  /** An element came or went. */
  readonly changesMembers: boolean;
}

interface GroupDifference {
  readonly read: ConfigGroup;
  readonly write: ConfigGroup;
  readonly isChanged: boolean;
}

/**
 * The update that makes `updated` of `original`, to be signed by those whom the changed elements name; `undefined` when
 * they are the same. Versions in `updated` do not count. As Fabric's `configtxlator compute_update` computes it.
 * Throws `ChannelError` ("invalid-config") for a tree too large or with illegal names.
 */
export function computeConfigUpdate(
  channelId: string,
  original: ConfigGroup,
  updated: ConfigGroup,
): ConfigUpdate | undefined {
  checkTree(original);
  checkTree(updated);
  const { read, write, isChanged } = differenceOf(original, updated);
  if (!isChanged) return undefined;
  return { channelId, readSet: read, writeSet: write, isolatedData: new Map() };
}

function differenceOf(original: ConfigGroup, updated: ConfigGroup): GroupDifference {
  const policies = mapDifference(original.policies, updated.policies, POLICIES);
  const values = mapDifference(original.values, updated.values, VALUES);
  const groups = groupsDifference(original.groups, updated.groups);
  const parts = [policies, values, groups];
  const { version } = original;
  const isReshaped =
    original.modPolicy !== updated.modPolicy || parts.some((part) => part.changesMembers);
  if (!isReshaped) {
    const read = { ...bare(version), ...readsOf(policies, values, groups) };
    const write = { ...bare(version), ...writesOf(policies, values, groups) };
    return { read, write, isChanged: parts.some((part) => part.write.size > 0) };
  }
  for (const part of parts) keepSame(part);
  return {
    read: { ...bare(version), ...readsOf(policies, values, groups) },
    write: {
      ...bare(version + 1),
      ...writesOf(policies, values, groups),
      modPolicy: updated.modPolicy,
    },
    isChanged: true,
  };
}

// A group's new membership is written out in full: what is not named goes.
function keepSame({ read, write, same }: MapDifference<unknown>): void {
  for (const [name, element] of same) {
    read.set(name, element);
    write.set(name, element);
  }
}

type Maps = readonly [
  MapDifference<ConfigPolicy>,
  MapDifference<ConfigValue>,
  MapDifference<ConfigGroup>,
];

function readsOf(...[policies, values, groups]: Maps): Partial<ConfigGroup> {
  return { policies: policies.read, values: values.read, groups: groups.read };
}

function writesOf(...[policies, values, groups]: Maps): Partial<ConfigGroup> {
  return { policies: policies.write, values: values.write, groups: groups.write };
}

interface ElementRules<Element> {
  readonly isSame: (a: Element, b: Element) => boolean;
  readonly bare: (version: number) => Element;
}

const VALUES: ElementRules<ConfigValue> = {
  isSame: hasSameContent,
  bare: (version) => ({ version, value: new Uint8Array(0), modPolicy: "" }),
};

const POLICIES: ElementRules<ConfigPolicy> = {
  isSame: hasSamePolicy,
  bare: (version) => ({ version, policy: undefined, modPolicy: "" }),
};

function mapDifference<Element extends { readonly version: number }>(
  original: ReadonlyMap<string, Element>,
  updated: ReadonlyMap<string, Element>,
  rules: ElementRules<Element>,
): MapDifference<Element> {
  const write = new Map<string, Element>();
  const same = new Map<string, Element>();
  for (const [name, element] of updated) {
    const before = original.get(name);
    if (before === undefined) write.set(name, { ...element, version: 0 });
    else if (rules.isSame(before, element)) same.set(name, rules.bare(before.version));
    else write.set(name, { ...element, version: before.version + 1 });
  }
  return { read: new Map(), write, same, changesMembers: !hasSameNames(original, updated) };
}

function groupsDifference(
  original: ReadonlyMap<string, ConfigGroup>,
  updated: ReadonlyMap<string, ConfigGroup>,
): MapDifference<ConfigGroup> {
  const read = new Map<string, ConfigGroup>();
  const write = new Map<string, ConfigGroup>();
  const same = new Map<string, ConfigGroup>();
  for (const [name, group] of updated) {
    const before = original.get(name);
    if (before === undefined) {
      write.set(name, unversioned(group));
      continue;
    }
    const difference = differenceOf(before, group);
    if (difference.isChanged) {
      read.set(name, difference.read);
      write.set(name, difference.write);
    } else {
      same.set(name, bare(before.version));
    }
  }
  return { read, write, same, changesMembers: !hasSameNames(original, updated) };
}

// A new group brings everything in its first version.
function unversioned({ groups, values, policies, modPolicy }: ConfigGroup): ConfigGroup {
  return {
    version: 0,
    groups: mapped(groups, unversioned),
    values: mapped(values, (value) => ({ ...value, version: 0 })),
    policies: mapped(policies, (policy) => ({ ...policy, version: 0 })),
    modPolicy,
  };
}

function bare(version: number): ConfigGroup {
  return { version, groups: new Map(), values: new Map(), policies: new Map(), modPolicy: "" };
}

function mapped<Value>(
  map: ReadonlyMap<string, Value>,
  change: (value: Value) => Value,
): Map<string, Value> {
  return new Map([...map].map(([name, value]) => [name, change(value)]));
}

function hasSameNames(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...a.keys()].every((name) => b.has(name));
}
