import type { Invariant, NetworkView } from "../contracts.ts";

/** Nothing that waits grows beyond its bound. */
export class BoundedQueues implements Invariant {
  readonly name = "bounded queues";

  check(view: NetworkView): string | undefined {
    const full = view.queues.find(({ length, lengthMax }) => length > lengthMax);
    return full && `${full.name} holds ${full.length}, its bound is ${full.lengthMax}`;
  }
}
