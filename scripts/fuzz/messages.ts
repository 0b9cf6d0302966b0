import type { InputRange, RangeResult } from "../../test/fuzz/run-inputs.ts";

/** What the search asks of a thread. */
export type FuzzOrder = { readonly entry: string } & InputRange;

/** What a thread answers: what came of the inputs, or an error that nobody waited for. */
export type FuzzFound =
  | { readonly kind: "range"; readonly entry: string; readonly result: RangeResult }
  | { readonly kind: "stray"; readonly what: string };
