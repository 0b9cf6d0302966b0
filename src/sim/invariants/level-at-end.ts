import type { Invariant, NetworkView } from "../contracts.ts";

/** When everything has healed, every node runs and has every block. */
export class LevelAtEnd implements Invariant {
  readonly name = "level at the end";
  readonly isEventual = true;

  check(): undefined {
    return undefined;
  }

  atEnd(view: NetworkView): string | undefined {
    const nodes = [...view.orderers, ...view.peers];
    const down = nodes.find(({ isUp }) => !isUp);
    if (down !== undefined) return `${down.name} does not run`;
    const highest = nodes.reduce((a, b) => (b.height > a.height ? b : a));
    const lowest = nodes.reduce((a, b) => (b.height < a.height ? b : a));
    if (lowest.height === highest.height) return undefined;
    return `${lowest.name} has ${lowest.height} blocks, ${highest.name} ${highest.height}`;
  }
}
