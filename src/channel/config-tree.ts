import type { ConfigGroup } from "../wire/index.ts";
import { invalidConfig } from "./errors.ts";
import { CONFIG_DEPTH_MAX, CONFIG_ELEMENTS_MAX } from "./limits.ts";
import { isConfigName } from "./names.ts";

/** The path of the whole configuration; every other path begins with it. */
export const CHANNEL_PATH = "/Channel";

/**
 * Checks that a configuration is of bounded size and that its names are Fabric's, whatever it says.
 * Throws `ChannelError` ("invalid-config").
 */
export function checkTree(root: ConfigGroup): void {
  const budget = { elementsLeft: CONFIG_ELEMENTS_MAX };
  checkGroup(CHANNEL_PATH, root, budget, 1);
}

function checkGroup(
  path: string,
  group: ConfigGroup,
  budget: { elementsLeft: number },
  depth: number,
): void {
  if (depth > CONFIG_DEPTH_MAX) {
    throw invalidConfig(path, `groups are nested more than ${CONFIG_DEPTH_MAX} levels deep`);
  }
  budget.elementsLeft -= group.groups.size + group.values.size + group.policies.size;
  if (budget.elementsLeft < 0) {
    throw invalidConfig(path, `the configuration has more than ${CONFIG_ELEMENTS_MAX} elements`);
  }
  for (const names of [group.groups.keys(), group.values.keys(), group.policies.keys()]) {
    for (const name of names) checkName(path, name);
  }
  for (const [name, sub] of group.groups) checkGroup(`${path}/${name}`, sub, budget, depth + 1);
}

function checkName(path: string, name: string): void {
  if (isConfigName(name)) return;
  throw invalidConfig(
    path,
    `name ${JSON.stringify(name.slice(0, 64))} is not allowed, use letters, digits, "." and "-"`,
  );
}
