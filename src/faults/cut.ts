import {
  BLOCKED,
  linkTo,
  NO_FAULTS,
  withLink,
  type FaultSettings,
  type LinkFaults,
} from "./fault-settings.ts";

/** What `from` sends to `to` is lost, whoever of the two dialled. */
export interface OneWayCut {
  readonly from: string;
  readonly to: string;
}

/** The halves of links that each node must block. */
export type Cut = ReadonlyMap<string, readonly LinkFaults[]>;

/** The cuts by the node that holds a half of each: the sender what goes out, the receiver what comes in. */
export function cutLinks(cuts: readonly OneWayCut[]): Cut {
  const halves = new Map<string, FaultSettings>();
  const block = (node: string, peer: string, direction: "in" | "out"): void => {
    const settings = halves.get(node) ?? NO_FAULTS;
    const link = linkTo(settings, peer);
    halves.set(node, withLink(settings, { ...link, [direction]: BLOCKED }));
  };
  for (const { from, to } of cuts) {
    block(from, to, "out");
    block(to, from, "in");
  }
  return new Map([...halves].map(([node, { links }]) => [node, links]));
}

/**
 * Cuts groups of nodes off from each other; nodes in no group reach all. `isOneWay`: nothing gets from the first group to the
 * others, and everything comes back.
 */
export function between(
  groups: readonly (readonly string[])[],
  isOneWay: boolean,
): readonly OneWayCut[] {
  const senders = isOneWay ? groups.slice(0, 1) : groups;
  return senders.flatMap((group) => {
    const others = groups.filter((other) => other !== group).flat();
    return group.flatMap((from) => others.map((to) => ({ from, to })));
  });
}
