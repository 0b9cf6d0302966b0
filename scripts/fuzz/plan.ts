import type { Entry } from "../../test/fuzz/entry.ts";
import type { FuzzOrder } from "./messages.ts";

/** Inputs of one order: few enough to be stopped soon. */
const ORDER_INPUTS = 500;

type Planned = Pick<Entry, "name" | "share">;

/**
 * Orders for `inputs` inputs in all, by the entries' shares, entry by entry in turn: whenever it is stopped, all of them have had
 * their part. `inputs` may be Infinity.
 */
export function* fuzzOrders(
  entries: readonly Planned[],
  { seed, inputs }: { readonly seed: number; readonly inputs: number },
): Generator<FuzzOrder> {
  const shares = entries.reduce((sum, { share = 1 }) => sum + share, 0);
  const rounds = Math.ceil(inputs / (shares * ORDER_INPUTS));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, share = 1 } of entries) {
      const count = Math.ceil(ORDER_INPUTS * share);
      yield { entry: name, seed, from: round * count, count };
    }
  }
}
