import { BLOCKED, NO_FAULT, type LinkFaults } from "./fault-settings.ts";

/** The halves of links that each node must block. */
export type Cut = ReadonlyMap<string, readonly LinkFaults[]>;

/**
 * Cuts groups of nodes off from each other; nodes in no group reach all. `isOneWay`: nothing gets from the first group to the
 * others, and everything comes back.
 */
export function cutBetween(groups: readonly (readonly string[])[], isOneWay: boolean): Cut {
  const cut = new Map<string, LinkFaults[]>();
  groups.forEach((group, index) => {
    for (const node of group) {
      const others = groups.filter((_, other) => other !== index).flat();
      const isFirst = index === 0;
      const peers = isOneWay && !isFirst ? (groups[0] ?? []) : others;
      cut.set(
        node,
        peers.map((peer) => ({
          peer,
          out: isOneWay && !isFirst ? NO_FAULT : BLOCKED,
          in: isOneWay && isFirst ? NO_FAULT : BLOCKED,
        })),
      );
    }
  });
  return cut;
}
