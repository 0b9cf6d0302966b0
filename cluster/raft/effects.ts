import type { Entry } from "./entry.ts";
import type { HardState } from "./hard-state.ts";
import type { RaftMessage } from "./message.ts";
import type { RaftTrace } from "./trace.ts";

/** Names a batch of writes: the driver hands it back in a "persisted" event, batch by batch in order. */
export interface PersistToken {
  /** Last index of the log with this batch. */
  readonly index: number;
  /** Term of this batch's hard state. */
  readonly term: number;
}

/**
 * What the driver must do, in plain data. Batches are handed out in an order, and so are their writes:
 *
 * 1. `sendNow` at once, beside the writes of this and of earlier batches.
 * 2. Write `hardState`, then `append` (which replaces everything from append[0].index on), after all earlier batches.
 *    A crash may keep any prefix of that sequence and nothing else.
 * 3. With `persist`: flush; when this batch and all before it are on disk, send `sendAfterPersist` and step
 *    { type: "persisted", ...persist }. Without it a `hardState` needs no flush, only its place in the order.
 * 4. Apply `apply` in order and step { type: "applied", index }. May run beside the writes.
 */
export interface RaftEffects {
  /** `undefined` when it did not change. */
  readonly hardState: HardState | undefined;
  readonly append: readonly Entry[];
  readonly persist: PersistToken | undefined;
  /** Promises nothing that is not yet durable. */
  readonly sendNow: readonly RaftMessage[];
  /** Votes, requests for votes, and acknowledgements. Empty without `persist`. */
  readonly sendAfterPersist: readonly RaftMessage[];
  /** Committed and durable here, consecutive, each handed out once since the start. */
  readonly apply: readonly Entry[];
  readonly trace: readonly RaftTrace[];
  /** Trace events dropped because nobody took them. */
  readonly traceDroppedCount: number;
}

/** True when there is nothing to do. */
export function isIdle(effects: RaftEffects): boolean {
  return (
    effects.hardState === undefined &&
    effects.persist === undefined &&
    effects.sendNow.length + effects.apply.length + effects.trace.length === 0
  );
}
