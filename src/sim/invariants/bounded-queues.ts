import type { Invariant, NetworkView } from "../contracts.ts";

/** Nothing that waits grows beyond its bound, and nothing is left waiting when the network has come to rest. */
export class BoundedQueues implements Invariant {
  readonly name = "bounded queues";

  check(view: NetworkView): string | undefined {
    const full = view.queues.find(({ length, lengthMax }) => length > lengthMax);
    return full && `${full.name}: ${full.length}, the bound is ${full.lengthMax}`;
  }

  atEnd(view: NetworkView): string | undefined {
    const left = view.queues.find(({ length, restMax = Infinity }) => length > restMax);
    return this.check(view) ?? (left && `${left.name}: ${left.length} are left at rest`);
  }
}
