import type { NodeName } from "../contracts.ts";

export type NodePair = readonly [NodeName, NodeName];

/** The pairs to cut so that each node sees only its neighbours on a ring, or on a line when it is open. */
export function ringCuts(names: readonly NodeName[], isOpen: boolean): readonly NodePair[] {
  const last = names.length - 1;
  return names.flatMap((a, i) =>
    names.flatMap((b, j): readonly NodePair[] => {
      const isNeighbour = j === i + 1 || (!isOpen && i === 0 && j === last);
      return j > i && !isNeighbour ? [[a, b]] : [];
    }),
  );
}
