import type { ChannelWorld } from "../channel-world.ts";

/** G8: every ledger takes each block once, in order. Answers the violations, as they happen. */
export function watchOrder(world: ChannelWorld): readonly string[] {
  const violations: string[] = [];
  world.onStored = ({ index, height }, number) => {
    if (number !== height) violations.push(`peer ${index} took ${number} at height ${height}`);
  };
  return violations;
}
